"""What is compiled: functions that are called from outside, and what their arguments are."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class Entry:
    """A ``@kernel`` function that returns a whole number.

    Attributes
    ----------
    name
        Of the entry; one function may have several, for arrays of other kinds.
    arguments
        What each is: "double", "integer", or a kind of array given by its address (``compiler.POINTERS``).
    """

    module: str
    function: str
    name: str
    arguments: tuple[str, ...]


def _march() -> Entry:
    return Entry(
        module="pkinteract.engine.lanes.march",
        function="march",
        name="march",
        arguments=(
            *("integer", "integer", "integer", "rows", "doubles", "integers"),
            *("double", "double", "double"),
            *("integer", "doubles", "integers", "rows", "doubles"),
            *("integer", "doubles", "rows"),
            *("integer", "doubles", "doubles", "integers", "doubles"),
            *("integer", "doubles", "integer", "integer", "rows"),
            *("integer", "doubles", "integer", "single rows", "rows"),
        ),
    )


def _counting(bits: int) -> list[Entry]:
    """The loops over counts of a width."""
    counts, whole = f"uint{bits}s", "integer"
    arguments = {
        "histogram": (whole, whole, whole, whole, "int32s", "integers", "integers", counts),
        "count_groups": (*[whole] * 5, "int32s", whole, "integers", "integers", counts),
        "most_pairs": (whole, counts),
        "gather": (whole, whole, counts, "words", "bytes"),
        "scatter": (whole, "bytes", counts),
        "locate": (whole, whole, whole, counts, "integers", "integers", "integers", "doubles"),
        "sums": (whole, whole, counts, "doubles", "doubles"),
    }
    return [
        Entry(module="pkinteract.engine.counts.loops", function=name, name=f"{name}{bits}", arguments=kinds)
        for name, kinds in arguments.items()
    ]


def _digits() -> Entry:
    return Entry(
        module="pkinteract.engine.kernel.digits",
        function="joined",
        name="joined",
        arguments=("integer", "integer", "doubles", *["integers"] * 2, *["doubles"] * 2, "bytes", "integers"),
    )


ENTRIES = (_march(), *_counting(16), *_counting(32), _digits())
