"""What MLflow is told of a training, and what its pages are made from."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from tests.registry import made_up

from eriq.registry.tracking import connect
from eriq.registry.training_run import log_training
from eriq.source import source_digest


@pytest.fixture(scope="module")
def client(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Any]:
    """Log the made-up training into a store of its own, and give a client of it."""
    with pytest.MonkeyPatch.context() as patch:
        patch.chdir(tmp_path_factory.mktemp("store"))
        patch.delenv("MLFLOW_TRACKING_URI", raising=False)
        log_training(made_up.finished(Path("mlruns/reports/made-up")))
        yield connect().MlflowClient()


@pytest.fixture(scope="module")
def runs(client: Any) -> dict[str, Any]:
    """Return the runs by name."""
    experiment = client.get_experiment_by_name("made-up").experiment_id
    return {run.info.run_name: run for run in client.search_runs([experiment])}


def test_a_training_lasts_as_long_as_it_took_and_so_do_its_contenders(runs) -> None:
    """The training began three minutes before it was logged: no run shows the second that logging takes."""
    minutes = {name: (run.info.end_time - run.info.start_time) / 60_000 for name, run in runs.items()}

    assert len(minutes) == 3
    assert all(3 <= took < 4 for took in minutes.values())


def test_each_run_says_in_words_what_it_is(runs) -> None:
    """Contender, AUC with interval and verdict are tags that the table shows; chosen one and baseline say so."""
    told = {name: run.data.tags for name, run in runs.items()}

    assert told[made_up.WITH]["contender in words"] == "Questionnaire · ridge logistic"
    assert told[made_up.WITH]["AUC with interval"] == "0.860 (0.840 to 0.880)"
    assert told[made_up.WITH]["verdict"] == "chosen; AUC +0.100 (+0.050 to +0.150) against baseline"
    assert told[made_up.WITHOUT]["verdict"].startswith("baseline")
    assert told[made_up.WITHOUT]["AUC with interval"] == "0.640 (0.600 to 0.680)"
    parent = told[f"made-up: {made_up.WITH}"]
    assert parent["verdict"] == "Gain shown, small."
    assert {tags["outcome"] for tags in told.values()} == {"job entry within 12 months"}
    assert made_up.SENTENCE in parent["mlflow.note.content"]
    assert "812 questionnaires of 400 people" in parent["mlflow.note.content"]
    assert "Not for sanctions" in parent["mlflow.note.content"]


def test_intervals_are_a_figure_and_not_bars(client, runs) -> None:
    """A contender has one number a measure; the ends of its interval are drawn, beside the other contenders."""
    run = runs[made_up.WITH]

    assert set(run.data.metrics) == {"auc", "auc_gain", "calibration_slope", "log_loss"}
    parent = runs[f"made-up: {made_up.WITH}"].info.run_id
    assert f"get-artifact?path=intervals%2F0.svg&run_uuid={parent}" in run.data.tags["mlflow.note.content"]
    drawn = Path(client.download_artifacts(parent, "intervals/0.svg")).read_text("utf-8")
    assert "0.860 (0.840 to 0.880)" in drawn
    assert drawn.count("<circle") == 3
    assert drawn.count('stroke="#b9b2a4"') == 3  # the other contender, once a measure


def test_data_are_told_by_digest_and_counts_alone(runs) -> None:
    """Two tables as datasets of MLflow: no path, no column, no row."""
    datasets = {given.dataset.name: given.dataset for given in runs[f"made-up: {made_up.WITH}"].inputs.dataset_inputs}

    assert {name: dataset.digest for name, dataset in datasets.items()} == {"answers": "ab" * 18, "persons": "cd" * 18}
    assert datasets["answers"].profile == '{"num_rows": 812, "people": 400, "with the outcome": "120"}'
    assert datasets["answers"].schema is None
    assert datasets["answers"].source == '{"tags": {"mlflow.source.name": "eriq train"}}'


def test_every_run_names_the_code_that_made_it(runs) -> None:
    """Version of the package and digest of its files stand on the training and on each contender."""
    assert {run.data.tags["eriq.version"] for run in runs.values()} == {"0.1.0"}
    assert {run.data.tags["eriq.source"] for run in runs.values()} == {source_digest()}


def test_an_experiment_says_what_it_is_about(client) -> None:
    """Question, outcome, people and use, and the columns that the UI opens with."""
    tags = client.get_experiment_by_name("made-up").tags

    assert tags["mlflow.note.content"].startswith("Is it told in words? Outcome: job entry within 12 months.")
    assert tags["AUC with interval"] == "0.860 (0.840 to 0.880)"
    assert '"metrics.`log_loss`"' in tags["mlflow.sharedViewState.newest"]
