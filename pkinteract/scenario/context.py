"""What is known of the patient that no equation reads: states, seizure types, alleles, plans."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class Context:
    """What rules may ask of the patient beside age, weight, organs and genes.

    Attributes
    ----------
    alleles, alleles_absent
        Those that were looked for and are there, and those that are not; what is in neither is not known.
    ancestry
        Group of the frequency tables; None when not given.
    pregnant
        Whether pregnant with no week given.
    childbearing
        Whether a pregnancy is possible; None when not given.
    contraception
        Method; None when not given.
    indication
        What the drugs are given for; None when not given.
    """

    conditions: frozenset[str] = frozenset()
    seizure_types: frozenset[str] = frozenset()
    alleles: frozenset[str] = frozenset()
    alleles_absent: frozenset[str] = frozenset()
    ancestry: str | None = None
    pregnant: bool = False
    breastfeeding: bool = False
    childbearing: bool | None = None
    contraception: str | None = None
    indication: str | None = None


NOTHING_KNOWN = Context()
"""Of a patient of whom nothing of this is said."""
