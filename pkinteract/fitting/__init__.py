"""Concentrations measured -> estimates, their intervals, and a parameter file that a scenario can use."""

from pkinteract.fitting.inputs.reader import read_fit
from pkinteract.fitting.search.estimate import estimate
from pkinteract.fitting.types import Estimate, Fit, FitResult, Group

__all__ = ["Estimate", "Fit", "FitResult", "Group", "estimate", "read_fit"]
