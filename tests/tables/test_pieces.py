"""Tables written piece by piece are those written whole, and none of them is there before all are complete."""

import pandas as pd
import pytest

from eriq.errors import OutputError
from eriq.tables.files import read_table, write_table
from eriq.tables.pieces import write_pieces

FRAME = pd.DataFrame(
    {
        "client_id": pd.array([*"abcde"], dtype="str"),
        "on": pd.to_datetime(["2015-01-01", None, "2016-02-29", None, None]).as_unit("us"),
        "hours": pd.array([1, None, 30, None, None], dtype="Float64"),
        "note": pd.array([None] * 5, dtype="str"),
    }
)


@pytest.mark.parametrize("suffix", ["csv", "parquet"])
@pytest.mark.parametrize("size", [1, 2, 5])
def test_pieces_of_any_size_make_the_same_table(tmp_path, suffix, size):
    """Rows, types and gaps are those of the table written at once, also where a column of a piece is empty."""
    pieces = ({"t": FRAME.iloc[at : at + size]} for at in range(0, 5, size))
    assert write_pieces(pieces, {"t": tmp_path / f"t.{suffix}"}) == {"t": 5}
    write_table(FRAME, tmp_path / f"whole.{suffix}")
    pd.testing.assert_frame_equal(read_table(tmp_path / f"t.{suffix}"), read_table(tmp_path / f"whole.{suffix}"))
    assert suffix != "csv" or (tmp_path / "t.csv").read_bytes() == (tmp_path / "whole.csv").read_bytes()
    assert (tmp_path / f"t.{suffix}").stat().st_mode & 0o077 == 0


def test_nothing_is_there_when_a_piece_fails(tmp_path):
    """What was written before the failure, of any table, is taken away; a table that is there stays."""

    def pieces():
        yield {"a": FRAME, "b": FRAME}
        raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        write_pieces(pieces(), {"a": tmp_path / "a.csv", "b": tmp_path / "b.parquet"})
    assert list(tmp_path.iterdir()) == []
    (tmp_path / "b.csv").write_text("mine")
    with pytest.raises(OutputError, match="is there already"):
        write_pieces([{"a": FRAME}], {"a": tmp_path / "a.csv", "b": tmp_path / "b.csv"})
    assert [file.read_text() for file in tmp_path.iterdir()] == ["mine"]
    with pytest.raises(OutputError, match=r"writes \.csv and \.parquet"):
        write_pieces([], {"a": tmp_path / "a.xlsx"})
