"""The fit file as pydantic models: strict; quantities stay text until their parameter is read."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field

from pkinteract.library.schema.values import Line
from pkinteract.scenario.values import StrictTable

Text = Annotated[str, Field(min_length=1, max_length=200)]


class StudiesTable(StrictTable):
    """``studies``: which interaction studies of the library's evidence; an empty list takes all."""

    perpetrator: list[Text] = Field(default_factory=list)
    victim: list[Text] = Field(default_factory=list)
    without: list[Text] = Field(default_factory=list)


class DataTable(StrictTable):
    """``[[data]]``: measured concentrations and the scenario they belong to."""

    file: Text | None = Field(default=None, examples=['"levels.csv"'])
    profiles: Text | None = Field(default=None, examples=['"curves.csv"'])
    summary: Text | None = Field(default=None, examples=['"published.csv"'])
    studies: StudiesTable | None = Field(default=None, examples=['{ perpetrator = ["erythromycin"] }'])
    records: Text | None = Field(default=None, examples=['"data.csv"'])
    drug: Text | list[Text] | None = Field(default=None, examples=['"my-drug.toml"'])
    unit: Text | None = Field(default=None, examples=['"mg/L"'])
    dvid: dict[str, Text] | None = Field(default=None, examples=['{ 1 = "parent", 2 = "metabolite" }'])
    phase: Literal["single-dose", "multi-dose"] | None = None
    scenario: Text | None = Field(default=None, examples=['"scenario.toml"'])
    analyte: Text | None = None
    lloq: Text | None = Field(default=None, examples=['"0.1 mg/L"'])
    proportional: Text | None = Field(default=None, examples=['"10 %"'])


class PriorTable(StrictTable):
    """``prior`` of a parameter: mean and coefficient of variation."""

    mean: Text = Field(examples=['"1.1 L/h"'])
    cv: Text = Field(examples=['"30 %"'])


class ParameterTable(StrictTable):
    """``[parameter.<name>]``: a number that is estimated, held, or follows from others."""

    path: Text | list[Text] | None = Field(default=None, examples=['"carbamazepine.elimination.clearance"'])
    initial: Text | None = Field(default=None, examples=['"1.1 L/h"'])
    lower: Text | None = Field(default=None, examples=['"0.1 L/h"'])
    upper: Text | None = Field(default=None, examples=['"10 L/h"'])
    transform: Literal["log", "none"] = "log"
    shared: Literal["all", "subject"] = "all"
    vary: bool = True
    expr: Text | None = Field(default=None, examples=['"clearance / volume"'])
    unit: Text | None = Field(default=None, examples=['"L/h"'])
    prior: PriorTable | None = None


class ResidualTable(StrictTable):
    """``[residual]``: how measured and predicted concentrations differ; the SDs are given where they are known."""

    model: Literal["additive", "proportional", "combined", "log"] = "additive"
    additive: Text | None = Field(default=None, examples=['"0.2 mg/L"'])
    proportional: Text | None = Field(default=None, examples=['"15 %"'])
    weights: Literal["none", "n", "sd"] = "none"
    below: Literal["leave out", "likelihood"] | None = None


class MethodTable(StrictTable):
    """``[method]``: how the optimum is sought."""

    name: Literal["least_squares", "leastsq", "nelder", "differential_evolution", "basinhopping"] = "least_squares"
    loss: Literal["linear", "soft_l1", "huber", "cauchy"] = "linear"
    starts: int = Field(default=1, ge=1, le=100)
    seed: int = Field(default=1, ge=0, le=2**31)


class IntervalTable(StrictTable):
    """``[interval]``: where the 95 % intervals come from."""

    method: Literal["covariance", "profile"] = "covariance"


class PosteriorTable(StrictTable):
    """``[posterior]``: sample it, by how many walkers and steps."""

    walkers: int = Field(default=32, ge=4, le=1000)
    steps: int = Field(default=2000, ge=100, le=1_000_000)
    burn: int = Field(default=500, ge=0, le=1_000_000)
    seed: int = Field(default=1, ge=0, le=2**31)


class FitTable(StrictTable):
    """A whole fit file."""

    title: Line = Field(examples=['"Theophylline by mouth"'])
    data: list[DataTable] = Field(min_length=1)
    parameter: dict[str, ParameterTable]
    residual: ResidualTable = Field(default_factory=ResidualTable)
    method: MethodTable = Field(default_factory=MethodTable)
    interval: IntervalTable = Field(default_factory=IntervalTable)
    posterior: PosteriorTable | None = None
