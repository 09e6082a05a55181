"""What a terminal shows while a command computes."""

from __future__ import annotations

import click


def counted(done: int, total: int) -> None:
    """A bar of the arms that are done."""
    bar = "#" * (40 * done // total)
    click.echo(f"\r[{bar:<40}] {done} of {total} arms" + ("\n" if done == total else ""), nl=False, err=True)


def evaluated(evaluations: int, cost: float) -> None:
    """How often a fit was evaluated, and the smallest sum of squares so far."""
    click.echo(f"\r{evaluations} evaluations, sum of squares {cost:.6g}    ", nl=False, err=True)
