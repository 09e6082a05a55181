"""Drugs of one's own with closed forms: a constant inducer, and a victim with a well-stirred liver."""

from __future__ import annotations

from runs import INTRAVENOUS, drug, once, oral, pathway, regimen, run, text

from pkinteract.result import Result

TIGHT = 1e-9
LIVER_FLOW = 90.0
DOSE = 100.0
LEVEL = 3.5
"""What the inducer of these tests makes of CYP3A4: 1 + 5·x/(1 + x) with x = 1."""

INDUCER = drug(
    "inducer",
    '[induces.CYP3A4]\nreceptor = "CAR/PXR"\nemax = "5"\n',
    'ec50 = { value = 10, unit = "mg/L", kind = "assumed", note = "test", basis = "total" }\n',
    volume="100 L",
    clearance="0.000000001 L/h",
)
INHIBITOR = drug(
    "inhibitor",
    '[inhibits.CYP3A4]\nki = { value = 0.1, unit = "mg/L", kind = "assumed", note = "test", basis = "total" }\n',
)
INDUCED = regimen("inducer", once("1000 mg", "-300 d", 'route = "intravenous"'))
"""10 mg/L from a hundred enzyme half-lives before t = 0 on, and for ever: nothing clears it."""


def binding(blood_to_plasma: float = 1.0, unbound: float = 0.1) -> str:
    return f'[binding]\nfraction_unbound = "{unbound!r}"\nblood_to_plasma = "{blood_to_plasma!r}"\n'


def auc(result: Result, name: str = "victim") -> float:
    return result.curve(name).integral(0, result.scenario.duration)


def given_once(*drugs: str, route: str = "oral", others: str = "", days: float = 40, patient: str = "") -> Result:
    """One dose of 100 mg of the drug "victim" at t = 0, followed until nothing is left of it."""
    dose = once(f"{DOSE} mg", "0 d", f'route = "{route}"')
    return run(text(regimen("victim", dose), others, days=days, step="1 d", patient=patient), rtol=TIGHT, drugs=drugs)


def fh(clearance: float, blood_to_plasma: float = 1.0) -> float:
    return 1 - clearance / (blood_to_plasma * LIVER_FLOW)


def well_stirred(clearance: float, blood_to_plasma: float = 1.0) -> str:
    """60 % by CYP3A4, 40 % by CYP2D6; half of what the liver would let through is bioavailable."""
    return drug(
        "victim",
        pathway("induced", 0.6, "CYP3A4"),
        pathway("constant", 0.4, "CYP2D6"),
        binding(blood_to_plasma),
        oral(1.0, 0.5 * fh(clearance, blood_to_plasma)),
        INTRAVENOUS,
        clearance=f"{clearance} L/h",
        liver="well-stirred",
    )
