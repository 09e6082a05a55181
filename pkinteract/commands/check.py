"""``pkinteract check``."""

from __future__ import annotations

from pathlib import Path

import click

from pkinteract.commands.shared.inputs import PATH, read_all
from pkinteract.commands.shared.progress import busy


@click.command()
@click.argument("scenarios", metavar="SCENARIO...", nargs=-1, required=True, type=PATH)
def check(scenarios: tuple[Path, ...]) -> None:
    """Validate each SCENARIO file without simulating it.

    Prints the patient, the regimens, who acts on whom, what that makes of the levels in the long run, what is known of
    each pair of drugs, and the gravest rules that fire; warns of what is allowed but looks like a slip. Exit status 2
    if anything is wrong, with every problem of every file.

    Example: pkinteract check scenarios/*.toml
    """
    from pkinteract.guidance import fire
    from pkinteract.model import build
    from pkinteract.model.expectation.estimate import changes
    from pkinteract.model.expectation.evidence import pair_evidence
    from pkinteract.model.expectation.limits import estimate_limits
    from pkinteract.model.expectation.network import links
    from pkinteract.report.check.text import check_lines

    for scenario in read_all(scenarios):
        with busy(f"checking {scenario.name}"):
            network = links(scenario)
            omitted = estimate_limits(scenario, network)
            known, fired = pair_evidence(scenario), fire(scenario)
            lines = check_lines(scenario, build(scenario), network, changes(scenario), omitted, known, fired)
        click.echo("\n".join(lines))
