"""Scoring configs: what is refused, and what paths mean."""

from pathlib import Path

import pytest

from eriq.config import ScoringJob, load_scoring_job
from eriq.errors import ConfigError


@pytest.mark.parametrize("show", ["probability", "band"])
def test_a_caseworker_cannot_be_given_a_number(show: str) -> None:
    """A job for caseworkers that asks for a probability or a band is refused."""
    job = {
        "version": 1,
        "name": "x",
        "model": "m",
        "source": {"kind": "file", "path": "a.csv"},
        "sink": {"kind": "file", "path": "s.csv"},
        "audience": "caseworker",
        "show": show,
    }
    with pytest.raises(ValueError, match="reasons only"):
        ScoringJob.model_validate(job)


JOB = """
version: 1
name: monthly
model: small
source: {kind: file, path: in/answers.csv, columns: {client_id: cpr}}
sink: {kind: file, path: out/scores.csv}
"""


def test_a_config_is_a_job_with_paths_from_its_own_folder(tmp_path: Path) -> None:
    """Paths are relative to the config, whoever starts it from where."""
    (tmp_path / "job.yaml").write_text(JOB)
    job = load_scoring_job(tmp_path / "job.yaml")
    assert job.source.path == tmp_path / "in" / "answers.csv"
    assert job.sink.path == tmp_path / "out" / "scores.csv"
    assert (job.shown, job.rank, job.ties) == ("probability", False, "min")


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ("ranks: true", "Did you mean 'rank'"),
        ("rank_moves: 2", "rank_moves: must be at most 1"),
        ("capacity: 5", "capacity needs rank"),
        ("audience: caseworker\nreasons: 0", "nothing would be shown"),
        ("chunk_rows: 0", "chunk_rows: must be at least 1"),
    ],
)
def test_a_wrong_config_says_what_is_wrong(tmp_path: Path, change: str, words: str) -> None:
    """Misspelt keys and impossible wishes are refused before anything is read."""
    (tmp_path / "job.yaml").write_text(JOB + change + "\n")
    with pytest.raises(ConfigError, match=words):
        load_scoring_job(tmp_path / "job.yaml")


def test_a_database_address_cannot_stand_in_a_config(tmp_path: Path) -> None:
    """Only the name of an environment variable fits; the refused value is not repeated."""
    source = "source: {kind: sql, url_env: 'postgresql://u:hunter2@h/d', table: t}"
    (tmp_path / "job.yaml").write_text(JOB.replace(JOB.splitlines()[4], source))
    with pytest.raises(ConfigError) as error:
        load_scoring_job(tmp_path / "job.yaml")
    assert "hunter2" not in str(error.value)


@pytest.mark.parametrize("name", ["monthly", "caseworkers"])
def test_shipped_configs_are_valid(name: str) -> None:
    """The examples can be read, and the one for caseworkers shows reasons only."""
    job = load_scoring_job(Path(__file__).parents[2] / "configs" / "scoring" / f"{name}.yaml")
    assert isinstance(job, ScoringJob)
    assert job.shown == ("reasons" if name == "caseworkers" else "probability")


def test_a_key_cannot_stand_in_a_config(tmp_path: Path) -> None:
    """Trusted keys are paths, taken from the config's own folder; the text of a key, or no key at all, is refused."""
    (tmp_path / "job.yaml").write_text(JOB + "trusted_keys: [keys/agency.pub]\n")
    assert load_scoring_job(tmp_path / "job.yaml").trusted_keys == (tmp_path / "keys" / "agency.pub",)
    for given in ("['-----BEGIN PRIVATE KEY-----SECRET-77']", "[]"):
        (tmp_path / "job.yaml").write_text(f"{JOB}trusted_keys: {given}\n")
        with pytest.raises(ConfigError, match="trusted_keys") as refused:
            load_scoring_job(tmp_path / "job.yaml")
        assert "SECRET" not in str(refused.value)
