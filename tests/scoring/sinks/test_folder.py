"""The folder of an unfinished run: what is not one is left alone, whatever it is called."""

import os
from collections.abc import Callable
from pathlib import Path

import pytest

from eriq.errors import OutputError
from eriq.model.bundle import Bundle
from eriq.scoring.sinks.folder import job_folder, refuse_foreign
from eriq.workflows.score import job_of, run
from tests.scoring.conftest import Backlog


def content(folder: Path) -> dict[str, bytes]:
    """Return every file under a folder."""
    return {str(file.relative_to(folder)): file.read_bytes() for file in folder.rglob("*") if file.is_file()}


def linked(place: Path, precious: Path) -> None:
    place.symlink_to(precious)


def dangling(place: Path, precious: Path) -> None:
    place.symlink_to(precious / "none")


def with_a_file(place: Path, precious: Path) -> None:
    place.mkdir()
    (place / "thesis.docx").write_text("years of work")


def with_a_folder(place: Path, precious: Path) -> None:
    (place / "scores-000001.arrow").mkdir(parents=True)


def with_a_link(place: Path, precious: Path) -> None:
    place.mkdir()
    (place / "job.json").symlink_to(precious / "a.txt")


def a_file(place: Path, precious: Path) -> None:
    place.write_text("years of work")


FOREIGN = [linked, dangling, with_a_file, with_a_folder, with_a_link, a_file]


@pytest.mark.parametrize("more", [{}, {"overwrite": True}, {"resume": True}], ids=["plain", "overwrite", "resume"])
@pytest.mark.parametrize("made", FOREIGN)
def test_what_is_no_job_folder_is_refused_and_nothing_in_it_deleted(
    tmp_path: Path,
    small_bundle: Bundle,
    backlog: Backlog,
    made: Callable[[Path, Path], None],
    more: dict[str, bool],
) -> None:
    """A link, a folder with other files, a file: code 16, and every byte is where it was."""
    precious, out = tmp_path / "precious", tmp_path / "out.csv"
    (precious / "deep").mkdir(parents=True)
    (precious / "a.txt").write_text("years of work")
    (precious / "deep" / "b.txt").write_text("years of work")
    backlog(5).to_csv(tmp_path / "given.csv", index=False)
    made(job_folder(out), precious)
    before = content(tmp_path)
    with pytest.raises(OutputError) as refused:
        run(job_of(str(small_bundle.folder), tmp_path / "given.csv", out), workers=1, **more)
    assert refused.value.exit_code == 16
    assert content(tmp_path) == before
    assert os.path.lexists(job_folder(out))


def test_a_folder_of_somebody_else_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Empty or not, it is not ours to delete."""
    job_folder(tmp_path / "out.csv").mkdir()
    monkeypatch.setattr(os, "geteuid", lambda: os.getuid() + 1)
    with pytest.raises(OutputError, match="another user"):
        refuse_foreign(job_folder(tmp_path / "out.csv"))


def test_all_that_a_run_leaves_behind_is_ours(
    tmp_path: Path, small_bundle: Bundle, backlog: Backlog, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Nothing, an empty folder, a run stopped on its way and one stopped while its last files were made."""
    from eriq.scoring.sinks import files

    out, folder = tmp_path / "out.parquet", job_folder(tmp_path / "out.parquet")
    refuse_foreign(folder)
    folder.mkdir()
    backlog(30).to_csv(tmp_path / "given.csv", index=False)
    job = job_of(str(small_bundle.folder), tmp_path / "given.csv", out, chunk_rows=10)

    def stop(*given: object) -> None:
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        run(job, workers=1, on_chunk=stop)
    refuse_foreign(folder)
    with monkeypatch.context() as patch:
        patch.setattr(files, "each_once", stop)
        with pytest.raises(KeyboardInterrupt):
            run(job, resume=True, workers=1)
    assert {"final.parquet", "rejected.csv"} <= {file.name for file in folder.iterdir()}
    refuse_foreign(folder)
    assert run(job, resume=True, workers=1).scored == 30
    assert not folder.exists()
