"""Small systems with known answers, shared by the engine's tests."""

from __future__ import annotations

from pkinteract.engine.events import Event
from pkinteract.engine.system import (
    Actor,
    Compound,
    Depot,
    Enzyme,
    Formation,
    GutFormation,
    Induction,
    Pathway,
    Peripheral,
    System,
)


def one_compartment(*, volume: float = 20.0, clearance: float = 2.0, ka: float = 1.5, stepped: bool) -> System:
    """One compartment with a depot; through an (uninduced) enzyme it is stepped, else exact."""
    return System(
        parameters=(volume, clearance, ka, 0.02, 1.0),
        compounds=(Compound(volume=0),),
        scale=(100.0,),
        depots=(Depot(compound=0, ka=2),),
        enzymes=(Enzyme(kdeg=3, activity=4),) if stepped else (),
        pathways=(Pathway(compound=0, clearance=1, enzyme=0 if stepped else None),),
    )


def two_compartments(*, stepped: bool) -> System:
    """Volume 10 L, clearance 2 L/h, k12 0.4 /h, k21 0.1 /h."""
    return System(
        parameters=(10.0, 2.0, 0.4, 0.1, 0.02, 1.0, 0.7),
        compounds=(Compound(volume=0, peripherals=(Peripheral(out=2, back=3),)),),
        scale=(100.0,),
        depots=(Depot(compound=0, ka=6),),
        enzymes=(Enzyme(kdeg=4, activity=5),) if stepped else (),
        pathways=(Pathway(compound=0, clearance=1, enzyme=0 if stepped else None),),
    )


def step_inducer(*, hill: bool = False) -> System:
    """A compound that is never eliminated to speak of holds a constant level and induces one enzyme."""
    return System(
        parameters=(10.0, 1e-12, 0.03, 1.0, 4.0, 2.0, 1.7),
        compounds=(Compound(volume=0),),
        scale=(100.0,),
        enzymes=(Enzyme(kdeg=2, activity=3),),
        inductions=(Induction(enzyme=0, actor=Actor(compound=0), group=0, emax=4, ec50=5, hill=6 if hill else None),),
        pathways=(Pathway(compound=0, clearance=1),),
    )


def chain() -> System:
    """Parent (k 0.2 /h) forms metabolite (k 0.05 /h), mass ratio 1.1, both linear."""
    return System(
        parameters=(10.0, 2.0, 30.0, 1.5, 1.1),
        compounds=(Compound(volume=0), Compound(volume=2)),
        scale=(100.0, 100.0),
        pathways=(Pathway(compound=0, clearance=1), Pathway(compound=1, clearance=3)),
        formations=(Formation(pathway=0, target=1, ratio=4),),
    )


def everything() -> System:
    """Two competing inducers, a two-compartment parent with gut and liver first pass, a well-stirred metabolite."""
    p = (
        *(30.0, 50.0, 400.0, 300.0),  # 0-3 volumes
        *(1.0, 0.6, 40.0, 25.0, 2.0, 30.0),  # 4-9 clearances
        *(90.0, 80.0, 0.5, 0.9),  # 10-13 flows, gut ratio, ratio of masses
        *(0.2, 0.1),  # 14-15 exchange
        *(0.02, 1.0, 0.05, 0.8),  # 16-19 turnover
        *(5.0, 3.0, 2.0, 8.0, 1.5),  # 20-24 induction
        *(0.3, 0.9, 1.2),  # 25-27 absorption
    )
    return System(
        parameters=p,
        compounds=(
            Compound(volume=0),
            Compound(volume=1),
            Compound(volume=2, peripherals=(Peripheral(out=14, back=15),), flow=10, gut_enzyme=1, gut_ratio=12),
            Compound(volume=3, flow=11),
        ),
        scale=(100.0, 100.0, 50.0, 50.0),
        depots=(Depot(compound=0, ka=25), Depot(compound=1, ka=26), Depot(compound=2, ka=27)),
        enzymes=(Enzyme(kdeg=16, activity=17), Enzyme(kdeg=18, activity=19)),
        inductions=(
            Induction(enzyme=0, actor=Actor(compound=0), group=0, emax=20, ec50=21),
            Induction(enzyme=0, actor=Actor(compound=1), group=0, emax=22, ec50=23, hill=24),
            Induction(enzyme=1, actor=Actor(compound=0), group=0, emax=22, ec50=21),
            Induction(enzyme=1, actor=Actor(compound=1), group=1, emax=20, ec50=23),
        ),
        pathways=(
            Pathway(compound=0, clearance=4, enzyme=0),
            Pathway(compound=1, clearance=5),
            Pathway(compound=2, clearance=6, enzyme=0, hepatic=True),
            Pathway(compound=2, clearance=7, hepatic=True),
            Pathway(compound=2, clearance=8),
            Pathway(compound=3, clearance=9, enzyme=1, hepatic=True),
        ),
        formations=(Formation(pathway=2, target=3, ratio=13),),
        gut_formations=(GutFormation(compound=2, target=3, ratio=13),),
    )


EVERYTHING_EVENTS = tuple(
    sorted(
        [
            *(Event(time=12.0 * i, kind="depot", target=0, amount=100.0) for i in range(10)),
            *(Event(time=24.0 * i, kind="depot", target=1, amount=80.0) for i in range(5)),
            *(Event(time=24.0 * i + 1.0, kind="depot", target=2, amount=50.0) for i in range(7)),
            Event(time=30.0, kind="bolus", target=2, amount=20.0),
            Event(time=50.0, kind="rate", target=2, amount=5.0),
            Event(time=54.0, kind="rate", target=2, amount=-5.0),
        ],
        key=lambda event: event.time,
    )
)
