"""What goes wrong at night: after each fault a resumed run ends with the bytes of an undisturbed one."""

import datetime as dt
import json
import os
import shutil
import subprocess
import sys
import time
import zipfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pandas as pd
import pytest

from eriq.config import Csv
from eriq.errors import BundleError, BusyError, CountError, EriqError, OutputError, ResumeError, SourceError
from eriq.model.bundle import Bundle
from eriq.scoring.manifest import Begun
from eriq.scoring.sinks.files import FileSink, rejects_path
from eriq.scoring.sinks.folder import job_folder
from eriq.scoring.sources import text as chunks
from eriq.scoring.sources.base import Wanted
from eriq.scoring.sources.files import open_files
from eriq.workflows import score as workflow
from eriq.workflows.score import job_of, run
from tests.scoring.conftest import Backlog, broken_backlog, digests, ready


@pytest.fixture
def night(tmp_path: Path, backlog: Backlog, small_bundle: Bundle) -> dict[str, Any]:
    """Prepare a job of 12 chunks, and what it must give."""
    return ready(tmp_path, backlog, small_bundle, 10)


@pytest.mark.parametrize("room", [600, 20_000])
def test_disk_full_is_named_and_resumable(night: dict[str, Any], room: int) -> None:
    """With a quota on file size the run ends with a named error; with room again it continues to the same bytes."""
    code = (
        "import resource, sys\n"
        f"resource.setrlimit(resource.RLIMIT_FSIZE, ({room}, resource.RLIM_INFINITY))\n"
        "from eriq.config import ScoringJob\n"
        "from eriq.workflows.score import run\n"
        "from eriq.errors import OutputError\n"
        "try:\n"
        "    run(ScoringJob.model_validate_json(sys.argv[1]), workers=1)\n"
        "except OutputError as error:\n"
        "    print(error)\n"
        "    sys.exit(16)\n"
    )
    given = [sys.executable, "-c", code, night["job"].model_dump_json()]
    done = subprocess.run(given, capture_output=True, text=True, check=False)
    assert done.returncode == 16, done.stderr
    assert "could not be written" in done.stdout
    assert not night["out"].exists()
    run(night["job"], resume=True, workers=1)
    assert digests(night["out"]) == night["expected"]


@pytest.mark.skipif(os.geteuid() != 0, reason="mounting a small disk needs root")
def test_a_small_disk_fills_up(night: dict[str, Any], tmp_path: Path) -> None:
    """On a real full disk of 100 kB: a named error, nothing under the final name, and a larger disk ends the job."""
    folder = night["out"].parent
    if subprocess.run(
        ["mount", "-t", "tmpfs", "-o", "size=100k", "tmpfs", folder], check=False, capture_output=True
    ).returncode:
        shutil.rmtree(folder)
        pytest.skip("this machine does not let root mount")
    try:
        with pytest.raises(OutputError, match="No space left"):
            run(night["job"], workers=1)
        assert not night["out"].exists()
        subprocess.run(["mount", "-o", "remount,size=5m", folder], check=True)
        run(night["job"], resume=True, workers=1)
        assert digests(night["out"]) == night["expected"]
    finally:
        subprocess.run(["umount", folder], check=True)


def test_two_scorers_on_one_output(night: dict[str, Any]) -> None:
    """The second is told so and writes nothing; the first ends well."""
    begun = Begun(job="job", model="small", folder="models", today=dt.date(2026, 1, 1))
    first = FileSink(night["out"], begun)
    with pytest.raises(BusyError, match="another eriq"):
        run(night["job"], workers=1)
    first.abandon()
    first.close()
    run(night["job"], workers=1)
    assert digests(night["out"]) == night["expected"]


def interrupted(night: dict[str, Any], after: int = 3) -> None:
    """Leave the job as an interruption after some chunks leaves it."""

    def stop(step: Any) -> None:
        if step.chunk == after - 1:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        run(night["job"], workers=1, on_chunk=stop)


def test_an_interrupted_run_is_neither_lost_nor_taken_over_unasked(night: dict[str, Any]) -> None:
    """Without --resume or --overwrite it is refused; with --resume it continues after the stored chunks."""
    interrupted(night)
    assert not night["out"].exists()
    with pytest.raises(OutputError, match="--resume"):
        run(night["job"])
    done = run(night["job"], resume=True, workers=1)
    assert "continued after chunk 3" in done.sentence
    assert digests(night["out"]) == night["expected"]
    assert "complete already" in run(night["job"], resume=True).sentence


def test_what_changed_since_is_not_continued(night: dict[str, Any], backlog: Backlog) -> None:
    """Another input or other options would mix two outputs in one file."""
    interrupted(night)
    with pytest.raises(ResumeError, match="another input, model or options"):
        run(night["job"].model_copy(update={"reasons": 2}), resume=True)
    backlog(120).to_csv(night["given"], index=False)
    with pytest.raises(ResumeError, match="another input, model or options"):
        run(night["job"], resume=True)


def test_an_alias_that_moved_does_not_change_a_run(
    night: dict[str, Any], small_bundle: Bundle, register_bundle: Bundle, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The run that began with one version ends with it, also when it is continued after the alias moved."""
    points_to = {"models:/eriq@champion": small_bundle.folder}
    monkeypatch.setattr("eriq.registry.models.model_folder", lambda reference: points_to[reference])
    night["job"] = night["job"].model_copy(update={"model": "models:/eriq@champion"})
    interrupted(night)
    points_to["models:/eriq@champion"] = register_bundle.folder
    run(night["job"], resume=True, workers=1)
    assert digests(night["out"]) == night["expected"]


def test_a_clock_that_goes_backwards_changes_nothing(night: dict[str, Any], monkeypatch: pytest.MonkeyPatch) -> None:
    """The day of a job is that of its beginning, and no output holds a time."""

    class Clock(dt.date):
        now = dt.date(2026, 1, 1)

        @classmethod
        def today(cls) -> dt.date:  # type: ignore[override]
            return cls.now

    night["job"] = night["job"].model_copy(update={"today": None})
    monkeypatch.setattr(workflow.dt, "date", Clock)
    clock = iter(range(10**9, 0, -7))
    monkeypatch.setattr(time, "time", lambda: float(next(clock)))
    interrupted(night)
    Clock.now = dt.date(1999, 1, 1)
    run(night["job"], resume=True, workers=1)
    made = digests(night["out"])
    assert made[:2] == night["expected"][:2]


def test_one_corrupt_stretch_in_the_middle_of_a_csv(night: dict[str, Any], backlog: Backlog) -> None:
    """Bad bytes, a ragged row and a stray line break in rows 50 to 52 cost those lines; all else is as before."""
    lines = broken_backlog(backlog, 120).to_csv(index=False).encode().split(b"\n")
    lines[50] = lines[50].replace(b"c50", b"c\xff\xfe50")
    lines[51] = lines[51] + b",1,2,3"
    lines[52] = lines[52][:20] + b"\n" + lines[52][20:]
    night["given"].write_bytes(b"\n".join(lines))
    batch = run(night["job"], workers=1)
    scores, aside = pd.read_parquet(night["out"]), pd.read_csv(rejects_path(night["out"]))
    assert batch.read == 121  # the stray line break made one line two
    assert len(scores) + len(aside) == 121
    assert aside[aside["code"].str.startswith("line:")]["row"].tolist() == [50, 51, 52, 53]
    assert scores["client_id"].isin(["c49", "c54"]).sum() == 2


@pytest.mark.slow
def test_a_gigabyte_in_one_line(tmp_path: Path) -> None:
    """1 GB without a line break is set aside in less than 300 MB more memory; its neighbours are read."""
    file = tmp_path / "a.csv"
    with file.open("wb") as made:
        made.write(b"client_id,cw01\nc1,1\n")
        for _ in range(1000):
            made.write(b"9" * 1_000_000)
        made.write(b"\nc3,3\n")
    code = (
        "import resource, sys\nfrom pathlib import Path\n"
        "from eriq.scoring.sources.base import Wanted\nfrom eriq.scoring.sources.files import open_files\n"
        "before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss\n"
        "made = list(open_files(Path(sys.argv[1]), Wanted(frozenset({'client_id', 'cw01'}))).chunks())\n"
        "print([r for c in made for r in c.rows.tolist()], [c for m in made for c in m.broken['code']])\n"
        "print((resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before) // 1024)\n"
    )
    done = subprocess.run([sys.executable, "-c", code, file], capture_output=True, text=True, check=True)
    rows, more = done.stdout.splitlines()
    assert rows == "[1, 3] ['line:too_long']"
    assert int(more) < 300


def test_ten_thousand_columns_are_scored(night: dict[str, Any], backlog: Backlog) -> None:
    """Columns nobody asked for change nothing but the digest of the input."""
    frame = broken_backlog(backlog, 120)
    extra = pd.DataFrame("9", index=frame.index, columns=[f"x{k}" for k in range(10_000)])
    pd.concat([extra, frame], axis="columns").to_csv(night["given"], index=False)
    run(night["job"].model_copy(update={"chunk_rows": 10}), workers=1)
    assert digests(night["out"])[:2] == night["expected"][:2]


def test_a_zip_bomb_named_xlsx(night: dict[str, Any]) -> None:
    """A workbook that unpacks to gigabytes is refused before it is unpacked."""
    bomb = night["given"].with_suffix(".xlsx")
    with (
        zipfile.ZipFile(bomb, "w", zipfile.ZIP_DEFLATED, compresslevel=9) as packed,
        packed.open("xl/worksheets/sheet1.xml", "w") as part,
    ):
        for _ in range(600):
            part.write(bytes(1_000_000))
    job = night["job"].model_copy(update={"source": night["job"].source.model_copy(update={"path": bomb})})
    with pytest.raises(SourceError, match="unpacks to"):
        run(job)
    assert list(night["out"].parent.iterdir()) == []


def test_a_truncated_parquet_file_leaves_nothing(night: dict[str, Any], backlog: Backlog) -> None:
    """A file that ends too early is refused before anything is written."""
    file = night["given"].with_suffix(".parquet")
    backlog(500).to_parquet(file)
    file.write_bytes(file.read_bytes()[:-50])
    job = night["job"].model_copy(update={"source": night["job"].source.model_copy(update={"path": file})})
    with pytest.raises(SourceError, match="Parquet"):
        run(job)
    assert list(night["out"].parent.iterdir()) == []


@pytest.mark.parametrize("name", ["a b/../c d/æøå 你好.csv", "-x.csv", "100%.csv", "new\nline.csv"])
def test_odd_paths(night: dict[str, Any], tmp_path: Path, name: str) -> None:
    """Dots, spaces, signs of other languages and a leading dash are names like any other."""
    for folder in ("a b", "c d"):
        (tmp_path / folder).mkdir(exist_ok=True)
    given, out = tmp_path / name, tmp_path / "c d" / f"out {Path(name).name}"
    shutil.copy(night["given"], given)
    batch = run(job_of(night["job"].model, given, out, chunk_rows=50))
    assert batch.read == 120
    assert out.exists()
    assert rejects_path(out).exists()


def test_a_relative_output_in_the_working_folder(
    night: dict[str, Any], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A bare file name is written where the command was started."""
    monkeypatch.chdir(tmp_path)
    run(job_of(night["job"].model, night["given"], Path("s.csv")))
    assert (tmp_path / "s.csv").exists()


def _changed(folder: Path) -> None:
    part = folder / "model.booster.txt"
    part.write_bytes(part.read_bytes().replace(b"leaf_value=", b"leaf_value=1", 1))


def _pickled(folder: Path) -> None:
    import pickle

    (folder / "model.booster.txt").write_bytes(pickle.dumps({"a": 1}))


def _linked(folder: Path) -> None:
    part = folder / "model.booster.txt"
    shutil.copy(part, folder.parent / "elsewhere.txt")
    part.unlink()
    part.symlink_to(folder.parent / "elsewhere.txt")


@pytest.mark.parametrize("damage", [_changed, _pickled, _linked])
def test_a_tampered_model_scores_nothing(night: dict[str, Any], tmp_path: Path, damage: Callable[[Path], None]) -> None:
    """A changed file, a pickle in its place, and a link out of the folder are refused; nothing is written."""
    folder = tmp_path / "copies" / Path(night["job"].model).name
    shutil.copytree(night["job"].model, folder)
    damage(folder)
    with pytest.raises(BundleError):
        run(night["job"].model_copy(update={"model": str(folder)}))
    assert list(night["out"].parent.iterdir()) == []


def test_a_read_only_models_folder(night: dict[str, Any], tmp_path: Path) -> None:
    """Scoring writes nothing where the model is: no file is new, none has changed."""
    folder = tmp_path / "copies" / Path(night["job"].model).name
    shutil.copytree(night["job"].model, folder)
    for part in (*folder.iterdir(), folder):
        part.chmod(0o555 if part.is_dir() else 0o444)
    before = {p.name: p.stat().st_mtime_ns for p in (*folder.iterdir(), folder)}
    run(night["job"].model_copy(update={"model": str(folder)}), workers=1)
    assert digests(night["out"]) == night["expected"]
    assert {p.name: p.stat().st_mtime_ns for p in (*folder.iterdir(), folder)} == before


@pytest.mark.parametrize(
    "torn", [b"", b'{"chunk": 3, "sco', b"\x00\x00\x00\n", b'{"chunk": 9, "scored": 1, "set_aside": 0}\n']
)
def test_a_torn_journal_line_is_not_believed(night: dict[str, Any], torn: bytes) -> None:
    """What a power cut leaves at the end of the journal is dropped; the run continues before it."""
    interrupted(night)
    with (job_folder(night["out"]) / "journal.jsonl").open("ab") as journal:
        journal.write(torn)
    run(night["job"], resume=True, workers=1)
    assert digests(night["out"]) == night["expected"]


def test_a_lost_part_is_made_again(night: dict[str, Any]) -> None:
    """A line whose part is gone does not count, nor do those after it."""
    interrupted(night)
    (job_folder(night["out"]) / "scores-000001.arrow").unlink()
    assert "continued after chunk 1" in run(night["job"], resume=True, workers=1).sentence
    assert digests(night["out"]) == night["expected"]


def _copied_over(folder: Path) -> None:
    for kind in ("scores", "rejected"):
        shutil.copy(folder / f"{kind}-000000.arrow", folder / f"{kind}-000001.arrow")


def _one_bit(folder: Path) -> None:
    part = folder / "rejected-000001.arrow"
    body = bytearray(part.read_bytes())
    body[len(body) // 2] ^= 1
    part.write_bytes(body)


@pytest.mark.parametrize("damage", [_copied_over, _one_bit])
def test_a_part_that_is_not_what_was_written_is_refused(night: dict[str, Any], damage: Callable[[Path], None]) -> None:
    """A part copied over another, or changed by a bit: --resume refuses, and --overwrite begins anew."""
    interrupted(night)
    damage(job_folder(night["out"]))
    with pytest.raises(ResumeError, match="part 1 of the interrupted run was changed"):
        run(night["job"], resume=True, workers=1)
    assert not night["out"].exists()
    run(night["job"], overwrite=True, workers=1)
    assert digests(night["out"]) == night["expected"]


def test_a_part_changed_before_the_end_is_refused(night: dict[str, Any]) -> None:
    """Parts are proven when they are put together, too: nothing appears under the final name."""

    def change(step: Any) -> None:
        if step.chunk == 11:
            _copied_over(job_folder(night["out"]))

    with pytest.raises(ResumeError, match="part 1"):
        run(night["job"], workers=1, on_chunk=change)
    assert not night["out"].exists()


def test_rows_are_counted_from_the_files(night: dict[str, Any], monkeypatch: pytest.MonkeyPatch) -> None:
    """A journal and parts that agree with each other and repeat rows end the job: numbers 1 to n, each once."""
    interrupted(night)
    folder = job_folder(night["out"])
    _copied_over(folder)
    lines = (folder / "journal.jsonl").read_text().splitlines()
    forged = json.loads(lines[0]) | {"chunk": 1}
    (folder / "journal.jsonl").write_text("\n".join([lines[0], json.dumps(forged), *lines[2:]]) + "\n")
    with pytest.raises(CountError, match="there again"):
        run(night["job"], resume=True, workers=1)
    assert not night["out"].exists()


def test_an_error_before_the_first_chunk_leaves_no_trace(night: dict[str, Any]) -> None:
    """A file without the columns of the model is refused, and the folder is as it was."""
    night["given"].write_text("client_id,answered_on\nc1,2015-01-01\n")
    with pytest.raises(EriqError):
        run(night["job"])
    assert list(night["out"].parent.iterdir()) == []


def test_memory_does_not_grow_with_the_input(tmp_path: Path, backlog: Backlog, small_bundle: Bundle) -> None:
    """Of 40 chunks no more than workers + 2 are alive at a time."""
    import weakref

    alive: list[Any] = []
    most = 0
    real = chunks.CsvSource.chunks

    def watched(self: Any, start: int = 0) -> Any:
        nonlocal most
        for chunk in real(self, start):
            alive.append(weakref.ref(chunk.frame))
            most = max(most, sum(ref() is not None for ref in alive))
            yield chunk

    backlog(200).to_csv(tmp_path / "a.csv", index=False)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(chunks.CsvSource, "chunks", watched)
        run(job_of(str(small_bundle.folder), tmp_path / "a.csv", tmp_path / "b.csv", chunk_rows=5), workers=2)
    assert 1 < most <= 4


def test_unread_settings_have_no_part(tmp_path: Path) -> None:
    """A file that cannot be read by this user, a folder named like a file: named errors."""
    (tmp_path / "a.csv").mkdir()
    for path in (tmp_path / "a.csv", tmp_path / "none" / "b.csv"):
        with pytest.raises(EriqError):
            open_files(path, Wanted(frozenset({"client_id"})), Csv())
