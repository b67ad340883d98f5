"""Earlier answers of a declared source: the same score alone or in a batch, and nothing without them."""

from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from eriq.config import FileInput, FileOutput, ScoringJob
from eriq.errors import ConfigError, SchemaError
from eriq.features import WAVES, wave_columns
from eriq.features.matrix import to_matrix
from eriq.model.bundle import Bundle
from eriq.scoring.chunk import score_rows, usable_rows
from eriq.scoring.options import Options
from eriq.scoring.previous import previous_of
from eriq.simulation.cohort import simulate
from eriq.simulation.settings import load_simulation
from eriq.workflows.score import run, score_on_spark
from tests.scoring.conftest import save_small

TODAY = pd.Timestamp("2030-01-01").date()


@pytest.fixture(scope="module")
def bundle(tmp_path_factory: pytest.TempPathFactory) -> Bundle:
    """Save a model that also takes what earlier questionnaires give."""
    return save_small(tmp_path_factory.mktemp("models"), WAVES, refits=0, name="waves")


@pytest.fixture(scope="module")
def answers(bundle: Bundle) -> pd.DataFrame:
    """Return the answers of made-up people."""
    assert bundle.instrument
    return simulate(load_simulation("claim"), bundle.instrument, clients=60, seed=3).answers


def job(bundle: Bundle, folder: Path, previous: Path | None) -> ScoringJob:
    """Return a job on `batch.csv` of a folder."""
    return ScoringJob(
        version=1,
        name="waves",
        model=str(bundle.folder),
        source=FileInput(path=folder / "batch.csv"),
        sink=FileOutput(path=folder / "scores.csv"),
        previous=previous,
        today=TODAY,
    )


def test_columns_are_those_of_training(bundle: Bundle, answers: pd.DataFrame) -> None:
    """The matrix in scoring has the columns that training made from the whole table."""
    assert bundle.instrument
    usable = usable_rows(bundle, answers, TODAY, previous=answers)
    expected = wave_columns(answers, answers, bundle.instrument).iloc[usable.rows - 1].reset_index(drop=True)
    names = [f.name for f in bundle.features]
    place = [names.index(f.name) for f in WAVES]
    found = pd.DataFrame(usable.parts[0].matrix[:, place], columns=expected.columns)
    pd.testing.assert_frame_equal(found, to_matrix(expected, list(expected)), check_dtype=False)
    assert expected["setting.handover"].notna().any()


def test_a_row_scores_the_same_alone_and_in_a_batch(bundle: Bundle, answers: pd.DataFrame) -> None:
    """Only the declared answers count: who else is in the batch, or a client's other wave there, changes nothing."""
    half = answers[answers["answered_on"] <= answers["answered_on"].quantile(0.5)]
    options = Options(today=TODAY, previous=half)
    whole = score_rows(bundle, answers, options).scores.set_index("row")["log_odds"]
    every = usable_rows(bundle, answers, TODAY, previous=half)
    for place in range(0, len(answers), 11):
        alone = score_rows(bundle, answers.iloc[[place]], options).scores["log_odds"]
        assert alone.tolist() == whole[whole.index == place + 1].tolist()
        row = usable_rows(bundle, answers.iloc[[place]], TODAY, previous=half)
        if len(row.rows):  # the columns too: trees may cut none of them
            assert np.array_equal(
                row.parts[0].matrix[0], every.parts[0].matrix[every.rows == place + 1][0], equal_nan=True
            )


def test_later_answers_are_not_looked_at(bundle: Bundle, answers: pd.DataFrame) -> None:
    """Answers of the same day or later in previous change no score."""
    early = answers[answers["answered_on"] <= answers["answered_on"].quantile(0.4)]
    some = score_rows(bundle, early, Options(today=TODAY, previous=early)).scores
    pd.testing.assert_frame_equal(score_rows(bundle, early, Options(today=TODAY, previous=answers)).scores, some)


def test_nothing_declared_is_an_error_that_says_what_to_do(bundle: Bundle, answers: pd.DataFrame) -> None:
    """Neither a table nor a job is scored by a model that needs earlier answers and has none."""
    with pytest.raises(ConfigError, match=r"uses 5 column.*declare their file as previous:"):
        score_rows(bundle, answers, Options(today=TODAY))


def test_a_job_reads_its_previous_file(bundle: Bundle, answers: pd.DataFrame, tmp_path: Path) -> None:
    """A file in gives the scores of the table; its digest is in the manifest; without it the job ends at once."""
    last = answers["answered_on"] > answers["answered_on"].quantile(0.6)
    answers[last].to_csv(tmp_path / "batch.csv", index=False)
    answers[~last].to_csv(tmp_path / "before.csv", index=False)
    with pytest.raises(ConfigError, match="previous:"):
        run(job(bundle, tmp_path, None))
    with pytest.raises(ConfigError, match="--engine spark looks at no earlier answers"):
        score_on_spark(job(bundle, tmp_path, tmp_path / "before.csv"))
    assert not (tmp_path / "scores.csv").exists()

    run(job(bundle, tmp_path, tmp_path / "before.csv"))

    expected = score_rows(bundle, answers[last], Options(today=TODAY, previous=answers[~last])).scores
    found = pd.read_csv(tmp_path / "scores.csv")
    assert found["probability"].to_numpy() == pytest.approx(expected["probability"].to_numpy(), abs=1e-9)
    assert "previous/answers" in next(tmp_path.glob("scores*manifest.json")).read_text()


def test_a_broken_previous_file_is_refused(bundle: Bundle, answers: pd.DataFrame, tmp_path: Path) -> None:
    """A row that breaks the contract refuses the file, as no row of the batch can answer for it."""
    answers.assign(cw01=99).to_csv(tmp_path / "before.csv", index=False)
    with pytest.raises(SchemaError, match="cw01"):
        previous_of(job(bundle, tmp_path, tmp_path / "before.csv"), bundle, TODAY)
