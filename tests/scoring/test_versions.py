"""Scoring answers to another version or questionnaire: each row by its own, the rest set aside."""

from pathlib import Path

import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from eriq.errors import InstrumentError
from eriq.instrument.instrument import load_instrument
from eriq.model.bundle import Bundle
from eriq.scoring.chunk import score_rows
from eriq.scoring.columns import wanted_columns
from eriq.scoring.frame import score_frame
from eriq.scoring.options import Options
from eriq.workflows.score import job_of, run
from tests.scoring.conftest import Backlog, read_both, run_on, save_small

ERIQ22, SV = load_instrument("eriq22"), load_instrument("eriq-sv")
ALONE = [item for item in ERIQ22.item_ids if item not in SV.item_ids]


@pytest.fixture(scope="module")
def sv_bundle(tmp_path_factory: pytest.TempPathFactory) -> Bundle:
    """Save a model that reads the 14 items of the shorter variant."""
    return save_small(tmp_path_factory.mktemp("models"), refits=0, name="sv", asked="eriq-sv")


def test_answers_to_the_long_form_serve_a_model_of_the_short_one(
    sv_bundle: Bundle, backlog: Backlog, tmp_path: Path
) -> None:
    """22 answers give what the 14 of them give that the model asks for; the score says what was answered."""
    frame = backlog(30)
    own = score_rows(sv_bundle, frame.drop(columns=ALONE), Options()).scores
    scores, rejected = read_both(run_on(frame.assign(instrument=ERIQ22.label), sv_bundle, tmp_path))
    assert len(rejected) == 0
    assert scores["log_odds"].tolist() == pytest.approx(own["log_odds"].tolist(), abs=1e-12)
    assert set(scores["instrument"]) == {"eriq22 2.0.0"}
    assert set(own["instrument"]) == {"eriq-sv 2.0.0"}


def test_answers_to_the_short_form_serve_a_model_of_the_long_one(
    small_bundle: Bundle, backlog: Backlog, tmp_path: Path
) -> None:
    """14 answers give what 22 give of which the other eight were not asked, in a file without those columns."""
    frame = backlog(30)
    asked = score_rows(small_bundle, frame.assign(**dict.fromkeys(ALONE, "-1")), Options()).scores
    given = frame.drop(columns=ALONE)
    scores, rejected = read_both(run_on(given, small_bundle, tmp_path, answers_to=SV.label))
    assert len(rejected) == 0
    assert scores["log_odds"].tolist() == pytest.approx(asked["log_odds"].tolist(), abs=1e-12)
    assert scores["partial"].all()
    assert set(scores["instrument"]) == {"eriq-sv 2.0.0"}


def test_a_batch_may_hold_several_versions(small_bundle: Bundle, backlog: Backlog, tmp_path: Path) -> None:
    """Each row by its own version, in any chunk; one that nobody accepts is set aside with a code, and with no more."""
    frame = backlog(9).assign(instrument=[ERIQ22.label, SV.label, "eriq22 3.0.0"] * 3)
    made = []
    for chunk_rows in (1, 4, 100):
        scores, rejected = read_both(run_on(frame, small_bundle, tmp_path, chunk_rows=chunk_rows))
        assert scores["instrument"].tolist() == [ERIQ22.label, SV.label] * 3
        assert rejected["row"].tolist() == [3, 6, 9]
        assert set(rejected["code"]) == {"instrument:not_accepted"}
        assert rejected["reason"].str.contains("eriq22 2.0.0, eriq-sv 2.0.0, eriq22 1.0.0").all()
        made.append(scores)
    pd.testing.assert_frame_equal(made[0], made[1])
    pd.testing.assert_frame_equal(made[0], made[2])


def test_too_little_of_the_first_version_is_left(small_bundle: Bundle, backlog: Backlog) -> None:
    """Seven items of 1.0.0 still ask the same: fewer than a forecast needs, so the row is set aside and says so."""
    found = score_frame(small_bundle, backlog(2).assign(instrument="eriq22 1.0.0"), Options())
    assert set(found["code"]) == {"caseworker:too_few_answers; client:too_few_answers"}


def test_the_metadata_of_a_file_count_as_its_column(small_bundle: Bundle, backlog: Backlog, tmp_path: Path) -> None:
    """A Parquet file that names the short form in its metadata is read as such."""
    table = pa.Table.from_pandas(backlog(4).drop(columns=ALONE), preserve_index=False)
    pq.write_table(table.replace_schema_metadata({"eriq.instrument": SV.label}), tmp_path / "given.parquet")
    scores, _ = read_both(run(job_of(str(small_bundle.folder), tmp_path / "given.parquet", tmp_path / "out.csv")))
    assert scores["instrument"].tolist() == [SV.label] * 4


def test_a_declared_version_that_is_not_accepted_ends_the_job(
    sv_bundle: Bundle, backlog: Backlog, tmp_path: Path
) -> None:
    """Before any row is read, with what would be accepted."""
    with pytest.raises(InstrumentError, match=r"it accepts eriq-sv 2\.0\.0, eriq22 2\.0\.0"):
        run_on(backlog(3), sv_bundle, tmp_path, answers_to="other 1.0.0")


def test_a_job_reads_the_columns_of_what_it_accepts(sv_bundle: Bundle, small_bundle: Bundle) -> None:
    """The version and both days of a belief are read; other items only where their names differ from ours."""
    assert {"instrument", "belief_recorded_on", "score_shown_on"} <= wanted_columns(small_bundle).names
    assert not set(ALONE) & wanted_columns(sv_bundle).names


def test_a_belief_recorded_after_a_score_is_flagged(small_bundle: Bundle, backlog: Backlog, tmp_path: Path) -> None:
    """The row is scored, and says that the belief was written down when a score had been shown."""
    days = {"belief_recorded_on": ["2015-03-01", "2015-03-05", ""], "score_shown_on": ["2015-03-03"] * 3}
    scores, _ = read_both(run_on(backlog(3).assign(**days), small_bundle, tmp_path))
    assert scores["belief_after_score"].tolist() == [False, True, False]
