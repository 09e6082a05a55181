"""What tables of studies share: their columns, their cells, and the doses in them."""

from __future__ import annotations

import math
import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from difflib import get_close_matches
from pathlib import Path

from pkinteract.errors import InputError, Problem
from pkinteract.library.evidence.studies import GivenDrug, Intake
from pkinteract.library.schema.values import ID
from pkinteract.text.csv import read_csv

NUMBER = r"[0-9]+(?:\.[0-9]+)?"
_DOSE = re.compile(
    rf"(?P<time>-?{NUMBER}):(?P<amount>{NUMBER})(?P<per>mg/kg)?(?P<iv> iv)?(?: inf(?P<infusion>{NUMBER}))?"
    rf"(?: q(?P<every>{NUMBER}) x(?P<count>[0-9]+))?(?P<fed> fed)?"
)

Intakes = Callable[[tuple[GivenDrug, ...]], tuple[Intake, ...]]
"""From doses to a drug that is given, or to none without doses."""


@dataclass(slots=True)
class CellReader:
    """Reads a table with fixed columns, and keeps every problem that it meets.

    Attributes
    ----------
    line
        Of the row that is being read.
    """

    path: Path
    columns: tuple[str, ...]
    problems: list[Problem] = field(default_factory=list)
    line: int = 0

    def rows(self) -> Iterator[Mapping[str, str]]:
        """Cells by column of every row whose cells can be counted; ids must differ."""
        seen: dict[str, int] = {}
        broken: list[Problem] = []
        file = read_csv(self.path, broken)
        self.line = file.head
        self._head(file.names)
        self.problems += broken
        for self.line, cells in file.rows:
            if len(cells) != len(self.columns):
                self.refuse("", f"has {len(cells)} cells where the table has {len(self.columns)} columns")
                continue
            row = dict(zip(self.columns, cells, strict=True))
            if row["id"] in seen:
                self.refuse("id", f'"{row["id"]}" already stands in line {seen[row["id"]]}; ids must differ')
            seen.setdefault(row["id"], self.line)
            yield row

    def filled(self, row: Mapping[str, str], names: Sequence[str]) -> None:
        """Refuse empty cells."""
        for name in names:
            if not row[name]:
                self.refuse(name, "is empty")

    def used(self, row: Mapping[str, str]) -> bool:
        """Whether a row is simulated; one that is not says why."""
        used = self.flag(row, "use")
        if not used and not row["reason"]:
            self.refuse("reason", 'a row with use = "no" says why')
        return used

    def refuse(self, key: str, message: str) -> None:
        self.problems.append(Problem(line=self.line or None, key=key, message=message))

    def _head(self, names: Sequence[str]) -> None:
        for name in names:
            if name not in self.columns:
                close = get_close_matches(name, self.columns, n=1)
                hint = f"did you mean {close[0]}?" if close else "take it out"
                self.refuse(name, f"is not a column of this table; {hint}")
        for name in self.columns:
            if name not in names:
                self.refuse(name, "is missing; the table needs this column")
        if not self.problems and tuple(names) != self.columns:
            self.refuse("", f"the columns must stand in this order: {','.join(self.columns)}")
        if self.problems:
            raise InputError(self.path, self.problems)

    def intake(self, key: str, drug: str, formulation: str) -> Intakes:
        self.id(key, drug)
        return lambda doses: (Intake(drug=drug, formulation=formulation, doses=doses),) if doses else ()

    def acting(self, row: Mapping[str, str], perpetrators: Sequence[str], shared: Sequence[str]) -> tuple[Intake, ...]:
        """One regimen per perpetrator that is neither the victim itself nor in the background."""
        texts = [part.strip() for part in row["perpetrator_regimen"].split("|")] if row["perpetrator_regimen"] else []
        others = [drug for drug in perpetrators if drug != row["victim"] and drug not in shared]
        if len(texts) != len(others):
            text = f"has {len(texts)} regimens for {len(others)} perpetrators; separate them by |, one each"
            self.refuse("perpetrator_regimen", text)
            return ()
        forms = [part.strip() for part in row["perpetrator_formulation"].split("|")]
        forms += [""] * (len(others) - len(forms))
        return tuple(
            Intake(drug=drug, formulation=form, doses=self.doses("perpetrator_regimen", text, True))
            for drug, form, text in zip(others, forms, texts, strict=False)
        )

    def background(self, text: str) -> tuple[Intake, ...]:
        intakes = []
        for part in filter(None, (part.strip() for part in text.split("|"))):
            drug, _, doses = part.partition(" ")
            self.id("background", drug)
            intakes.append(Intake(drug=drug, formulation="", doses=self.doses("background", doses, True)))
        return tuple(intakes)

    def doses(self, key: str, text: str, needed: bool) -> tuple[GivenDrug, ...]:
        if not text:
            if needed:
                self.refuse(key, "has no doses; write for example 0:600;24:600 or 0:600 q24 x5")
            return ()
        read = []
        for part in text.split(";"):
            match = _DOSE.fullmatch(part.strip())
            if match is None:
                text = f'"{part.strip()}" is not a dose; write time:mg, as 0:600, 0:600 q24 x5, 2:0.05mg/kg iv inf0.5'
                self.refuse(key, text)
                continue
            read.append(
                GivenDrug(
                    time=float(match["time"]),
                    amount=float(match["amount"]),
                    per_weight=match["per"] is not None,
                    intravenous=match["iv"] is not None or match["infusion"] is not None,
                    infusion=float(match["infusion"] or 0),
                    every=float(match["every"] or 0),
                    count=int(match["count"] or 1),
                    fed=match["fed"] is not None,
                )
            )
        if any(dose.amount <= 0 or dose.count < 1 or (dose.count > 1 and dose.every <= 0) for dose in read):
            self.refuse(key, "amounts, intervals and counts must be above 0")
        return tuple(read)

    def number(self, row: Mapping[str, str], key: str, default: float | None = None) -> float | None:
        if not row[key]:
            return default
        try:
            value = float(row[key])
        except ValueError:
            value = math.nan
        if not (math.isfinite(value) and value > 0):
            self.refuse(key, f'must be a number above 0, got "{row[key]}"')
            return default
        return value

    def flag(self, row: Mapping[str, str], key: str) -> bool:
        if row[key] not in ("yes", "no"):
            self.refuse(key, f'must be yes or no, got "{row[key]}"')
        return row[key] == "yes"

    def one_of(self, row: Mapping[str, str], key: str, known: Sequence[str]) -> str:
        if row[key] not in known:
            self.refuse(key, f'"{row[key]}" is not one of {", ".join(known)}')
        return row[key]

    def ids(self, key: str, text: str) -> tuple[str, ...]:
        drugs = tuple(filter(None, (part.strip() for part in text.split("+"))))
        for drug in drugs:
            self.id(key, drug)
        return drugs

    def id(self, key: str, drug: str) -> None:
        if re.fullmatch(ID, drug) is None:
            self.refuse(key, f'"{drug}" is not an id of the library: lower case letters, digits and hyphens')
