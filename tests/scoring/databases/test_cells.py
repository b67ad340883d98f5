"""Cells of a database as columns, and back."""

import datetime as dt

import pandas as pd

from eriq.scoring.databases.cells import frame_of, records


def test_cells_keep_what_the_database_holds() -> None:
    """2**53 + 1 beside a gap stays whole; 0.10 stays a decimal; days stay days."""
    big, day = 2**53 + 1, dt.date(2020, 1, 2)
    frame = frame_of([(big, 0.5, True, day, "é"), (None, None, None, None, None)], ["i", "f", "b", "d", "t"])
    assert frame["i"].tolist() == [big, pd.NA]
    assert frame.dtypes.astype(str).tolist() == ["Int64", "Float64", "boolean", "object", "str"]
    assert frame["d"].tolist()[0] == day
    assert frame_of([(2**70,)], ["i"])["i"].tolist() == [2**70]
    assert frame_of([], ["a", "b"]).columns.tolist() == ["a", "b"]


def test_half_a_surrogate_pair_is_stored_as_a_question_mark() -> None:
    """No database takes it, and a rejected row may hold it."""
    assert records(pd.DataFrame({"t": ["a\ud800b"]}, dtype=object)) == [{"t": "a?b"}]
