"""The lines that a cross-validation prints."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from pkinteract.fitting.left_out import CrossValidated, LeftOut


def left_out_lines(
    groups: Sequence[CrossValidated], predictions: Sequence[LeftOut], apart: Sequence[str] = ()
) -> Iterator[str]:
    """Fitted beside left out by group, what could not be predicted unseen, and fits whose curves are not here."""
    yield ""
    yield "each paper of the fits left out in turn, and predicted by a fit that has not seen it"
    yield f"{'':<34}{'n':>4}{'fitted':>8}{'unseen':>8}   left out   n    ours  PK-Sim"
    for row in groups:
        beside = f"{row.n_pksim:>4}{_two(row.gmfe_beside_pksim):>8}{_two(row.gmfe_pksim):>8}" if row.n_pksim else ""
        line = f"  {row.group:<32}{row.n:>4}{_two(row.gmfe):>8}{_two(row.gmfe_left_out):>8}{row.n_left_out:>11}{beside}"
        yield line.rstrip()
    alone = [prediction.study.id for prediction in predictions if prediction.predicted is None]
    if apart:
        yield f"fits that need digitised curves which are not here, taken as they are: {', '.join(apart)}"
    if alone:
        yield f"informed by their own paper alone, without a prior, and left out of both: {', '.join(alone)}"


def _two(value: float | None) -> str:
    return "" if value is None else f"{value:.2f}"
