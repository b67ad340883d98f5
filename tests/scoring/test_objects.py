"""Objects in a store as input and output: the bytes of a job on files, no rename, no credentials told."""

import json
import re
import subprocess
import sys
from collections.abc import Callable, Iterator
from io import BytesIO
from pathlib import Path
from typing import Any

import pandas as pd
import pytest

from eriq.config import Csv
from eriq.errors import ConfigError, EriqError, OutputError, SourceError
from eriq.model.bundle import Bundle
from eriq.scoring.columns import wanted_columns
from eriq.scoring.sources.files import open_files
from eriq.scoring.sources.objects import open_objects
from eriq.workflows.score import job_of, run
from tests.scoring.conftest import ENDS, Backlog, broken_backlog
from tests.scoring.object_server import Objects, served

KEY, SECRET = "AKIA5ENT1NEL", "s3cret-5entinel"
ENVIRONMENT = {
    "AWS_ACCESS_KEY_ID": KEY,
    "AWS_SECRET_ACCESS_KEY": SECRET,
    "AWS_EC2_METADATA_DISABLED": "true",  # nobody is asked for credentials beyond these
}
SETTINGS: dict[str, Any] = {"chunk_rows": 50, "today": "2026-01-01"}


@pytest.fixture
def store(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Iterator[Objects]:
    """Serve an empty bucket named box; work in an empty folder."""
    for name, value in ENVIRONMENT.items():
        monkeypatch.setenv(name, value)
    (tmp_path / "here").mkdir()
    monkeypatch.chdir(tmp_path / "here")
    with served() as objects:
        yield objects


@pytest.fixture
def frame(backlog: Backlog) -> pd.DataFrame:
    """Make 120 rows, of which some are set aside."""
    return broken_backlog(backlog, 120)


def three(objects: Objects, key: str) -> list[bytes]:
    """Return scores, rows set aside and manifest."""
    return [objects.buckets["box"][key + end] for end in ENDS]


def write_frame(frame: pd.DataFrame, path: Path) -> bytes:
    frame.to_csv(path, index=False) if path.suffix == ".csv" else frame.to_parquet(path, index=False)
    return path.read_bytes()


@pytest.mark.parametrize(("given", "out"), [("in.csv", "out.parquet"), ("in.parquet", "out.csv")])
def test_objects_hold_the_bytes_that_files_do(
    store: Objects, small_bundle: Bundle, frame: pd.DataFrame, tmp_path: Path, given: str, out: str
) -> None:
    """Scores, rows set aside and manifest are those of a job on files; nothing is left on this machine."""
    store.buckets["box"][f"a/{given}"] = write_frame(frame, tmp_path / given)
    run(job_of(str(small_bundle.folder), tmp_path / given, tmp_path / out, **SETTINGS, rank=True), workers=1)
    done = run(
        job_of(str(small_bundle.folder), store.uri(f"a/{given}"), store.uri(f"b/{out}"), **SETTINGS, rank=True),
        workers=1,
    )
    assert three(store, f"b/{out}") == [(tmp_path / f"{out}{end}").read_bytes() for end in ENDS]
    assert f"scored in s3://box/b/{out} + " in done.sentence
    assert f"s3://box/b/{out}.rejected.csv (most often cw02:unreadable: 11" in done.sentence
    assert not list(Path.cwd().iterdir())
    assert [key for method, key in store.asked if method == "POST"][-1] == f"b/{out}.manifest.json"


def test_a_prefix_of_parquet_is_read_as_a_folder_is(
    store: Objects, small_bundle: Bundle, frame: pd.DataFrame, tmp_path: Path
) -> None:
    """Parts in the order of their names, marks passed over; anything else there is refused."""
    wanted = wanted_columns(small_bundle)
    for name, rows in (("b.parquet", slice(70, 120)), ("a.parquet", slice(0, 70))):
        store.buckets["box"][f"in/{name}"] = write_frame(frame[rows], tmp_path / name)
    store.buckets["box"]["in/_SUCCESS"] = b""
    found = open_objects(store.uri("in/"), wanted, Csv(), 50)
    there = open_files(tmp_path, wanted, chunk_rows=50)
    assert found.stamp() == there.stamp()
    for mine, theirs in zip(found.chunks(), there.chunks(), strict=True):
        pd.testing.assert_frame_equal(mine.frame, theirs.frame)
    store.buckets["box"]["in/notes.txt"] = b"x"
    with pytest.raises(SourceError, match=r"s3://box/in holds what would not be read: 1 object\(s\) \.txt"):
        open_objects(store.uri("in"), wanted, Csv(), 50)


def test_a_finished_run_is_refused_and_replaced_only_when_asked(
    store: Objects, small_bundle: Bundle, frame: pd.DataFrame, tmp_path: Path
) -> None:
    """As with files: refused, complete already with resume, another job never continued, replaced with overwrite."""
    write_frame(frame, tmp_path / "in.csv")
    job = job_of(str(small_bundle.folder), tmp_path / "in.csv", store.uri("out.csv"), **SETTINGS)
    run(job, workers=1)
    made = three(store, "out.csv")
    store.asked.clear()
    with pytest.raises(OutputError, match=r"s3://box/out\.csv is there already; give --overwrite"):
        run(job)
    assert run(job, resume=True).sentence.endswith("complete already")
    with pytest.raises(OutputError, match="holds the scores of another job"):
        run(job.model_copy(update={"reasons": 1}), resume=True)
    assert {method for method, _ in store.asked} <= {"GET", "HEAD"}
    run(job, overwrite=True, workers=1)
    assert three(store, "out.csv") == made
    first = [method for method, key in store.asked if key == "out.csv.manifest.json"].index("DELETE")
    assert first < store.asked.index(("POST", "out.csv"))  # while objects are replaced, nothing says that all is there
    del store.buckets["box"]["out.csv.manifest.json"]
    with pytest.raises(OutputError, match="without the manifest of a finished run"):
        run(job)


def test_a_store_that_refuses_at_the_end_is_written_to_later(
    store: Objects, small_bundle: Bundle, frame: pd.DataFrame, tmp_path: Path
) -> None:
    """What was scored waits on this machine for its owner alone, and --resume writes it without scoring again."""
    write_frame(frame, tmp_path / "in.csv")
    job = job_of(str(small_bundle.folder), tmp_path / "in.csv", store.uri("out.csv"), **SETTINGS)
    store.refused = "POST out.csv.rejected"
    with pytest.raises(OutputError, match=r"rejected\.csv: access was denied.*--resume writes them") as told:
        run(job, workers=1)
    assert KEY not in str(told.value)
    assert "out.csv.manifest.json" not in store.buckets["box"]
    (waiting,) = Path.cwd().iterdir()
    assert {path.stat().st_mode & 0o077 for path in (waiting, *waiting.iterdir())} == {0}
    store.refused = ""
    seen: list[object] = []
    run(job, resume=True, on_chunk=seen.append)
    assert not seen
    assert json.loads(three(store, "out.csv")[2])["counts"]["read"] == 120
    assert not list(Path.cwd().iterdir())


def denied(objects: Objects, key: str) -> dict[str, str]:
    """Let the store refuse whatever is asked of a key."""
    objects.refused = key
    return {}


Broken = Callable[[Objects], dict[str, str]]
MISTAKES: dict[str, tuple[type[EriqError], str, Broken]] = {
    "no object": (SourceError, "there is no object s3://box/none.csv", lambda o: {"given": o.uri("none.csv")}),
    "no bucket to read": (SourceError, "no such bucket", lambda o: {"given": o.uri("in.csv", "nowhere")}),
    "no bucket to write": (OutputError, "no such bucket", lambda o: {"out": o.uri("out.csv", "nowhere")}),
    "a kind not read": (SourceError, "from a store eriq reads", lambda o: {"given": o.uri("in.xlsx")}),
    "a kind not written": (OutputError, "eriq writes .csv and .parquet", lambda o: {"out": o.uri("out.docx")}),
    "its own input": (OutputError, "is the input itself", lambda o: {"out": o.uri("in.csv")}),
    "a user": (ConfigError, "no user and no password", lambda o: {"given": f"s3://{KEY}:{SECRET}@box/in.csv"}),
    "no key": (ConfigError, "not an address", lambda o: {"given": "s3://box"}),
    "another scheme": (ConfigError, "not an address", lambda o: {"out": "ftp://box/out.csv"}),
    "a wrong query": (SourceError, "the store refused", lambda o: {"given": f"{o.uri('in.csv')}&a={SECRET}"}),
    "denied to read": (SourceError, "access was denied", lambda o: denied(o, "in.csv")),
    "denied to write": (OutputError, "access was denied", lambda o: denied(o, "out.csv")),
}


@pytest.mark.parametrize("name", MISTAKES)
def test_every_mistake_is_one_named_error_without_credentials(
    store: Objects, small_bundle: Bundle, backlog: Backlog, capfd: pytest.CaptureFixture[str], name: str
) -> None:
    """The class tells the exit code; neither query nor key nor signature is in the text, and nothing is left."""
    store.buckets["box"]["in.csv"] = backlog(3).to_csv(index=False).encode()
    error, words, broken = MISTAKES[name]
    places = {"given": store.uri("in.csv"), "out": store.uri("out.csv"), **broken(store)}
    with pytest.raises(error, match=re.escape(words)) as told:
        run(job_of(str(small_bundle.folder), places["given"], places["out"]), workers=1)
    said = "".join([str(told.value), *capfd.readouterr()])
    assert not re.search(f"{KEY}|{SECRET}|endpoint|Signature|127.0.0.1", said)
    assert not list(Path.cwd().iterdir())
    assert list(store.buckets["box"]) == ["in.csv"]


def test_an_object_that_changes_while_it_is_read_is_noticed(
    store: Objects, small_bundle: Bundle, frame: pd.DataFrame, tmp_path: Path
) -> None:
    """Bytes that are not those of the digest end the job; the counts of what was made would belong to neither."""
    whole = write_frame(frame, tmp_path / "in.csv")
    store.buckets["box"]["in.csv"] = whole
    source = open_objects(store.uri("in.csv"), wanted_columns(small_bundle), Csv(), 50)
    store.buckets["box"]["in.csv"] = whole.replace(b"2015-03-01", b"2015-03-02")
    with pytest.raises(SourceError, match=r"in\.csv changed while it was read"):
        list(source.chunks())


def test_an_address_is_not_in_what_a_job_shows_of_itself(store: Objects, tmp_path: Path) -> None:
    """A job that is printed, as in a traceback, holds neither query nor address."""
    assert "endpoint" not in repr(job_of("m", store.uri("in.csv"), store.uri("out.csv")))


# Each trial is a fork of a warm interpreter in which no client of a store was started.
TRIALS = """
import os, signal, sys
os.environ["OMP_WAIT_POLICY"] = "passive"
from eriq.config import ScoringJob
from eriq.tables import objects
from eriq.scoring.sinks import files
from eriq.workflows.score import run
import lightgbm, skops.io, pyarrow.parquet, pyarrow.csv

job = ScoringJob.model_validate_json(sys.argv[1])

def forked(work):
    child = os.fork()
    if not child:
        try:
            work()
            os._exit(0)
        except BaseException as error:
            print(type(error).__name__, error, flush=True)
            os._exit(1)
    return os.waitpid(child, 0)[1]

def suicidal(where, name, count):
    real, left = getattr(where, name), [count]
    def call(*given, **more):
        left[0] -= 1
        if left[0] < 0:
            os.kill(os.getpid(), signal.SIGKILL)
        return real(*given, **more)
    setattr(where, name, call)
    run(job, workers=1, resume=True)

# Within the rows, then before the second and the third object; every run goes on where the last one was killed.
for where, name, count in [(files.FileSink, "write", 1), *((objects.Store, "write", count) for count in (1, 2))]:
    print(os.WIFSIGNALED(forked(lambda: suicidal(where, name, count))), flush=True)
    sys.stdin.readline()
print(forked(lambda: run(job, workers=1, resume=True)), flush=True)
"""


def test_killed_again_and_again_there_is_no_mark_until_all_is_there(
    store: Objects, small_bundle: Bundle, frame: pd.DataFrame, tmp_path: Path
) -> None:
    """Killed within the rows and between objects, no manifest is there; the last run ends with the same bytes."""
    store.buckets["box"]["in.csv"] = write_frame(frame, tmp_path / "in.csv")
    job = job_of(str(small_bundle.folder), store.uri("in.csv"), store.uri("out.csv"), **SETTINGS)
    run(job, workers=1)
    expected, there = three(store, "out.csv"), []
    for end in ENDS:
        del store.buckets["box"][f"out.csv{end}"]
    words = [sys.executable, "-c", TRIALS, json.dumps(job.model_dump(mode="json"))]
    with subprocess.Popen(words, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as child:
        assert child.stdin is not None
        assert child.stdout is not None
        for _ in range(3):
            assert child.stdout.readline() == "True\n"
            there.append([end for end in ENDS if f"out.csv{end}" in store.buckets["box"]])
            child.stdin.write("go on\n")
            child.stdin.flush()
        assert child.stdout.readline() == "0\n"
    assert there == [[], [""], ["", ".rejected.csv"]]  # never the manifest
    assert three(store, "out.csv") == expected
    rows = pd.concat([pd.read_csv(BytesIO(body)) for body in expected[:2]])["row"]
    assert sorted(rows) == list(range(1, 121))
