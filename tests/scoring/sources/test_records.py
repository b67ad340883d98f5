"""Where records end: by quotes alone, the same for every reader."""

import csv
import io

import pytest
from hypothesis import given
from hypothesis import strategies as st

from eriq.errors import SourceError
from eriq.scoring.sources.records import Records, ends_of, records_of, split

CELLS = st.text(st.sampled_from('ab",;\n\r\t\0 '), max_size=6)
ROWS = st.lists(st.lists(CELLS, min_size=2, max_size=3), min_size=1, max_size=6)


@given(rows=ROWS, delimiter=st.sampled_from(",;\t"), end=st.sampled_from(["\n", "\r\n", "\r"]))
def test_what_a_writer_quotes_is_read_as_it_was(rows: list[list[str]], delimiter: str, end: str) -> None:
    """Any cells, written by Python's writer, end where they were written to end, and come back one by one."""
    text = io.StringIO(newline="")
    writer = csv.writer(text, delimiter=delimiter, lineterminator=end, quoting=csv.QUOTE_ALL)
    stops = []
    for row in rows:
        writer.writerow(row)
        stops.append(len(text.getvalue()))
    body = text.getvalue().encode()
    found = ends_of(body, delimiter)
    assert found is not None
    ends, inside = found
    assert not inside
    assert set(stops) <= {int(k) for k in ends} <= set(stops) | {stop - 1 for stop in stops}  # both of \\r and \\n
    assert [cells for _, cells in split(body, delimiter, "a.csv").cells] == rows


@pytest.mark.parametrize("body", [b'a"b"\n', b'"a"b\n', b'"a" ,b\n', b',""x\n', b'"a""b\n"c\n'])
def test_a_quote_out_of_place_is_noticed(body: bytes) -> None:
    """A quote within a bare cell, and anything between a closing quote and the border of its cell."""
    assert ends_of(body, ",") is None


def test_blocks_of_good_text_come_as_they_stand() -> None:
    """No cell of a block without damage is looked at here."""
    assert list(records_of(iter([b'a,"b\n', b'c"\nd', b""]), ",", "a.csv")) == [Records(b'a,"b\nc"\n'), Records(b"d")]


def test_the_line_of_an_open_quote_is_counted_from_the_first_of_the_file() -> None:
    """Lines within cells count as lines of the file, as an editor shows them."""
    with pytest.raises(SourceError, match="line 6"):
        list(records_of(iter([b'a,"b\nc"\n', b'd,e\nf,"g\n', b""]), ",", "a.csv", 3))
