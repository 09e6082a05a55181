"""Release of a dose over time: what is released at each age, and what of it is absorbed.

Drug goes as it is released into an absorption compartment R with dR/dt = release rate - ka·R, or is absorbed at once.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from math import exp, log, log1p
from typing import TYPE_CHECKING, Literal

from pkinteract.engine.control import FIRST_OF_RELEASE
from pkinteract.engine.shape import Compartment, RowStructure, Stage

if TYPE_CHECKING:
    from pkinteract.engine.events import Event
    from pkinteract.engine.lanes.sheet import Sheet
    from pkinteract.engine.layout import Layout
    from pkinteract.engine.reference.medium import Medium
    from pkinteract.engine.single.text import Text
    from pkinteract.engine.system import System

FINISHED = 1e-9
"""Share of a dose that is left when its release counts as over [1]."""

SHARP = 1e-4
"""Share of a dose that a release which begins at an infinite rate or slope gives off evenly instead [1]."""

SAME = 1e-3
"""Ages this close, relative to the end of that stretch, are at its end [1]."""

SHORTEST = 1e-5
"""What takes less time than this takes this long: after years, times differ by no less than a millionth of it [h]."""

NARROW = 7.0
"""A release that comes later than this many of its widths could be stepped over, as steps grow fourfold at most [1]."""

QUIET = 6.0
"""Widths before its mean at which a narrow release begins to be looked at: less than 1e-8 of it came before [1]."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Release:
    """Drug released over time after each dose into an absorption compartment, a state with parameter ``ka`` [1/h].

    Without ``ka`` it is absorbed as it is released. The share released per hour at age t is, by ``kind``::

        transit   k·(k·t)^n·exp(-k·t)/Γ(n + 1)           first k [1/h], second n [1]
        weibull   (b/τ)·(t/τ)^(b - 1)·exp(-(t/τ)^b)      first τ [h], second b [1]
    """

    compound: int
    kind: Literal["transit", "weibull"]
    first: int
    second: int
    ka: int | None = None


def structure(system: System) -> RowStructure:
    """An absorption compartment each that has one; the compound is stepped, as its input is no exponential."""
    compounds = tuple(release.compound for release in system.releases)
    reservoirs = [(j, release.compound) for j, release in enumerate(system.releases) if release.ka is not None]
    return RowStructure(
        compounds=compounds,
        coupled=compounds,
        compartments=tuple(Compartment(kind="reservoir", index=j, compound=i) for j, i in reservoirs),
    )


def reads(layout: Layout) -> Iterable[int | None]:
    """Rates of absorption; those of the release itself stand in its profile."""
    return [release.ka for release in layout.system.releases]


def single(text: Text) -> None:
    """Balance of each absorption compartment, and what leaves it; v is the rate of release."""
    for j, release in enumerate(text.system.releases):
        state = text.layout.reservoirs.get(j)
        if state is None:
            text.sources[release.compound].append(f"v{j}")
            continue
        text.sources[release.compound].append(f"p{release.ka} * x{state}")
        text.line(Stage.RESERVOIR, j, f"{text.slope}{state} = v{j} - p{release.ka} * x{state}")


def reference(medium: Medium) -> None:
    """Balance of each absorption compartment, and what leaves it [mg/h]."""
    for j, release in enumerate(medium.system.releases):
        leaving = medium.released[j]
        if release.ka is not None:
            state = medium.layout.reservoirs[j]
            leaving = medium.p[release.ka] * medium.store[state]
            medium.slopes[state] = medium.released[j] - leaving
        medium.absorbed[release.compound] = medium.absorbed[release.compound] + leaving


def lanes(sheet: Sheet) -> None:
    """Balance of each absorption compartment, and what leaves it [mg/h]."""
    for j, release in enumerate(sheet.system.releases):
        leaving = sheet.point.released[j]
        if release.ka is not None:
            state = sheet.layout.reservoirs[j]
            leaving = sheet.p(release.ka) * sheet.state(state)
            sheet.slope(state, sheet.point.released[j] - leaving)
        sheet.absorbed[release.compound] = sheet.absorbed[release.compound] + leaving


@dataclass(frozen=True, slots=True, kw_only=True)
class Profile:
    """A release with its numbers; see :class:`Release`.

    Attributes
    ----------
    weibull
        Whether it is a Weibull release, else a transit chain.
    first, second
        Rate constant [1/h] or scale [h], and exponent [1]; not shorter than ``SHORTEST``.
    constant
        n·ln(n) - n - lnΓ(n + 1) of a transit chain [1].
    sharp, even
        Age until which the release is even, as its rate begins at infinity or infinitely steeply [h], else 0; and the
        share of the dose that is released until then [1].
    over
        Age at which the release counts as over [h].
    width
        Standard deviation of the age of release [h], or a scale of it.
    quiet
        Age at which a narrow release begins to be felt [h]; 0 for others.
    """

    weibull: bool
    first: float
    second: float
    constant: float
    sharp: float
    even: float
    over: float
    width: float
    quiet: float

    def rate(self, age: float, *, after: bool) -> float:
        """Share of the dose released per hour [1/h] at ``age`` [h]; see :func:`share`."""
        return share(self.weibull, self.first, self.second, self.constant, self.sharp, self.even, age, after)

    @property
    def jumps(self) -> tuple[float, ...]:
        """Ages that no step may cross [h]: there the rate jumps, or begins to be felt."""
        return tuple(age for age in (self.sharp, self.quiet) if age > 0)


def share(
    weibull: bool, first: float, second: float, constant: float, sharp: float, even: float, age: float, after: bool
) -> float:
    """Share of a dose released per hour [1/h] at ``age`` [h], for CPython and numba alike.

    Where the even stretch ends the rate jumps; ``after`` asks for the value after the jump. The density of a transit
    chain is written by the distance from its mode, so that no large numbers cancel: Loader, Fast and Accurate
    Computation of Binomial Probabilities, 2000.
    """
    if age < 0.0:
        return 0.0
    if sharp > 0.0 and age < sharp * (1.0 - SAME if after else 1.0 + SAME):
        return even / sharp
    x = age / first if weibull else first * age
    if not weibull and second == 0.0:
        return first * exp(-x)
    if x <= 0.0:
        return 0.0
    if weibull:
        u = second * log(x)
        return 0.0 if u > 7.0 else second / age * exp(u - exp(u))
    d = (x - second) / second
    return first * exp(second * ((log1p(d) if abs(d) < 0.5 else log(x / second)) - d) + constant)


def weibull_profile(scale: float, shape: float) -> Profile:
    """A Weibull release of scale τ [h] and shape b."""
    scale = max(scale, SHORTEST if shape < 2 else shape * SHORTEST)
    sharp = max(scale * (-math.log1p(-SHARP)) ** (1 / shape), SHORTEST) if shape < 2 else 0.0
    return Profile(
        weibull=True,
        first=scale,
        second=shape,
        constant=0.0,
        sharp=sharp,
        even=-math.expm1(-((sharp / scale) ** shape)),
        over=max(scale * (-math.log(FINISHED)) ** (1 / shape), sharp),
        width=scale / max(shape, 1.0),
        quiet=0.0,
    )


def transit_profile(rate: float, number: float) -> Profile:
    """A transit chain of rate constant k [1/h] and number n; one that is too narrow has fewer of the same mean time."""
    mean = max((number + 1) / rate, SHORTEST)
    number = min(number, (mean / SHORTEST) ** 2 - 1)
    rate = (number + 1) / mean
    width = mean / math.sqrt(number + 1)
    sharp = 0.0
    if 0 < number < 1:
        sharp = (SHARP * math.gamma(number + 2)) ** (1 / (number + 1)) / rate
    return Profile(
        weibull=False,
        first=rate,
        second=number,
        constant=_gamma_constant(number),
        sharp=sharp,
        even=SHARP if sharp else 0.0,
        over=mean + 10 * width + 20 / rate,
        width=width,
        quiet=mean - QUIET * width if mean > NARROW * width else 0.0,
    )


def _gamma_constant(n: float) -> float:
    """n·ln(n) - n - lnΓ(n + 1) [1]; of a large n by Stirling's series, as its terms cancel."""
    if n <= 0:
        return 0.0
    if n < 16:
        return n * math.log(n) - n - math.lgamma(n + 1)
    return -math.log(2 * math.pi * n) / 2 - 1 / (12 * n) + 1 / (360 * n**3) - 1 / (1260 * n**5)


def profiles(system: System) -> list[Profile]:
    """The profile of every release."""
    p = system.parameters
    made = {"transit": transit_profile, "weibull": weibull_profile}
    return [made[release.kind](p[release.first], p[release.second]) for release in system.releases]


def longest_first(profile: Profile) -> float:
    """Longest step after a release begins or begins to be felt [h]."""
    return min(FIRST_OF_RELEASE, profile.width / 4)


@dataclass(slots=True)
class Releasing:
    """The doses that are being released, per release row: (time, amount)."""

    rows: list[Profile]
    doses: list[list[tuple[float, float]]]

    def begin(self, release: int, time: float, amount: float) -> None:
        """From ``time`` [h] on a dose of ``amount`` [mg] is released."""
        self.doses[release].append((time, amount))

    def drop_finished(self, time: float) -> None:
        """Forget doses whose release is over at ``time`` [h]."""
        for profile, doses in zip(self.rows, self.doses, strict=True):
            while doses and time - doses[0][0] > profile.over:
                doses.pop(0)

    def first_step(self, time: float) -> float | None:
        """Longest step that sees every release which is under way at ``time`` [h]; None if none is."""
        self.drop_finished(time)
        return min(
            (longest_first(profile) for profile, doses in zip(self.rows, self.doses, strict=True) if doses),
            default=None,
        )

    def rates(self, start: float, spans: Sequence[float]) -> list[float]:
        """Release rates [mg/h] at ``start`` and at later times ``start + span``, row by row: rows·spans numbers.

        A jump at ``start`` has happened, one at the last of the times has not.
        """
        return [
            sum(amount * profile.rate(start - begin + span, after=span == 0) for begin, amount in doses)
            for profile, doses in zip(self.rows, self.doses, strict=True)
            for span in spans
        ]


def releasing(system: System, events: Sequence[Event], until: float) -> Releasing:
    """The doses whose release began before ``until`` [h]."""
    begun: list[list[tuple[float, float]]] = [[] for _ in system.releases]
    for event in events:
        if event.kind == "release" and event.time < until and event.amount:
            begun[event.target].append((event.time, event.amount))
    return Releasing(rows=profiles(system), doses=begun)
