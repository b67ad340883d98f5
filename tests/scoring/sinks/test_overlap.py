"""Where a job reads it does not write: refused before anything is opened."""

import os
from pathlib import Path
from typing import Any

import pytest

from eriq.config import ScoringJob
from eriq.errors import OutputError
from eriq.scoring.sinks.files import outputs
from eriq.workflows import score as workflow
from eriq.workflows.score import job_of, run


@pytest.fixture
def unopened(monkeypatch: pytest.MonkeyPatch) -> None:
    """Make a test fail that opens a model or an input."""

    def refuse(*_: object) -> None:
        raise AssertionError("something was opened")

    monkeypatch.setattr(workflow, "load_model", refuse)
    monkeypatch.setattr(workflow, "open_source", refuse)


@pytest.mark.usefixtures("unopened")
@pytest.mark.parametrize("overwrite", [True, False])
@pytest.mark.parametrize("ending", ["", ".rejected.csv", ".manifest.json"])
def test_a_file_is_not_scored_over_itself(tmp_path: Path, ending: str, overwrite: bool) -> None:
    """The input under the name of any of the three outputs is kept, --overwrite or not."""
    given = tmp_path / f"a.csv{ending}"
    given.write_text("client_id\n")
    with pytest.raises(OutputError, match="is the input itself"):
        run(job_of("none", given, tmp_path / "a.csv"), overwrite=overwrite)
    assert given.read_text() == "client_id\n"


@pytest.mark.usefixtures("unopened")
@pytest.mark.parametrize("link", [os.symlink, os.link])
def test_another_name_is_the_same_file(tmp_path: Path, link: Any) -> None:
    """Links of both kinds, and ways round, are seen through."""
    (tmp_path / "a.csv").write_text("client_id\n")
    link(tmp_path / "a.csv", tmp_path / "b.csv")
    for out in (tmp_path / "b.csv", tmp_path / "x" / ".." / "a.csv"):
        (tmp_path / "x").mkdir(exist_ok=True)
        with pytest.raises(OutputError, match="is the input itself"):
            run(job_of("none", tmp_path / "a.csv", out), overwrite=True)


@pytest.mark.usefixtures("unopened")
def test_scores_do_not_go_among_answers(tmp_path: Path) -> None:
    """A Parquet file in a folder that is read as answers would be answers the next time; beside tables it is not."""
    folder = tmp_path / "in"
    folder.mkdir()
    (folder / "a.parquet").touch()
    with pytest.raises(OutputError, match="lies within the input"):
        run(job_of("none", folder, folder / "b.parquet"))
    for name in ("answers.csv", "persons.csv"):
        (folder / name).touch()
    with pytest.raises(OutputError, match="is the input itself"):
        run(job_of("none", folder, folder / "persons.csv"), overwrite=True)
    with pytest.raises(AssertionError, match="opened"):
        run(job_of("none", folder, folder / "scores.csv"))


@pytest.mark.usefixtures("unopened")
@pytest.mark.parametrize("there", [".rejected.csv", ".manifest.json"])
def test_what_stands_beside_the_scores_is_protected_like_them(tmp_path: Path, there: str) -> None:
    """Rows set aside, or a manifest, of another run are not replaced unasked."""
    given, out = tmp_path / "given.csv", tmp_path / "a.csv"
    given.touch()
    Path(f"{out}{there}").write_text("of somebody")
    with pytest.raises(OutputError, match="--overwrite"):
        run(job_of("none", given, out))
    assert Path(f"{out}{there}").read_text() == "of somebody"
    assert {file.name for file in outputs(out)} == {"a.csv", "a.csv.rejected.csv", "a.csv.manifest.json"}


@pytest.mark.usefixtures("unopened")
def test_a_mistyped_folder_is_not_made(tmp_path: Path) -> None:
    """Scores do not vanish into a new folder whose name nobody meant."""
    (tmp_path / "given.csv").touch()
    with pytest.raises(OutputError, match="there is no folder"):
        run(job_of("none", tmp_path / "given.csv", tmp_path / "ruselts" / "a.csv"))
    assert not (tmp_path / "ruselts").exists()


@pytest.mark.usefixtures("unopened")
@pytest.mark.parametrize("table", ["scores", "Scores_rejected", "scores_runs"])
@pytest.mark.parametrize("kind", ["sql", "duckdb"])
def test_a_table_is_not_scored_over_itself(tmp_path: Path, kind: str, table: str) -> None:
    """A table of the same database that the run would write to is refused as its input."""
    place = {"url_env": "X"} if kind == "sql" else {"file": tmp_path / "a.duckdb"}
    made = {"version": 1, "name": "x", "model": "none"}
    job = ScoringJob.model_validate(
        made | {"source": {"kind": kind, "table": table, **place}, "sink": {"kind": kind, "table": "scores", **place}}
    )
    with pytest.raises(OutputError, match="is the input itself"):
        run(job)
