"""The folder of a look at a questionnaire."""

from pathlib import Path

import pandas as pd
import pytest

from eriq.errors import OutputError
from eriq.instrument.instrument import Instrument
from eriq.psychometrics.files import write_quality
from eriq.psychometrics.page import About


def test_small_counts_are_hidden_wherever_they_are_written(small: Instrument, tmp_path: Path) -> None:
    """Three straight lines of 500, and a pattern of three people with its company, are in no table and on no page."""
    quality = {"half": ["client"], "measure": ["straight_line"], "n": [500], "people_with": [3], "share": [0.006]}
    patterns = {"unanswered": ["nothing", "cl1", "cl2"], "n": [460, 37, 3], "share": [0.92, 0.074, 0.006]}
    tables = {
        "response_quality": pd.DataFrame({**quality, "why": [""]}),
        "missing_patterns": pd.DataFrame(patterns),
    }
    page, cleared = write_quality(tmp_path / "out", tables, About("x", small, 500, 500, "", ""))
    assert cleared["response_quality"][["people_with", "share"]].isna().all(axis=None)
    assert cleared["missing_patterns"]["n"].isna().tolist() == [False, True, True]
    written = (tmp_path / "out" / "tables" / "missing_patterns.csv").read_text()
    assert "0.074" not in written
    assert "0.006" not in written
    assert "0.6" not in page.read_text().split("Patterns in answers")[1].split("</table>")[0]


def test_a_folder_that_cannot_be_made_is_told(small: Instrument, tmp_path: Path) -> None:
    """A file in the way is an output error."""
    (tmp_path / "file").touch()
    with pytest.raises(OutputError, match="cannot be written"):
        write_quality(tmp_path / "file" / "out", {}, About("x", small, 1, 1, "", ""))
