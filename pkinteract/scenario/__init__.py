"""From a scenario file to frozen data: every problem in one go, with its line."""

from pkinteract.scenario.file.reader import read_scenario
from pkinteract.scenario.observation import Observation
from pkinteract.scenario.types import Course, Dose, Patient, Regimen, Scenario, Session, SteadyState

__all__ = [
    "Course",
    "Dose",
    "Observation",
    "Patient",
    "Regimen",
    "Scenario",
    "Session",
    "SteadyState",
    "read_scenario",
]
