"""Excluded uses are refused with their reason, wherever a config could ask for them."""

from pathlib import Path

import pytest
import yaml
from typer.testing import CliRunner

from eriq.cli import app
from eriq.config import load_decisions, load_scoring_job
from eriq.errors import ConfigError

JOB = {
    "version": 1,
    "name": "job",
    "model": "models/x",
    "source": {"kind": "file", "path": "a.csv"},
    "sink": {"kind": "file", "path": "b.csv"},
}
LOG = {
    "version": 1,
    "name": "log",
    "log": "log.jsonl",
    "scores": ["scores.csv"],
    "decisions": {"offer": "support is offered", "talk": "a further talk"},
    "roles": {"caseworker": "caseworker"},
    "reasons": {"news": "something new"},
}


@pytest.mark.parametrize(
    ("key", "value", "words"),
    [
        ("audience", "employer", "never handed to employers"),
        ("audience", "Employers", "never handed to employers"),
        ("decision", "auto", "a person decides"),
        ("tracks", [0.2, 0.5], "a person decides"),
        ("sanctions", True, "never a reason for a sanction"),
    ],
)
def test_a_scoring_job_for_an_excluded_use_is_refused(tmp_path: Path, key: str, value: object, words: str) -> None:
    """Employers, decisions by a program, sanctions: the reason is said, not only that a key is unknown."""
    (tmp_path / "job.yaml").write_text(yaml.safe_dump({**JOB, key: value}))
    with pytest.raises(ConfigError, match=words):
        load_scoring_job(tmp_path / "job.yaml")


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"roles": {"eriq": "the model"}}, "a person decides"),
        ({"roles": {"batch": "automatic"}}, "a person decides"),
        ({"decisions": {"stop": "benefit cut for a month", "talk": "a talk"}}, "never a reason for a sanction"),
        ({"decisions": {"sanction": "x", "talk": "a talk"}}, "never a reason for a sanction"),
        ({"reasons": {"A Name": "x"}}, "small letters, digits and underscores"),
        ({"decisions": {"talk": "a talk"}}, "at least 2"),
    ],
)
def test_a_log_of_an_excluded_use_is_refused(tmp_path: Path, change: dict[str, object], words: str) -> None:
    """Who decides is a person, and what is decided is no sanction."""
    (tmp_path / "log.yaml").write_text(yaml.safe_dump({**LOG, **change}))
    with pytest.raises(ConfigError, match=words):
        load_decisions(tmp_path / "log.yaml")


def test_paths_of_a_config_of_decisions_are_relative_to_it(tmp_path: Path) -> None:
    """Log, scores and keys stand where the config does."""
    (tmp_path / "log.yaml").write_text(yaml.safe_dump({**LOG, "trusted_keys": ["k.pub"]}))
    read = load_decisions(tmp_path / "log.yaml")
    assert (read.log, read.scores, read.trusted_keys) == (
        tmp_path / "log.jsonl",
        (tmp_path / "scores.csv",),
        (tmp_path / "k.pub",),
    )


def test_the_command_refuses_employers_with_the_reason() -> None:
    """`--audience employer` ends with exit code 10 before anything is opened; any other word as a mistyped command."""
    words = ["score", "m", "a.csv", "--out", "b.csv", "--audience"]
    refused = CliRunner().invoke(app, [*words, "employer"])
    assert isinstance(refused.exception, ConfigError)
    assert "never handed to employers" in str(refused.exception)
    assert CliRunner().invoke(app, [*words, "x"]).exit_code == 2
