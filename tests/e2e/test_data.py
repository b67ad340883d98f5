"""What is kept about people: who may read it, how long it stays, and how it goes."""

import os
import time
from pathlib import Path

import pandas as pd
import pytest

from tests.e2e.conftest import eriq

DAY = 86_400
# Aggregates, settings and what holds no person; all else is about people and readable by its owner alone.
READABLE = ("models", "mlruns/artifacts", "mlruns/reports", "mlruns/mlflow.db", "codebook")
CONFIG = """version: 1
name: small
question: Do the answers tell more than registers do?
source: {kind: simulated, preset: claim, clients: 300}
contenders: [{blocks: [register_basic, questionnaire], estimators: [logistic]}]
headline: {with: questionnaire, without: register_basic}
validation: {folds: 3}
intervals: {replicates: 50, refit_replicates: 0}
explain: {rows: 50, refits: 0, instability_refits: 0}
groups: null
"""


@pytest.fixture(scope="module")
def office(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Work as an office would, under a umask that hides nothing: train, simulate, score, features, pseudonyms."""
    folder = tmp_path_factory.mktemp("office")
    before = os.umask(0)
    os.environ["ERIQ_TEST_KEY"] = "k" * 40
    try:
        (folder / "small.yaml").write_text(CONFIG, encoding="utf-8")
        eriq("train", "small.yaml", cwd=folder)
        model = next((folder / "models").glob("small-*"))
        eriq("simulate", "--out", "cohort", "--clients", 30, cwd=folder)
        eriq("features", model, "cohort", "--out", "ready.csv", cwd=folder)
        eriq("score", model, "ready.csv", "--out", "scores.csv", cwd=folder)
        eriq("score", model, "cohort", "--out", "scores.parquet", cwd=folder)
        eriq("score", model, "cohort", "--out", "shared.csv", "--access", "group", cwd=folder)
        eriq("pseudonymise", "cohort/answers.csv", "--key-env", "ERIQ_TEST_KEY", "--out", "secret", cwd=folder)
        eriq("instrument", "codebook", "--out", "codebook", cwd=folder)
        (folder / "duck.yaml").write_text(
            f"version: 1\nname: duck\nmodel: {model}\nsource: {{kind: file, path: ready.csv}}\n"
            "sink: {kind: duckdb, file: scores.duckdb, table: scores}\n",
            encoding="utf-8",
        )
        eriq("score", "duck.yaml", cwd=folder)
    finally:
        os.umask(before)
        del os.environ["ERIQ_TEST_KEY"]
    return folder


def test_files_about_people_are_their_owners_alone(office: Path) -> None:
    """Whatever the umask: 0600 in 0700, or 0640 where a group was let in on purpose; aggregates can be read."""
    open_, seen = [], 0
    for path in office.rglob("*"):
        name, mode = path.relative_to(office).as_posix(), path.stat().st_mode & 0o777
        if (
            name.startswith(READABLE)
            or name in ("mlruns", "small.yaml", "duck.yaml")
            or name.startswith("mlruns/mlflow")
        ):
            continue
        seen += 1
        allowed = 0o640 if name.startswith("shared.csv") else 0o700 if path.is_dir() else 0o600
        if mode != allowed:
            open_.append((name, oct(mode)))
    assert open_ == []
    assert seen > 20
    assert (office / "mlruns" / "reports" / "small" / "report.html").stat().st_mode & 0o044


def test_purge_lists_and_removes_what_is_old(office: Path) -> None:
    """Cache, held-out forecasts and job folders with counts and sizes; younger ones stay, and --yes is needed."""
    job = office / ".old.csv.job"
    job.mkdir()
    (job / "lock").touch()
    said = eriq("purge", cwd=office).stdout
    assert said == "nothing is kept about people that is older than 30 days\n"

    cached = sorted((office / "mlruns" / "cache").glob("*.npy"))
    held = next((office / "mlruns" / "held_out").glob("*.parquet"))
    for path in (*cached[1:], held, job / "lock", job):
        os.utime(path, (time.time() - 40 * DAY,) * 2)
    said = eriq("purge", "--older-than", "30d", cwd=office).stdout

    assert "older than 30 days; --yes removes it:" in said
    assert f"for --resume of a training: {len(cached) - 1}, 0." in said
    assert "for the comparison at a promotion: 1, 0." in said
    assert "left behind by runs that were killed: 1, 0.0 MB" in said
    assert ".old.csv.job" in said
    assert held.exists()
    assert job.exists()

    assert "removed:" in eriq("purge", "--older-than", "30d", "--yes", cwd=office).stdout
    assert [path.exists() for path in (cached[0], *cached[1:], held, job)] == [True] + [False] * (len(cached) + 1)
    assert (office / "scores.csv").exists()
    assert "older than 30 days" in eriq("purge", "--yes", cwd=office).stdout
    eriq("purge", "--older-than", "soon", cwd=office, code=2)
    eriq("purge", "nowhere", cwd=office, code=17)


def test_pseudonyms_join_tables_and_open_nothing(office: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The same person in two calls, the key in no file and no output, and no id left."""
    monkeypatch.setenv("ERIQ_TEST_KEY", "k" * 40)
    done = eriq("pseudonymise", "cohort/persons.csv", "--key-env", "ERIQ_TEST_KEY", "--out", "secret", cwd=office)
    answers, persons = (pd.read_csv(office / "secret" / f"{name}.csv", dtype="str") for name in ("answers", "persons"))
    ids = set(pd.read_csv(office / "cohort" / "persons.csv", dtype="str")["client_id"])

    assert set(answers["client_id"]) <= set(persons["client_id"])
    assert not ids & set(persons["client_id"])
    assert len(set(persons["client_id"])) == len(ids)
    told = done.stdout + done.stderr + (office / "secret" / "answers.csv").read_text(encoding="utf-8")
    assert "kkkk" not in told
    eriq("pseudonymise", "cohort/persons.csv", "--key-env", "NO_SUCH", "--out", "secret", cwd=office, code=10)
    eriq("pseudonymise", "cohort/persons.csv", "--key-env", "ERIQ_TEST_KEY", "--out", "secret", cwd=office, code=16)
