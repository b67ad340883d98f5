"""From a file of costs to a page."""

import pytest

from eriq.errors import OutputError
from eriq.workflows.costs import costs


def test_a_page_and_its_tables_are_written(tmp_path):
    """The page says the sentence in full, with the interval and that a forecast is no effect; tables lie beside it."""
    said = costs("swedish-trial", tmp_path / "out")
    page = (tmp_path / "out" / "costs.html").read_text("utf-8")
    for text in ("SE costs 4,428 SEK more per participant than FS", "come back: 9.3 (interval: 4.9 to 106.6)"):
        assert text in said
        assert text in page
    assert "A forecast says who, not what support does" in page
    assert {p.name for p in (tmp_path / "out").iterdir()} == {
        *("costs.html", "hours.csv", "time.csv", "per_participant.csv", "revenue.csv", "break_even.csv"),
    }
    with pytest.raises(OutputError, match="--overwrite"):
        costs("swedish-trial", tmp_path / "out")
