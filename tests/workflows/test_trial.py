"""From a file of a trial to a page."""

import pandas as pd

from eriq.registry.tracking import connect
from eriq.workflows.trial import trial


def test_a_page_its_tables_and_a_run_are_written(tmp_path, monkeypatch, with_store):
    """The main differences stand in words, the page holds no cell of fewer than five people, tables lie beside it.

    MLflow has the same files, and nothing that lay beside them.
    """
    monkeypatch.chdir(with_store(tmp_path))
    monkeypatch.delenv("MLFLOW_TRACKING_URI", raising=False)
    (tmp_path / "out").mkdir()
    (tmp_path / "out" / "persons.csv").touch()
    said = trial("swedish-trial", tmp_path / "out")
    page = (tmp_path / "out" / "trial.html").read_text("utf-8")
    assert "SE - FS, work any, month 15: +" in said
    assert "SE - FS, work any, month 15: +" in page
    assert "built in" in page
    shares = pd.read_csv(tmp_path / "out" / "trial_shares.csv")
    assert not (shares["people_with"] < 5).any()
    files = {"trial.html", *(f"trial_{name}.csv" for name in ("arms", "answered", "balance", "contrasts", "shares"))}
    assert {p.name for p in (tmp_path / "out").iterdir()} == {*files, "persons.csv"}
    mlflow = connect()
    (run,) = mlflow.search_runs(search_all_experiments=True, output_format="list")
    assert run.data.tags["kind"] == "trial"
    assert run.data.tags["mlflow.note.content"] in said.replace("\n", " ")
    assert 0 < run.data.metrics["difference_SE_FS"] < 0.2
    assert {file.path for file in mlflow.MlflowClient().list_artifacts(run.info.run_id)} == files
