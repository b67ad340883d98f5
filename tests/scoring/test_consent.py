"""Consent is declared: a column that is there, or a word that none was collected."""

from pathlib import Path

import pandas as pd
import pytest

from eriq.errors import SchemaError
from eriq.model.bundle import Bundle
from eriq.scoring.chunk import score_rows
from eriq.scoring.options import Options
from eriq.workflows.score import job_of, run
from tests.scoring.conftest import Backlog, read_both, run_on


def test_answers_without_the_column_are_refused_unless_declared(
    tmp_path: Path, backlog: Backlog, small_bundle: Bundle
) -> None:
    """Nobody is scored because somebody forgot a column; `consent: not_collected` says that there is none."""
    frame = backlog(3).drop(columns="consent")
    with pytest.raises(SchemaError, match="consent: not_collected"):
        run_on(frame, small_bundle, tmp_path)
    assert not (tmp_path / "out.csv").exists()
    assert run_on(frame, small_bundle, tmp_path, consent="not_collected").scored == 3


@pytest.mark.parametrize("name", ["Consent", "consent ", "CONSENT", "cónsent", "con-sent"])
@pytest.mark.parametrize("ending", ["csv", "parquet", "xlsx"])
def test_a_name_almost_right_is_named(
    tmp_path: Path, backlog: Backlog, small_bundle: Bundle, ending: str, name: str
) -> None:
    """A header that differs in case, spaces, signs or accents is not passed over, also where none is required."""
    frame = backlog(3).rename(columns={"consent": name})
    file = tmp_path / f"a.{ending}"
    {"csv": frame.to_csv, "parquet": frame.to_parquet, "xlsx": frame.to_excel}[ending](file, index=False)
    job = job_of(str(small_bundle.folder), file, tmp_path / "out.csv", consent="not_collected")
    if name == "consent " and ending != "parquet":  # a blank at the end of a header is no part of it
        assert run(job).scored == 3
        return
    with pytest.raises(SchemaError, match="column number 4 is written otherwise than consent"):
        run(job)


def test_blank_is_not_consent(tmp_path: Path, backlog: Backlog, small_bundle: Bundle) -> None:
    """Of yes, no, blank, spaces and a word only the first is scored."""
    frame = backlog(5).assign(consent=["1", "0", "", " ", "yes"])
    scores, aside = read_both(run_on(frame, small_bundle, tmp_path))
    assert scores["row"].tolist() == [1]
    assert aside["code"].tolist() == ["consent:no_consent"] * 3 + ["consent:unreadable"]


def test_who_withdrew_is_not_scored(backlog: Backlog, small_bundle: Bundle) -> None:
    """A day of withdrawal takes out the person: with the row that names it, and with every other row."""
    frame = backlog(4).assign(consent_withdrawn_on=["", "2015-06-01", "", ""])
    frame.loc[2, ["client_id", "answered_on", "wave"]] = ["c2", "2015-02-01", "2"]
    scored = score_rows(small_bundle, frame, Options())
    assert scored.scores["client_id"].tolist() == ["c1", "c4"]
    assert scored.rejected["code"].tolist() == ["consent_withdrawn_on:withdrawn"] * 2


def test_a_withdrawal_that_cannot_be_read_is_no_consent(backlog: Backlog, small_bundle: Bundle) -> None:
    """Whatever stands there, the row is not scored."""
    frame = backlog(2).assign(consent_withdrawn_on=["", "last summer"])
    rejected: pd.DataFrame = score_rows(small_bundle, frame, Options()).rejected
    assert rejected["code"].tolist() == ["consent_withdrawn_on:unreadable"]
