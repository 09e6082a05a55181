"""From a scenario and its monographs to the engine's system."""

from pkinteract.model.build import EnzymeLevel, Model, build

__all__ = ["EnzymeLevel", "Model", "build"]
