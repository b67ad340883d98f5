"""Cells of a text file: none that a spreadsheet would run, and no two that become one."""

import re

import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st

from eriq.scoring.sinks.arrow import as_text

CELLS = st.text(st.sampled_from("=+-@\uff1d\uff0b\uff0d\uff20';\t\r\n,a1 "), max_size=6)


def safe(cells: list[str]) -> list[str]:
    """Return cells as a text file holds them, the same as words that are kept once."""
    given = pa.array(cells, pa.string())
    made = as_text(pa.table({"plain": given, "words": given.dictionary_encode()})).to_pydict()
    assert made["plain"] == made["words"]
    return list(made["plain"])


@pytest.mark.parametrize("sign", ["=", "+", "-", "@", "\uff1d", "\uff0b", "\uff0d", "\uff20"])
@pytest.mark.parametrize("before", ["", ";", "x;", "\t", "x\t", "\r", "x\n"])
def test_no_part_of_a_cell_begins_a_formula(before: str, sign: str) -> None:
    """Also where a spreadsheet of another country takes a semicolon or tab for the end of a cell."""
    (made,) = safe([f"{before}{sign}1+1"])
    assert not any(part.startswith(sign) for part in re.split(r"[;\t\r\n]", made))
    assert made[0] not in ";\t\r\n"


@given(cells=st.lists(CELLS, min_size=2, max_size=20, unique=True))
def test_two_ids_never_become_one(cells: list[str]) -> None:
    """An id that begins with an apostrophe is not that of another person after the guard."""
    assert len(set(safe(cells))) == len(cells)


def test_other_cells_stay_as_they_are() -> None:
    """Names, days, words and codes are not touched."""
    cells = ["c1", "Anna-Lena", "2015-03-01", "a; b", "O'Brien", "x=1", "", "1;2"]
    assert safe(cells) == cells
