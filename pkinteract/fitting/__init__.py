"""Concentrations measured -> estimates, their intervals, and a parameter file that a scenario can use."""

from pkinteract.fitting.estimate import estimate
from pkinteract.fitting.reader import read_fit
from pkinteract.fitting.types import Estimate, Fit, Group, Outcome

__all__ = ["Estimate", "Fit", "Group", "Outcome", "estimate", "read_fit"]
