"""Cells as a text file would hold them."""

import datetime as dt

import pandas as pd
import pytest

from eriq.tables.cells import cell_text


@pytest.mark.parametrize(
    ("given", "text"),
    [
        (pd.Series([1.0, 2.5, None]), ["1", "2.5", None]),
        (pd.Series([1, None], dtype="Int8"), ["1", None]),
        (pd.Series([" a ", None], dtype="str"), ["a", None]),
        (pd.Series(pd.to_datetime(["2014-01-02", None])), ["2014-01-02", None]),
        (pd.Series([dt.date(2014, 1, 2), 3.0, 4, "x", None], dtype=object), ["2014-01-02", "3", "4", "x", None]),
        (pd.Series([dt.datetime(2014, 1, 2)], dtype=object), ["2014-01-02"]),
        (pd.Series(["b", None], dtype="category"), ["b", None]),
        (pd.Series([True, None], dtype="boolean"), ["True", None]),
    ],
)
def test_a_cell_is_the_same_whatever_kept_it(given, text):
    """Whole numbers have no point, days no midnight, and a gap stays one."""
    assert [None if pd.isna(cell) else cell for cell in cell_text(given)] == text
