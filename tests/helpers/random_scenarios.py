"""Scenarios of library drugs, drawn by number: whoever, whatever and however the file format can say it."""

from __future__ import annotations

import random
from collections.abc import Sequence

from pkinteract.library import load_library
from pkinteract.library.phenotypes import genes
from pkinteract.library.schema.absorption import Formulation
from pkinteract.library.schema.monograph import Monograph, enzymes_of
from pkinteract.units import parse

LIBRARY = load_library()
DOSED = [drug for drug in LIBRARY.ids() if LIBRARY.monograph(drug).absorption]
DISPLACING = [(drug, other) for drug in DOSED for other in LIBRARY.monograph(drug).displaces]
"""Who displaces whom: so few that chance alone would seldom bring them together."""

LARGEST = 4e5
"""What is far from usual is no more than this [mg]: two glasses of juice, and not ten."""

PROTEINS = {
    drug: enzymes_of([LIBRARY.monograph(one) for one in (drug, *LIBRARY.monograph(drug).metabolites)]) for drug in DOSED
}
"""Enzymes and transporters that a drug and its metabolites meet or act on."""

ACTING = [
    drug for drug in DOSED if (one := LIBRARY.monograph(drug)) and (one.induces or one.inhibits or one.inactivates)
]
WORDS = {
    "CYP2D6": ("poor", "intermediate", "normal", "ultrarapid", "*1/*4", "*4/*5", 1.25, 3.0),
    "CYP2C19": ("poor", "intermediate", "normal", "rapid", "ultrarapid", "*1/*17", "*2/*2"),
    "CYP2B6": ("poor", "intermediate", "normal", "rapid", "ultrarapid"),
    "CYP2C9": ("poor", "intermediate", "normal", "*1/*3", 0.5),
    "CYP3A5": ("poor", "intermediate", "normal", "*3/*3"),
    "NAT2": ("poor", "normal"),
}
"""What a gene may be; of others only "normal" is known."""

INTERVALS = (4, 6, 8, 12, 12, 12, 24, 24, 24, 24, 36, 48)
"""From one dose to the next [h]."""


def random_scenario(number: int) -> str:
    """The file of scenario ``number``: the same for ever."""
    return _Drawing(random.Random(f"scenario {number}")).text()


class _Drawing:
    """Draws one scenario; times are in h, multiples of a quarter unless a shift is drawn."""

    def __init__(self, rng: random.Random) -> None:
        self.rng = rng
        self.days = rng.choice((2, 3, 4, 5, 5, 7, 7, 10, 14, 21))
        self.steady = rng.random() < 0.08
        self.before = 0 if not self.steady and rng.random() < 0.5 else rng.choice((1, 2, 5, 7))
        self.anchored = rng.random() < 0.4
        self.drugs = self._drugs()
        self.monographs = [LIBRARY.monograph(drug) for drug in self.drugs]
        self.steady_left = self.steady

    def yes(self, share: float) -> bool:
        return self.rng.random() < share

    def even(self, low: float, high: float, digits: int = 3) -> float:
        """Even on a logarithmic scale, to some significant digits."""
        return float(f"{low * (high / low) ** self.rng.random():.{digits}g}")

    def text(self) -> str:
        regimens = [regimen for drug in self.drugs for regimen in self._regimens(drug)]
        start = "start = 2026-01-05T08:00:00\n" if self.anchored else ""
        head = (
            f'title = "drawn"\n[simulation]\nduration = "{self.days} d"\nstep = "{self.rng.choice((15, 30, 60))} min"\n'
        )
        return head + start + self._patient() + self._dialysis() + "".join(regimens) + self._protocol()

    # ---- who ----

    def _patient(self) -> str:
        rng = self.rng
        family = [*self.monographs, *(LIBRARY.monograph(one) for drug in self.monographs for one in drug.metabolites)]
        ages = [one.ages for one in family if one.ages is not None]
        low = max((one.from_years for one in ages), default=0.0)
        high = min((one.until_years for one in ages), default=100.0)
        beyond = self.yes(0.1)
        age = round(rng.uniform(4, 98) if beyond else rng.uniform(low, high), 1)
        child = age < 15
        weight = round(rng.uniform(15, 45) if child else rng.lognormvariate(4.28, 0.22), 1)
        sex = rng.choice(("female", "male"))
        height = round(rng.uniform(100, 150) if child else rng.uniform(150, 192))
        rows = [f'weight = "{weight} kg"', f'age = "{age} y"', f'sex = "{sex}"', f'height = "{height} cm"']
        rows += ["extrapolate = true"] * (beyond or child)
        kidneys = rng.choice(("clearance", "clearance", "creatinine", "egfr"))
        rows += {
            "clearance": [f'creatinine_clearance = "{self.even(4, 160)} mL/min"'],
            "creatinine": [f'serum_creatinine = "{self.even(0.6, 9, 2)} mg/dL"'],
            "egfr": [f'egfr = "{self.even(8, 130)} mL/min/1.73m2"'],
        }[kidneys]
        smoker = self.yes(0.25)
        rows += ["smoker = true"] * smoker
        rows += [f'hepatic_class = "{rng.choice("ABC")}"'] * self.yes(0.15)
        rows += [f'albumin = "{round(rng.uniform(15, 50))} g/L"'] * self.yes(0.2)
        expecting = sex == "female" and 15 <= age <= 50 and self.yes(0.25)
        rows += [f'pregnancy = "{rng.randint(5, 35)} wk"'] * expecting
        named = [name for name in sorted(genes()) if self.yes(0.3)]
        words = [(name, rng.choice(WORDS.get(name, ("normal",)))) for name in named]
        if words:
            inner = ", ".join(
                f'{name} = "{word}"' if isinstance(word, str) else f"{name} = {word}" for name, word in words
            )
            rows.append(f"phenotype = {{ {inner} }}")
        met = sorted({name for drug in self.drugs for name in PROTEINS[drug]} & set(LIBRARY.enzymes))
        if met and self.yes(0.15):
            rows.append(f"abundance = {{ {rng.choice(met)} = {self.even(0.3, 3)} }}")
        changes = self._changes(weight, kidneys, smoker=smoker, expecting=expecting)
        return "[patient]\n" + "".join(f"{row}\n" for row in rows) + changes

    def _changes(self, weight: float, kidneys: str, *, smoker: bool, expecting: bool) -> str:
        rng = self.rng
        if not self.yes(0.3):
            return ""
        text = ""
        for at in sorted(rng.sample(range(1, 24 * self.days), rng.choice((1, 1, 2)))):
            kinds = ["weight", "kidneys", "kidneys", "smoker", "liver", "albumin", *["birth"] * expecting]
            row = {
                "weight": f'weight = "{round(weight * rng.uniform(0.85, 1.15), 1)} kg"',
                "kidneys": f'creatinine_clearance = "{self.even(4, 160)} mL/min"',
                "smoker": f"smoker = {str(not smoker).lower()}",
                "liver": f'hepatic_class = "{rng.choice(("A", "B", "C", "none"))}"',
                "albumin": f'albumin = "{round(rng.uniform(15, 50))} g/L"',
                "birth": 'pregnancy = "none"',
            }[rng.choice(kinds)]
            text += f'[[patient.change]]\nat = "{at} h"\n{row}\n'
        return text

    def _dialysis(self) -> str:
        if self.steady or not self.yes(0.12):
            return ""
        first, every = self.rng.randint(1, 36), self.rng.choice((24, 48, 72))
        return f'[[dialysis]]\nat = "{first} h"\nevery = "{every} h"\nlength = "{self.even(2, 8, 2)} h"\n'

    # ---- what ----

    def _drugs(self) -> list[str]:
        """One to six: any of the library, what shares a protein with the first, or what acts on proteins."""
        drugs = list(self.rng.choice(DISPLACING)) if self.yes(0.02) else [self.rng.choice(DOSED)]
        for _ in range(min(self.rng.choice((0, 1, 1, 1, 2, 2, 3, 4, 5)), 6 - len(drugs))):
            near = [drug for drug in DOSED if PROTEINS[drug] & PROTEINS[drugs[0]]]
            pool = self.rng.choice((DOSED, near, ACTING))
            left = [drug for drug in pool if drug not in drugs]
            drugs += [self.rng.choice(left)] if left else []
        return drugs

    # ---- how much and when ----

    def _amount(self, monograph: Monograph, a_day: float) -> tuple[str, float]:
        """A dose as text, and in mg: within the usual ones of a day, or far from them; ``a_day`` are given."""
        dosing = monograph.dosing
        ends = [end for end in (dosing.low, dosing.single_high, dosing.high) if end is not None]
        low, high = (parse(f"{end.value} {end.unit.removesuffix('/kg')}", "mass") for end in (ends[0], ends[-1]))
        low, high = min(low, high), max(low, high)
        if self.yes(0.2) and not self.steady:
            low, high = low / 10, min(5 * high, LARGEST)
        share = 1 / max(a_day, 1.0)
        amount = self.even(low * share, high * share)
        unit = "mg/kg" if ends[0].unit.endswith("/kg") else "mg"
        return f"{amount!r} {unit}", amount

    def _regimens(self, drug: str) -> list[str]:
        """The courses of a drug, one after the other or not, a regimen for each formulation."""
        monograph = LIBRARY.monograph(drug)
        names = list(monograph.absorption)
        name = self.rng.choice((monograph.default_formulation, *names))
        assert name is not None
        begin = -24.0 * self.before if self.steady or self.yes(0.6) else 24.0 * self.rng.uniform(0, 0.5 * self.days)
        begin = begin if self.steady else round(4 * begin) / 4 + self.rng.choice((0.0, 0.0, 0.1))
        if drug == self.drugs[0]:
            self.begun = begin
        end = 24.0 * self.days
        stops = [
            begin,
            *sorted(begin + (end - begin) * self.rng.random() for _ in range(self.rng.choice((0, 0, 1, 1, 2)))),
            end,
        ]
        stops = [round(4 * stop) / 4 for stop in stops[1:]]
        text = ""
        first = True
        for stop in stops:
            if stop <= begin + 0.5:
                continue
            pause = not first and self.yes(0.2)
            if not pause:
                other = self.rng.choice(names) if not first and self.yes(0.3) else name
                courses = self._course(monograph, monograph.absorption[other], begin, stop, first=first)
                text += f'[[regimen]]\ndrug = "{drug}"\nformulation = "{other}"\n{courses}'
                first = False
            begin = stop
        return [text]

    def _course(self, monograph: Monograph, form: Formulation, begin: float, stop: float, *, first: bool) -> str:
        rng = self.rng
        steady = self.steady and first
        kinds = ["every"] * 5 + ["clock"] * 2
        kinds += (
            []
            if steady
            else ["once", "taper", "taper", "cycle", "count", *["days"] * (self.anchored and stop - begin > 168)]
        )
        kind = rng.choice(kinds)
        interval = rng.choice([12, 24] if steady else [hours for hours in INTERVALS if hours < stop - begin] or [4])
        dose, amount = self._amount(monograph, 1.0 if kind == "once" else 24 / interval)
        rows = [f'from = "{begin!r} h"', *[f'until = "{stop!r} h"'] * (kind not in ("once", "count"))]
        times: Sequence[float] = [begin]
        if kind == "clock":
            hours = sorted(rng.sample(range(24), rng.choice((1, 2, 3))))
            per_kg = dose.split()[1]
            clock = ", ".join(
                f'"{hour:02d}:{rng.choice((0, 30)):02d}" = "{self.even(amount / 2, amount)!r} {per_kg}"'
                for hour in hours
            )
            rows.append(f"at = {{ {clock} }}")
            if stop - begin < 24 and not steady:
                rows = [rows[0], f'dose = "{dose}"']
        elif kind == "once":
            rows.append(f'dose = "{dose}"')
        else:
            rows += [f'dose = "{dose}"', f'every = "{interval} h"']
            times = [begin + n * interval for n in range(1 + int((stop - begin) / interval - 1e-6))]
        if kind == "taper":
            rows += [
                f'taper_to = "{self.even(amount / 4, 2 * amount)!r} {dose.split()[1]}"',
                f'step_every = "{rng.choice((12, 24, 48))} h"',
            ]
        rows += [f'cycle = {{ on = "{rng.choice((1, 2, 3))} d", off = "{rng.choice((1, 2))} d" }}'] * (kind == "cycle")
        rows += [f"count = {len(times)}"] * (kind == "count")
        rows += ['days = ["mon", "tue", "thu", "sat"]'] * (kind == "days")
        if kind in ("every", "taper") and len(times) > 2 and self.yes(0.25):
            lost = sorted(rng.sample(times[1:], min(rng.choice((1, 1, 2)), len(times) - 1)))
            rows.append(f"missed = {[f'{time!r} h' for time in lost]}".replace("'", '"'))
        rows += ["steady_state = true"] * steady
        if form.route == "intravenous":
            rows += [f'infusion = "{self.even(0.1, min(interval, 24), 2)!r} h"'] * self.yes(0.6)
        else:
            rows += [f'lag = "{self.even(0.1, 4, 2)!r} h"'] * self.yes(0.1)
            rows += ['food = "fed"'] * self.yes(0.3)
            if form.bioavailability is not None and self.yes(0.1):
                rows.append(f"bioavailability = {form.bioavailability.canonical * rng.uniform(0.2, 0.95):.3g}")
        return "[[regimen.course]]\n" + "".join(f"{row}\n" for row in rows)

    def _protocol(self) -> str:
        """Now and then a rule that changes the doses of the first drug on a day."""
        days = [day for day in range(1, self.days) if 24.0 * day >= self.begun + 48.0]
        if not days or not self.yes(0.06):
            return ""
        then = self.rng.choice(("halve", "double", "stop", "+25 %", "-25 %"))
        return f'[[protocol]]\ndrug = "{self.drugs[0]}"\nwhen = "day {self.rng.choice(days)}"\nthen = "{then}"\n'
