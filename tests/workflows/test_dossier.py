"""The dossier as a user makes it: of a run by name, with answers that are drafted first."""

from pathlib import Path

import pytest
from tests.dossier.conftest import kept as kept
from tests.dossier.conftest import report as report
from typer.testing import CliRunner

from eriq.cli import app
from eriq.errors import ChainError, OutputError
from eriq.workflows.dossier import dossier, verify


def test_answers_are_drafted_and_read(report: Path, tmp_path: Path) -> None:
    """Absent, the file is written with every question; what is filled in stands in the dossier."""
    answers = tmp_path / "answers.yaml"
    said = dossier("demo", tmp_path / "out", answers=answers).sentence
    assert "was not there: it now asks" in said
    assert "TRIPOD+AI 20 filled" in said
    answers.write_text(answers.read_text().replace("\nethics:\n", "\nethics: approved in 2025\n"))
    assert "TRIPOD+AI 21 filled" in dossier("demo", tmp_path / "out", answers=answers, overwrite=True).sentence
    assert "approved in 2025" in (tmp_path / "out" / "dossier.md").read_text(encoding="utf-8")
    assert "whole" in verify(tmp_path / "out", "demo")


def test_the_command_takes_a_run_without_a_verb(report: Path, tmp_path: Path) -> None:
    """`eriq dossier demo` makes, `eriq dossier verify dossier` verifies."""
    made = CliRunner().invoke(app, ["dossier", "demo", "--out", "out"])
    assert made.exit_code == 0, made.output
    checked = CliRunner().invoke(app, ["dossier", "verify", "out"])
    assert checked.exit_code == 0, checked.output
    assert "held against its own evidence only" in checked.output
    page = tmp_path / "out" / "dossier.html"
    page.write_text(page.read_text().replace(">12,512<", ">12,513<"))
    with pytest.raises(ChainError):
        CliRunner().invoke(app, ["dossier", "verify", "out"], catch_exceptions=False)


def test_nothing_but_a_dossier_is_replaced(report: Path, tmp_path: Path) -> None:
    """Without --overwrite nothing; with it no folder that holds something else."""
    with pytest.raises(OutputError, match="keep the answers elsewhere"):
        dossier("demo", tmp_path / "out", answers=tmp_path / "out" / "answers.yaml", overwrite=True)
    (tmp_path / "out").mkdir()
    (tmp_path / "out" / "thesis.txt").write_text("mine")
    for overwrite in (False, True):
        with pytest.raises(OutputError):
            dossier("demo", tmp_path / "out", overwrite=overwrite)
    assert (tmp_path / "out" / "thesis.txt").is_file()
