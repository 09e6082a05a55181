"""Lines of text that several reports share."""

from __future__ import annotations

import re
import textwrap
from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING

from pkinteract.scenario import Observation

if TYPE_CHECKING:
    from pkinteract.report.run.sentences import Sentence
    from pkinteract.scenario.protocol.types import Protocol
    from pkinteract.text.words import Words

WIDE = 118
"""Letters of a line at most."""


def rows_text(rows: Sequence[Sequence[str]], indent: str = "  ") -> list[str]:
    """Rows as aligned columns."""
    widths = [max(len(row[i]) for row in rows) for i in range(len(rows[0]))] if rows else []
    return [
        indent + "  ".join(f"{cell:<{width}}" for cell, width in zip(row, widths, strict=True)).rstrip() for row in rows
    ]


def sentence_lines(sentences: Sequence[Sentence], words: Words) -> list[str]:
    """The sentences of an answer with their labels, in lines of at most ``WIDE`` letters."""
    told = (f"{words.say(f'label.{sentence.label}')}: {sentence.text}" for sentence in sentences)
    return [line for text in told for line in textwrap.wrap(text, WIDE, initial_indent="  ", subsequent_indent="    ")]


def markdown(text: str) -> str:
    """Text of a user in a Markdown report: it is shown as it was written, and ends no cell."""
    return _MARKS.sub(r"\\\g<0>", text)


_MARKS = re.compile(
    r"[\\`*|$]|~(?=~)|<(?=[A-Za-z/!?])|&(?=#?\w+;)|\[(?=[^\]]*\][(\[])|(?<!\w)_|_(?!\w)|^(?:[#+-]|\d+(?=[.)]))"
)
"""What Markdown takes for more than the sign itself."""


def level_text(observation: Observation) -> str:
    """A measured level with its unit; below quantification as less than the limit."""
    return f"{'<' if observation.below else ''}{observation.value:.4g} {observation.unit}"


def protocol_lines(protocols: Sequence[Protocol], words: Words) -> Iterator[str]:
    """What protocols are, a line each."""
    for protocol in protocols:
        if protocol.condition is None:
            day = words.day(protocol.checks[0])
            yield words.say("protocol.rule-day", drug=protocol.drug, then=protocol.then, day=day)
            continue
        first, last = (words.day(time) for time in (protocol.checks[0], protocol.checks[-1]))
        yield words.say(
            "protocol.rule" if len(protocol.checks) > 1 else "protocol.rule-once",
            drug=protocol.drug,
            then=protocol.then,
            when=protocol.when,
            count=len(protocol.checks),
            first=first,
            last=last,
        )
