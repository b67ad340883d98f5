"""The pages on raters, from tables."""

import numpy as np
import pandas as pd
import pytest

from eriq.instrument.instrument import Instrument
from eriq.raters.body import body_tables, ratio_table
from eriq.raters.page import About, Naming, belief_found, belief_page, dots, raters_found, raters_page
from eriq.tables.results import Results, as_result
from tests.raters.test_body import drawn


@pytest.fixture(scope="module")
def tables() -> Results:
    """Return what is said of made-up raters, once."""
    rows = drawn()
    expected = np.full(len(rows), 0.12)
    return {**body_tables(rows, ("cw01",), expected), **ratio_table(rows, expected)}


def test_estimates_stand_where_their_numbers_are() -> None:
    """Of -1 to 3 with a line at 0: the line at a quarter, 1 in the middle, a band of half on either side."""
    table = pd.DataFrame(
        {"estimate": [1.0, np.nan], "low": [-1.0, np.nan], "high": [3.0, np.nan], "why_not": ["", "few"]}
    )
    drawn_ = dots(table, ["a", "b"], line=0.0, band=0.5)
    assert (drawn_.line, drawn_.band) == (25.0, (12.5, 25.0))
    first, second = drawn_.rows
    assert (first.at, first.left, first.width) == (50.0, 0.0, 100.0)
    assert (second.there, second.words) == (False, "few")


def test_the_page_says_what_was_found_and_whether_anybody_is_named(tables: Results, instrument: Instrument) -> None:
    """Sentences have the numbers of the tables; naming stands on the page with its reason, only where it was used."""
    about = About("c", instrument, "a job", "")
    found = raters_found(tables)
    share = tables["rater_shares"].set_index("item").loc["belief", "estimate"]
    assert f"{100 * share:.1f}\N{NO-BREAK SPACE}%" in found[0]
    ratio = tables["rater_ratios"]["estimate"].iloc[0]
    assert any(f"{ratio:.2f} times" in sentence for sentence in found)
    plain = raters_page(tables, about, None, "a job soon")
    assert "holds no names" in plain
    assert "a job soon" in plain
    assert "-20 %" in plain
    named = raters_page(tables, about, Naming("how we each read the scale", 71, 3, 10), "a job soon")
    assert "holds no names" not in named
    assert "Naming was used (how we each read the scale)" in named
    assert "&lt;5 with fewer than 10 clients" in named


def test_a_verdict_without_a_number_has_no_picture(instrument: Instrument) -> None:
    """The page of belief draws an estimate with its band, and nothing where it cannot be told."""
    about = About("c", instrument, "a job", "")
    line = {"estimate": 0.03, "low": 0.01, "high": 0.05, "margin": 0.02, "strength": 50.0, "n": 500, "caseworkers": 40}
    told = {"belief_within": as_result("belief_within", pd.DataFrame([{**line, "verdict": "shown", "why": ""}]))}
    assert belief_found(told) == "Shown: +3.0 percentage points (+1.0 to +5.0)."
    assert 'class="band"' in belief_page(told, about)
    gaps = dict.fromkeys(("estimate", "low", "high", "margin"), np.nan)
    none = pd.DataFrame([{**line, **gaps, "verdict": "cannot tell", "why": "caseworkers hardly differ"}])
    silent = {"belief_within": as_result("belief_within", none)}
    assert belief_found(silent) == "Cannot tell: caseworkers hardly differ."
    assert 'class="dots"' not in belief_page(silent, about)
