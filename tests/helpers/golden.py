"""Golden files of numbers: written with six digits, compared to 2e-5."""

from __future__ import annotations

import json
import math
from pathlib import Path
from typing import Any

import numpy as np
import pytest


def plain(value: Any) -> Any:
    """As JSON has it, numbers with six digits; what is no number is null, and infinity text."""
    if isinstance(value, np.ndarray):
        value = value.tolist()
    if isinstance(value, float):
        if math.isnan(value):
            return None
        return float(f"{value:.6g}") if math.isfinite(value) else str(value)
    if isinstance(value, dict):
        return {str(key): plain(part) for key, part in value.items()}
    return [plain(part) for part in value] if isinstance(value, (list, tuple)) else value


def write(told: Any, path: Path) -> None:
    path.parent.mkdir(exist_ok=True)
    path.write_text(json.dumps(plain(told), ensure_ascii=False) + "\n", "utf-8")


def compare(told: Any, path: Path) -> None:
    """Fails at the first place that differs."""
    _compare(plain(told), json.loads(path.read_text("utf-8")), path.stem)


def _compare(mine: Any, kept: Any, place: str) -> None:
    if isinstance(kept, dict):
        assert set(mine) == set(kept), place
        for key in kept:
            _compare(mine[key], kept[key], f"{place}.{key}")
    elif isinstance(kept, list):
        assert len(mine) == len(kept), place
        for n, part in enumerate(kept):
            _compare(mine[n], part, f"{place}[{n}]")
    elif isinstance(kept, float) and mine is not None:
        assert mine == pytest.approx(kept, rel=2e-5, abs=1e-9), place
    else:
        assert mine == kept, place
