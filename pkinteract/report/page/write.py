"""Write the page."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from pkinteract.analysis import Answer
from pkinteract.guidance.types import Guidance
from pkinteract.model.expectation.evidence import PairEvidence
from pkinteract.report.page.content import page_content
from pkinteract.report.run.sentences import Sentence
from pkinteract.text.words import Words

if TYPE_CHECKING:
    from pkinteract.effect.types import Engagement
    from pkinteract.population.statistics.people import PatientSpread

FOLDER = Path(__file__).parent


def page_text(
    answer: Answer,
    sentences: Sequence[Sentence],
    pairs: Sequence[PairEvidence],
    words: Words,
    people: PatientSpread | None = None,
    guidance: Sequence[Guidance] = (),
    effect: Engagement | None = None,
    advised: Mapping[str, Any] | None = None,
) -> str:
    """The page as one HTML file that asks for nothing else.

    With the band of ``people`` where some were simulated, with what the run does in the brain where that was asked for,
    and with what is ``advised``, as :class:`ToldAdvice` gives it.
    """
    import jinja2

    room = jinja2.Environment(
        loader=jinja2.FileSystemLoader(FOLDER),
        autoescape=True,
        optimized=False,
        undefined=jinja2.StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    content = {**page_content(answer, sentences, pairs, words, people, guidance, effect), "advised": advised}
    chart = content.pop("chart")
    return room.get_template("page.html").render(
        **content,
        drawn_drugs=len({(analyte.parent, analyte.unit) for analyte in answer.result.analytes}),
        say=words.say,
        chart=_embedded({**chart, "words": _chart_words(words)}),
        plot_script=(FOLDER / "uplot" / "uPlot.iife.min.js").read_text("utf-8"),
        plot_style=(FOLDER / "uplot" / "uPlot.min.css").read_text("utf-8"),
        script=(FOLDER / "page.js").read_text("utf-8"),
        style=(FOLDER / "page.css").read_text("utf-8"),
    )


def write_page(
    answer: Answer,
    sentences: Sequence[Sentence],
    pairs: Sequence[PairEvidence],
    words: Words,
    path: Path,
    *,
    people: PatientSpread | None = None,
    guidance: Sequence[Guidance] = (),
    effect: Engagement | None = None,
    advised: Mapping[str, Any] | None = None,
) -> None:
    """Write the page to a file."""
    path.write_text(page_text(answer, sentences, pairs, words, people, guidance, effect, advised), "utf-8")


def _chart_words(words: Words) -> dict[str, str]:
    """What the script writes, in the language of the page."""
    keys = ("day", "amount", "activity", "doses", "measured", "range", "alert", "printed")
    return {key: words.sentences[f"chart.{key}"] for key in keys} | {"language": words.language}


def _embedded(data: Any) -> str:
    """Data as JSON that cannot end the script it stands in."""
    text = json.dumps(data, ensure_ascii=False, allow_nan=False, separators=(",", ":"))
    return text.replace("&", "\\u0026").replace("<", "\\u003c").replace(">", "\\u003e")
