"""Estimates of what cannot exceed a whole end there: a bioavailability, also beside a clearance, and a fraction."""

from __future__ import annotations

from csv import DictReader
from pathlib import Path

import numpy as np
import pytest
from fit_files import DATA, TIMES, bateman, command, csv, fitted, parameter, values, written
from runs import drug, oral, pathway

pytestmark = pytest.mark.compiled

FREE = parameter("f")
"""F with the bounds that the program chooses."""

RECORDS = '[[data]]\nrecords = "records.csv"\ndrug = "drug.toml"\nunit = "mg/L"\n'
STIRRED = drug(
    "drug-x",
    pathway("first", 1.0, "CYP3A4"),
    '[binding]\nfraction_unbound = "0.2"\nblood_to_plasma = "1"\n',
    oral(1.0, 0.2),
    clearance="30 L/h",
    liver="well-stirred",
)
"""A drug whose liver lets through Fh = 1 - CL/90 of a dose."""


@pytest.mark.parametrize("method", ["least_squares", "leastsq"])
@pytest.mark.parametrize("source", ["levels", "records"])
def test_a_bioavailability_ends_where_all_is_absorbed(source: str, method: str, tmp_path: Path) -> None:
    """Levels 1.3 times those of a whole dose: F 1, said to lie at its bound; levels 0.7 times: F 0.7 (closed form)."""
    found = []
    for share in (1.3, 0.7):
        seen = share * bateman(TIMES)
        rows = [(0, 100, "."), *((t, 0, y) for t, y in zip(TIMES, seen, strict=True))]
        files = {"records.csv": csv(rows, "TIME,AMT,DV")}
        data = {"records": RECORDS, "levels": DATA}[source]
        levels = csv(zip(TIMES, seen, strict=True))
        found.append(fitted(tmp_path, data, FREE, f'[method]\nname = "{method}"\n', levels=levels, files=files))

    high, low = found
    assert values(high)["f"] == pytest.approx(1, rel=1e-6)
    assert any("f lies at its upper bound" in text for text in high.warnings)
    assert values(low)["f"] == pytest.approx(0.7, rel=1e-6)
    assert low.warnings == ()


@pytest.mark.parametrize("free", ["", parameter("clearance", initial=30.0)], ids=["alone", "with clearance"])
def test_a_first_pass_leaves_room_for_less(free: str, tmp_path: Path) -> None:
    """A well-stirred liver lets through Fh = 1 - CL/90: F ends there, also while the clearance moves; exit status 0."""
    seen = bateman(TIMES, clearance=30.0) * 0.95
    tables = parameter("f", initial=0.2) + free
    path = written(tmp_path, DATA, tables, levels=csv(zip(TIMES, seen, strict=True)), files={"drug.toml": STIRRED})

    done = command("fit", path, "--out", tmp_path / "out", "--no-figure")

    assert done.exit_code == 0, done.output
    with (tmp_path / "out/estimates.csv").open(encoding="utf-8", newline="") as file:
        rows = {row["parameter"]: float(row["estimate"]) for row in DictReader(file)}
    most = 1 - rows.get("clearance", 30.0) / 90
    assert rows["f"] == pytest.approx(most, rel=2e-3)
    assert "f lies at its upper bound" in done.stdout


def test_a_bioavailability_that_begins_too_high_is_refused(tmp_path: Path) -> None:
    """F 0.9 where the liver lets through two thirds: exit status 2, with the most that is possible."""
    path = written(tmp_path, DATA, parameter("f", initial=0.9), files={"drug.toml": STIRRED})

    done = command("fit", path, "--out", tmp_path / "out")

    assert done.exit_code == 2
    assert "parameter.f.initial  is above 0.6667" in done.stderr
    assert not (tmp_path / "out").exists()


def test_a_bound_of_the_fit_file_stands(tmp_path: Path) -> None:
    """upper = "0.6" is kept, below what the body allows."""
    levels = csv(zip(TIMES, bateman(TIMES), strict=True))

    group = fitted(tmp_path, DATA, parameter("f", 'upper = "0.6"'), levels=levels)

    assert values(group)["f"] == pytest.approx(0.6, rel=1e-6)


def test_a_share_of_a_pathway_ends_at_the_whole(tmp_path: Path) -> None:
    """A yield with default bounds: more metabolite than parent lost makes it 1 and no more (closed form below)."""
    made = drug("drug-x", pathway("conversion", 1.0, "", 'forms = "product"', 'yield = "0.5"'))
    made = made.split("[absorption")[0].replace('formulation = "oral"\n', "")
    product = (
        drug("product", volume="20 L", mass="300 g/mol").split("[absorption")[0].replace('formulation = "oral"\n', "")
    )
    k, km = 0.1, 0.25
    formed = 100 * k / 20 * (np.exp(-k * TIMES) - np.exp(-km * TIMES)) / (km - k)
    data = RECORDS.replace('"drug.toml"', '["drug.toml", "product.toml"]') + 'analyte = "product"\n'
    tables = '[parameter.share]\npath = "drug-x.elimination.pathway.conversion.yield"\ninitial = "0.5"\n'
    for share, expected in ((0.8, 0.8), (1.4, 1.0)):
        rows = [(0, 100, "."), *((t, 0, y) for t, y in zip(TIMES, share * formed, strict=True))]
        files = {"drug.toml": made, "product.toml": product, "records.csv": csv(rows, "TIME,AMT,DV")}

        group = fitted(tmp_path, data, tables, files=files)

        assert values(group)["share"] == pytest.approx(expected, rel=1e-6)
