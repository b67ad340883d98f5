"""Long answers become wide ones."""

import pandas as pd
import pytest

from eriq.errors import SchemaError
from eriq.tables.long_answers import wide_answers


def long(*rows) -> pd.DataFrame:
    """Return (client, day, item, answer) rows."""
    return pd.DataFrame(rows, columns=["client_id", "answered_on", "item", "answer"], dtype="str")


def test_a_row_per_item_becomes_a_row_per_questionnaire(instrument):
    """Whatever the order and case of items; what nobody answered is a gap."""
    rows = [("a", "d1", "CW02", "2"), ("b", "d1", "cl11", "1"), ("a", "d1", "cl01", "5"), ("a", "d2", "cw02", "4")]
    wide, problems = wide_answers(long(*rows), instrument)
    assert problems == []
    named = wide[["client_id", "answered_on", "cw02", "cl01", "cl11"]].fillna("")
    assert named.to_numpy().tolist() == [["a", "d1", "2", "5", ""], ["b", "d1", "", "", "1"], ["a", "d2", "4", "", ""]]
    assert set(instrument.item_ids) <= set(wide.columns)


def test_a_note_on_one_answer_tears_nothing_apart(instrument):
    """Only what holds for the whole questionnaire makes it another one."""
    given = long(("a", "d1", "cw01", "2"), ("a", "d1", "cw02", "3")).assign(note=["x", "y"], job_centre="north")
    wide, _ = wide_answers(given, instrument)
    assert wide["job_centre"].tolist() == ["north"]
    assert "note" not in wide


def test_an_item_twice_and_items_nobody_knows_are_told(instrument):
    """The second answer to an item is told by its row, unknown items by their counts, no answer is repeated."""
    rows = [
        ("a", "d1", "cw01", "2"),
        ("a", "d1", "cw01", "SECRET-77"),
        *((f"c{n}", "d1", "cw99", "1") for n in range(5)),
    ]
    _, problems = wide_answers(long(*rows), instrument)
    text = " ".join(map(str, problems))
    assert "5 cell(s) of 1 unknown code: 'cw99' (5; 'cw" in text
    assert "same item of the same questionnaire as an earlier row in 1 row(s): 2" in text
    assert "SECRET" not in text


def test_a_file_without_items_is_refused(instrument):
    """A wide file that is called long lacks both columns."""
    with pytest.raises(SchemaError, match="column item is there 0 times"):
        wide_answers(pd.DataFrame({"client_id": ["a"], "answered_on": ["d"], "cw01": ["1"]}), instrument)
