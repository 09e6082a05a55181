"""From a scenario and its monographs to the engine's system."""

from pkinteract.model.build import Level, Model, build

__all__ = ["Level", "Model", "build"]
