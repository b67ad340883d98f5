"""What killed runs leave behind is found, and what is in work is not touched."""

import os
import shutil
import time
from pathlib import Path

import pytest

from eriq.model.bundle import Bundle
from eriq.scoring.manifest import Begun, FileManifest
from eriq.scoring.sinks.folder import job_folder, locked
from eriq.scoring.sinks.leftovers import abandoned, is_job_folder, remove
from eriq.workflows.score import job_of, run
from tests.scoring.conftest import Backlog


@pytest.fixture
def killed(tmp_path: Path, backlog: Backlog, small_bundle: Bundle, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Score ten people, and end as a kill after the last rename and before the clean-up would."""
    backlog(10).to_csv(tmp_path / "given.csv", index=False)
    out = tmp_path / "scores.csv"
    with monkeypatch.context() as patched:
        patched.setattr(shutil, "rmtree", lambda *_, **__: None)
        run(job_of(str(small_bundle.folder), tmp_path / "given.csv", out))
    assert out.is_file()
    assert is_job_folder(job_folder(out))
    return out


def test_a_folder_left_between_rename_and_clean_up_is_found(killed: Path) -> None:
    """Nobody works in it, and it can be removed."""
    assert list(abandoned(killed.parent)) == [job_folder(killed)]
    assert remove(job_folder(killed))
    assert list(abandoned(killed.parent)) == []


@pytest.mark.parametrize("with_job", [True, False])
def test_the_next_run_tidies_up(killed: Path, small_bundle: Bundle, with_job: bool) -> None:
    """A run of the same job finds its output complete, and the folder is gone; also where job.json is there still."""
    before = killed.read_bytes()
    job = job_of(str(small_bundle.folder), killed.parent / "given.csv", killed)
    if with_job:
        done = FileManifest.model_validate_json(Path(f"{killed}.manifest.json").read_bytes())
        begun = Begun(job=done.job, today=done.today, model=small_bundle.name, folder=str(small_bundle.folder))
        (job_folder(killed) / "job.json").write_text(begun.model_dump_json())

    told = run(job, resume=True)

    assert "complete already" in told.sentence
    assert not job_folder(killed).exists()
    assert killed.read_bytes() == before


def test_a_folder_in_work_is_left_alone(killed: Path) -> None:
    """A held lock keeps a folder from being listed and removed."""
    lock = locked(job_folder(killed), killed)
    assert list(abandoned(killed.parent)) == []
    assert not remove(job_folder(killed))
    assert job_folder(killed).exists()
    lock.close()
    assert remove(job_folder(killed))


def test_a_folder_that_is_not_ours_is_left_alone(tmp_path: Path) -> None:
    """A link, and a folder with a file we do not write, are no job folders, whatever they are called."""
    (tmp_path / ".mine.job").mkdir()
    (tmp_path / ".mine.job" / "letters.txt").touch()
    (tmp_path / "real").mkdir()
    (tmp_path / "real" / "lock").touch()
    (tmp_path / ".linked.job").symlink_to("real")
    assert list(abandoned(tmp_path)) == []


def test_what_waits_for_a_store_is_found_once_it_rests(tmp_path: Path) -> None:
    """Scores that no store took are about persons and found after a day; with other files they are left."""
    folder = tmp_path / ".objects-0123456789ab"
    folder.mkdir()
    for name in ("s.csv", "s.csv.rejected.csv", "s.csv.manifest.json"):
        (folder / name).touch()
    assert list(abandoned(tmp_path)) == []
    for path in (*folder.iterdir(), folder):
        os.utime(path, (time.time() - 2 * 86_400,) * 2)
    assert list(abandoned(tmp_path)) == [folder]
    (folder / "letter.docx").touch()
    for path in (folder / "letter.docx", folder):
        os.utime(path, (time.time() - 2 * 86_400,) * 2)
    assert list(abandoned(tmp_path)) == []
    (folder / "letter.docx").unlink()
    os.utime(folder, (time.time() - 2 * 86_400,) * 2)
    assert remove(folder)
    assert not folder.exists()


def test_drafts_are_found_once_they_rest(tmp_path: Path) -> None:
    """A draft of Spark or of a table has no lock: it counts as left behind when nothing was written for a day."""
    draft = tmp_path / ".answers-abcd1234.part.csv"
    draft.touch()
    part = tmp_path / ".out-abcd1234" / "scores"
    part.mkdir(parents=True)
    (tmp_path / ".other-abcd1234" / "photos").mkdir(parents=True)
    assert list(abandoned(tmp_path)) == []

    for path in (draft, part, part.parent, tmp_path / ".other-abcd1234" / "photos", tmp_path / ".other-abcd1234"):
        os.utime(path, (time.time() - 2 * 86_400,) * 2)

    assert sorted(abandoned(tmp_path)) == [draft, part.parent]
    assert all([remove(draft), remove(part.parent)])
    assert list(abandoned(tmp_path)) == []
