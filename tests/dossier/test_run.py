"""Which run is meant, however it is named."""

import os
from pathlib import Path

import pytest

from eriq.dossier.run import copy_evidence, find_run
from eriq.errors import SourceError
from tests.dossier.conftest import MODEL


@pytest.mark.parametrize("reference", ["mlruns/reports/demo", "demo", f"models/{MODEL}", MODEL])
def test_a_run_is_found_by_folder_config_or_model(report: Path, reference: str) -> None:
    """A folder of dated reports means the newest; a model means the report that names it."""
    found = find_run(reference)
    assert found.report.resolve() == report
    assert found.model is not None
    assert found.model.name == MODEL


def test_the_newest_of_dated_reports_counts(report: Path) -> None:
    """By its time; an older one is found by its own folder."""
    newer = report.with_name("2026-02-01T09-00")
    newer.mkdir()
    (newer / "facts.json").write_text('{"model_name": ""}')
    os.utime(report / "facts.json", (1, 1))
    assert find_run("demo").report.name == newer.name
    assert find_run("demo").model is None
    assert find_run(str(report)).report == report


@pytest.mark.parametrize("reference", ["nothing", "mlruns", "models"])
def test_what_is_no_run_is_a_named_error(report: Path, reference: str) -> None:
    """With what was looked for."""
    with pytest.raises(SourceError):
        find_run(reference)


def test_a_model_without_its_report_says_so(report: Path) -> None:
    """Nothing is made of a model alone."""
    (report / "facts.json").unlink()
    with pytest.raises(SourceError, match="no report of"):
        find_run(MODEL)


def test_evidence_is_copied_byte_by_byte(report: Path, tmp_path: Path) -> None:
    """Facts, config, card, report, tables and manifest; no figure."""
    run = find_run("demo")
    copy_evidence(run, tmp_path / "out")
    names = {path.relative_to(tmp_path / "out").as_posix() for path in (tmp_path / "out").rglob("*") if path.is_file()}
    assert {"facts.json", "config.yaml", "manifest.json", "tables/measures.csv"} <= names
    assert all((tmp_path / "out" / name).read_bytes() == file.read_bytes() for name, file in run.files())
