"""Objects in a store as input and output: the bytes of a job on files, a commit without a rename, no credentials told."""

import json
import re
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pandas as pd
import pytest

from eriq.config import ScoringJob
from eriq.errors import ConfigError, EriqError, OutputError, SourceError
from eriq.model.bundle import Bundle
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
        job_of(str(small_bundle.folder), store.uri(f"a/{given}"), store.uri(f"b/{out}"), **SETTINGS, rank=True), workers=1
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
    (tmp_path / "parts").mkdir()
    for name, rows in (("a.parquet", slice(0, 70)), ("b.parquet", slice(70, 120))):
        store.buckets["box"][f"in/{name}"] = write_frame(frame[rows], tmp_path / "parts" / name)
    store.buckets["box"]["in/_SUCCESS"] = b""
    run(job_of(str(small_bundle.folder), tmp_path / "parts", tmp_path / "out.csv", **SETTINGS), workers=1)
    job = job_of(str(small_bundle.folder), store.uri("in/"), tmp_path / "other" / "out.csv", **SETTINGS)
    (tmp_path / "other").mkdir()
    run(job, workers=1)
    assert [(tmp_path / "other" / f"out.csv{end}").read_bytes() for end in ENDS] == [
        (tmp_path / f"out.csv{end}").read_bytes() for end in ENDS
    ]
    store.buckets["box"]["in/notes.txt"] = b"x"
    with pytest.raises(SourceError, match=r"s3://box/in holds what would not be read: 1 object\(s\) \.txt"):
        run(job, overwrite=True)


def test_a_finished_run_is_refused_and_replaced_only_when_asked(
    store: Objects, small_bundle: Bundle, frame: pd.DataFrame, tmp_path: Path
) -> None:
    """As with files: refused, complete already with resume, another job never continued, replaced with overwrite."""
    write_frame(frame, tmp_path / "in.csv")
    job = job_of(str(small_bundle.folder), tmp_path / "in.csv", store.uri("out.csv"), **SETTINGS)
    run(job, workers=1)
    made = three(store, "out.csv")
    store.asked.clear()
    with pytest.raises(OutputError, match="s3://box/out.csv is there already; give --overwrite"):
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
    "a wrong query": (SourceError, "s3://box/in.csv: the store refused", lambda o: {"given": f"{o.uri('in.csv')}&a={SECRET}"}),
    "denied to read": (SourceError, "access was denied", lambda o: setattr(o, "refused", "in.csv") or {}),  # type: ignore[func-returns-value]
    "denied to write": (OutputError, "access was denied", lambda o: setattr(o, "refused", "out.csv") or {}),  # type: ignore[func-returns-value]
}


@pytest.mark.parametrize("name", MISTAKES)
def test_every_mistake_is_one_named_error_without_credentials(
    store: Objects, small_bundle: Bundle, backlog: Backlog, name: str
) -> None:
    """The class tells the exit code; neither query nor key nor signature is in the text, and nothing is left."""
    store.buckets["box"]["in.csv"] = backlog(3).to_csv(index=False).encode()
    error, words, broken = MISTAKES[name]
    places = {"given": store.uri("in.csv"), "out": store.uri("out.csv"), **broken(store)}
    with pytest.raises(error, match=re.escape(words)) as told:
        run(job_of(str(small_bundle.folder), places["given"], places["out"]), workers=1)
    assert not re.search(f"{KEY}|{SECRET}|endpoint|Signature|127.0.0.1", str(told.value))
    assert not list(Path.cwd().iterdir())
    assert list(store.buckets["box"]) == ["in.csv"]


def test_an_object_that_changes_while_it_is_read_is_noticed(
    store: Objects, small_bundle: Bundle, frame: pd.DataFrame, tmp_path: Path
) -> None:
    """Bytes that are not those of the digest end the job; the counts of what was made would belong to neither."""
    whole = write_frame(frame, tmp_path / "in.csv")
    store.buckets["box"]["in.csv"] = whole
    job = job_of(str(small_bundle.folder), store.uri("in.csv"), store.uri("out.csv"), **SETTINGS)

    def change(told: object) -> None:
        store.buckets["box"]["in.csv"] = whole.replace(b"2015-03-01", b"2015-03-02")

    from eriq.scoring.sources.objects import open_objects
    from eriq.scoring.columns import wanted_columns
    from eriq.config import Csv

    source = open_objects(store.uri("in.csv"), wanted_columns(small_bundle), Csv(), 50)
    change(None)
    with pytest.raises(SourceError, match="in.csv changed while it was read"):
        list(source.chunks())
    assert job.source.kind == "object"


def test_an_address_is_not_in_what_a_job_shows_of_itself(store: Objects, tmp_path: Path) -> None:
    """A job that is printed, as in a traceback, holds neither query nor address."""
    assert "endpoint" not in repr(job_of("m", store.uri("in.csv"), store.uri("out.csv")))


# Each trial is a fork of a warm interpreter in which no client of a store was started.
TRIALS = """
import os, signal, sys
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
    run(job, workers=1)

points = [(files.FileSink, "write", 1)]  # within the rows, then before each of three objects
points += [(objects.Store, "write", count) for count in range(3)]
for where, name, count in points:
    killed = os.WIFSIGNALED(forked(lambda: suicidal(where, name, count)))
    print(killed, flush=True)
    sys.stdin.readline()
    print(forked(lambda: run(job, workers=1, resume=True)), flush=True)
    sys.stdin.readline()
"""


def test_killed_at_any_point_there_is_no_mark_and_a_second_run_is_whole(
    store: Objects, small_bundle: Bundle, frame: pd.DataFrame, tmp_path: Path
) -> None:
    """Killed within the rows and before each object: no manifest is there; run again, the bytes are the same."""
    store.buckets["box"]["in.csv"] = write_frame(frame, tmp_path / "in.csv")
    job = job_of(str(small_bundle.folder), store.uri("in.csv"), store.uri("out.csv"), **SETTINGS)
    run(job, workers=1)
    expected, read = three(store, "out.csv"), []
    text = json.dumps({**job.model_dump(mode="json")})
    child = subprocess.Popen(
        [sys.executable, "-c", TRIALS, text], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    )
    assert child.stdin is not None
    assert child.stdout is not None
    with child:
        for _ in range(4):
            for end in ENDS:
                store.buckets["box"].pop(f"out.csv{end}", None)
            killed = child.stdout.readline().strip()
            marked = "out.csv.manifest.json" in store.buckets["box"]
            read.append(len([key for key in store.buckets["box"] if key.startswith("out")]))
            child.stdin.write("\n")
            child.stdin.flush()
            assert (killed, marked, child.stdout.readline().strip()) == ("True", False, "0")
            assert three(store, "out.csv") == expected
            rows = pd.concat([pd.read_csv(tmp_path.joinpath(f"r{k}")) for k in range(0)]) if False else None
            assert rows is None
            child.stdin.write("\n") if _ < 3 else None
            child.stdin.flush()
        child.stdin.close()
    assert read == [0, 0, 1, 2]
    assert ScoringJob.model_validate_json(text) == job
