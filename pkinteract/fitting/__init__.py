"""Concentrations measured -> estimates, their intervals, and a parameter file that a scenario can use."""

from pkinteract.fitting.inputs.reader import read_fit
from pkinteract.fitting.search.estimate import estimate
from pkinteract.fitting.types import Estimate, Fit, Group, Outcome

__all__ = ["Estimate", "Fit", "Group", "Outcome", "estimate", "read_fit"]
