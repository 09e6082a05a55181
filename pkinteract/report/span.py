"""The time that pictures and pages show of a run."""

from __future__ import annotations

from pkinteract.scenario import Scenario

LONGEST_LEAD = 14 * 24.0
"""How much of the run before t = 0 is drawn at most [h]."""


def span(scenario: Scenario) -> tuple[float, float]:
    """What is drawn [h], every measured level included."""
    end = scenario.duration
    start = max(scenario.first_time, -min(LONGEST_LEAD, end / 4))
    return min([start, *(observation.time for observation in scenario.observations)]), end
