"""What may stand in the log, row by row, and what training gets of it."""

import datetime as dt
from pathlib import Path

import pandas as pd
import pytest

from eriq.config import Decisions
from eriq.decisions.entries import as_entries, as_frame, check_entries, exposures_of, read_scores
from eriq.errors import SchemaError

TODAY = dt.date(2026, 2, 1)
CONFIG = Decisions.model_validate(
    {
        "version": 1,
        "name": "centre",
        "log": "log.jsonl",
        "scores": ["scores.csv"],
        "decisions": {"offer": "support is offered", "talk": "a further talk"},
        "roles": {"caseworker": "caseworker", "client": "client"},
        "reasons": {"news": "something new"},
    }
)
GOOD = {
    "client_id": "SECRET-77",
    "answered_on": "2026-01-01",
    "happened_on": "2026-01-05",
    "by": "caseworker",
    "decision": "offer",
    "beside_score": "followed",
}


@pytest.fixture
def scores(tmp_path: Path) -> pd.DataFrame:
    """Return one score."""
    row = {"client_id": "SECRET-77", "answered_on": "2026-01-01", "model": "demo-1"}
    pd.DataFrame([row]).to_csv(tmp_path / "scores.csv", index=False)
    return read_scores([tmp_path / "scores.csv"])


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"decision": "SECRET-77"}, "allowed: offer, talk"),
        ({"by": "SECRET-77"}, "allowed: caseworker, client"),
        ({"by": None}, "needs the role"),
        ({"decision": None}, "needs what was decided"),
        ({"beside_score": "departed"}, "needs a reason where it departs"),
        ({"happened_on": "2025-12-31"}, "before the questionnaire was answered"),
        ({"happened_on": "2026-02-02"}, "in the future"),
        ({"event": "exposure"}, "only a decision decides"),
        ({"event": "exposure", "decision": None}, "needs the day the score was shown"),
        ({"name": "SECRET-77"}, "is not known"),
    ],
)
def test_a_row_that_breaks_a_rule_is_told_without_its_values(change: dict[str, str | None], words: str) -> None:
    """Every rule says what is wrong and in which row."""
    with pytest.raises(SchemaError, match=words) as why:
        check_entries(pd.DataFrame([{**GOOD, **change}]), CONFIG, TODAY)
    assert "SECRET" not in str(why.value)


def test_a_decision_for_a_score_that_does_not_exist_is_refused(scores: pd.DataFrame) -> None:
    """Another day, or another client, than any row of the score files."""
    for change in ({"client_id": "nobody"}, {"answered_on": "2025-12-31"}):
        found = check_entries(pd.DataFrame([{**GOOD, **change}]), CONFIG, TODAY)
        with pytest.raises(SchemaError, match="no score of this client and day"):
            as_entries(found, scores, ())


def test_an_entry_names_the_model_and_the_file_of_its_score(scores: pd.DataFrame) -> None:
    """The digest of the score file goes into the log; the same row twice does not."""
    found = check_entries(pd.DataFrame([GOOD]), CONFIG, TODAY)
    (entry,) = as_entries(found, scores, ())
    assert entry["model"] == "demo-1"
    assert len(entry["scores"]) == 64
    assert entry["event"] == "decision"
    with pytest.raises(SchemaError, match="stands in the log"):
        as_entries(found, scores, [entry])


def test_a_file_that_is_no_score_file_is_named(tmp_path: Path) -> None:
    """The columns it lacks are told."""
    (tmp_path / "x.csv").write_text("client_id\n1\n")
    with pytest.raises(SchemaError, match="no column answered_on, model"):
        read_scores([tmp_path / "x.csv"])


def test_exposures_take_the_earliest_score_and_the_latest_belief(scores: pd.DataFrame) -> None:
    """Two entries of one wave become one row; notes never leave the log."""
    rows = [
        {**GOOD, "note": "xyzzy", "belief_recorded_on": "2026-01-02", "score_shown_on": "2026-01-03"},
        {**GOOD, "decision": "talk", "belief_recorded_on": "2026-01-04"},
    ]
    frame = as_frame(as_entries(check_entries(pd.DataFrame(rows), CONFIG, TODAY), scores, ()), CONFIG)
    (row,) = exposures_of(frame).astype("str").to_dict("records")
    assert (row["belief_recorded_on"], row["score_shown_on"]) == ("2026-01-04", "2026-01-03")
    assert "note" not in frame
