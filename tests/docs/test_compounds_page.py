"""docs/compounds.md is what the library says today."""

from __future__ import annotations

import pytest

from docs.compounds import PAGE, page


@pytest.mark.compiled
def test_the_page_is_current() -> None:
    """The generated part holds the values of today; ``make compounds`` writes it anew."""
    assert PAGE.read_text("utf-8") == page()
