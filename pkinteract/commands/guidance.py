"""``pkinteract guidance``."""

from __future__ import annotations

from pathlib import Path

import click

from pkinteract.commands.shared.inputs import PATH, read_all
from pkinteract.commands.shared.progress import busy
from pkinteract.text.words import LANGUAGES


@click.command()
@click.argument("scenarios", metavar="SCENARIO...", nargs=-1, required=True, type=PATH)
@click.option("--language", type=click.Choice(LANGUAGES), help="Of the texts; default [output] language, or en.")
def guidance(scenarios: tuple[Path, ...], language: str | None) -> None:
    """Print every rule that fires for each SCENARIO, the gravest first, and write nothing.

    Rules are what guidelines, labels and published work say of drugs, patients, genes, seizure types, pregnancy,
    organs and pairs; some ask the simulated run, so it is simulated first. Each has its body, its source and a grade: A
    text read, B secondary, C recalled. Bodies are never merged.

    Example: pkinteract guidance scenarios/dravet-on-carbamazepine.toml --language de
    """
    from pkinteract.analysis import answer_of
    from pkinteract.guidance import fire
    from pkinteract.guidance.run import facts_of_run
    from pkinteract.report.guidance.text import guidance_lines
    from pkinteract.simulation import simulate
    from pkinteract.text.words import words_of

    read = read_all(scenarios)
    for scenario in read:
        words = words_of(language or scenario.language)
        with busy(f"simulating {scenario.name}") as progress:
            answer = answer_of(simulate(scenario, progress=progress))
        fired = fire(scenario, facts_of_run(answer), words.language)
        click.echo(f"{scenario.name}: {scenario.title}")
        click.echo("\n".join(f"  {line}" for line in guidance_lines(fired, scenario, words)))
        click.echo(f"  {words.say('terminal.notice')}")
