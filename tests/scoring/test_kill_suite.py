"""Sixty kills before any line of a sink, a third of them while it finishes: files, DuckDB and PostgreSQL end alike."""

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pandas as pd
import pytest
import sqlalchemy as sa

from eriq.model.bundle import Bundle
from eriq.scoring.databases.sql import open_engine
from tests.scoring.conftest import Backlog, broken_backlog

URL = "ERIQ_TEST_POSTGRES"
KINDS = ("csv", "parquet", "duckdb", "postgres")
ANYWHERE, FINISHING = 10, 5  # kills of each kind

# A child is a fork of one warm interpreter. Lines are counted in an undisturbed run; a kill comes before one of them.
PROGRAM = """
import json, os, shutil, signal, sys
from pathlib import Path
os.environ["OMP_WAIT_POLICY"] = "passive"
import duckdb, lightgbm, psycopg, pyarrow.csv, pyarrow.parquet, skops.io
from eriq.config import ScoringJob
from eriq.workflows.score import run
from tests.scoring.test_kill_suite import cleared, state

kind, anywhere, finishing = sys.argv[2], int(sys.argv[3]), int(sys.argv[4])
job = ScoringJob.model_validate_json(sys.argv[1])
wing = Path(sys.modules["eriq.scoring.sinks"].__file__).parent.parent
rooms = (str(wing / "sinks"), str(wing / "databases"))

def forked(work):
    ours, theirs = os.pipe()
    child = os.fork()
    if not child:
        try:
            os.write(theirs, json.dumps(work()).encode())
            os._exit(0)
        except BaseException as error:
            print(type(error).__name__, error, file=sys.stderr, flush=True)
            os._exit(1)
    os.close(theirs)
    with os.fdopen(ours) as pipe:
        said = pipe.read()
    status = os.waitpid(child, 0)[1]
    return status, json.loads(said) if said else None

def traced(stop=None):
    seen = [0, 0]  # lines before `finish` is entered, and from there on
    within = [0]
    def lines(frame, event, arg):
        if event == "line":
            seen[within[0]] += 1
            if stop == (within[0], seen[within[0]]):
                os.kill(os.getpid(), signal.SIGKILL)
        return lines
    def calls(frame, event, arg):
        if not frame.f_code.co_filename.startswith(rooms):
            return None
        within[0] |= frame.f_code.co_name == "finish"
        return lines
    sys.settrace(calls)
    run(job, workers=1, resume=True)
    sys.settrace(None)
    return seen

cleared(job, kind)
status, lines = forked(traced)
assert status == 0 and min(lines) > 0, lines
_, whole = forked(lambda: state(job, kind))
spread = lambda phase, n: [(phase, 1 + round(k * (lines[phase] - 1) / (n - 1))) for k in range(n)]
for phase, line in spread(0, anywhere) + spread(1, finishing):
    cleared(job, kind)
    status, _ = forked(lambda: traced((phase, line)))
    _, first = forked(lambda: state(job, kind))
    again, _ = forked(lambda: run(job, workers=1, resume=True) and None)
    _, made = forked(lambda: state(job, kind))
    print(json.dumps({"phase": phase, "killed": os.WIFSIGNALED(status), "whole": whole, "first": first, "again": again,
                      "made": made}), flush=True)
"""


def schema_of(job: Any) -> str:
    return str(job.sink.table.split(".")[0])


def cleared(job: Any, kind: str) -> None:
    """Remove whatever an earlier trial left."""
    if kind == "postgres":
        engine = open_engine(URL)
        with engine.begin() as ask:
            ask.execute(sa.text(f"DROP SCHEMA IF EXISTS {schema_of(job)} CASCADE"))
            ask.execute(sa.text(f"CREATE SCHEMA {schema_of(job)}"))
        engine.dispose()
        return
    folder = (job.sink.file if kind == "duckdb" else job.sink.path).parent
    subprocess.run(["rm", "-rf", folder], check=True)
    folder.mkdir()


def state(job: Any, kind: str) -> list[str] | None:
    """Return what stands under the final names, by digest; none where nothing does."""
    import hashlib

    if kind in ("csv", "parquet"):
        places = [job.sink.path.with_name(job.sink.path.name + end) for end in ("", ".rejected.csv", ".manifest.json")]
        if not job.sink.path.exists():
            return None
        return [hashlib.sha256(place.read_bytes()).hexdigest() for place in places]
    if kind == "duckdb":
        if not job.sink.file.exists():
            return None
        import duckdb

        with duckdb.connect(str(job.sink.file)) as ask:
            names = sorted(row[0] for row in ask.execute("SELECT table_name FROM duckdb_tables()").fetchall())
            tables = {name: ask.execute(f"SELECT * FROM {name}").df() for name in names}
    else:
        engine = open_engine(URL)
        with engine.connect() as ask:
            names = sorted(sa.inspect(ask).get_table_names(schema=schema_of(job)))
            tables = {name: pd.read_sql(f"SELECT * FROM {schema_of(job)}.{name}", ask) for name in names}
        engine.dispose()
    if "scores" not in tables or not len(tables["scores"]):
        return None
    # The list of runs is left out: killed after the move, the resumed job is one more run, which adds nothing.
    left = [name for name in names if "_part" in name]
    said = [f"{name}: {len(tables[name])} rows" for name in (*left, "scores_journal")]
    for name in ("scores", "scores_rejected"):
        table = tables[name].sort_values("row", ignore_index=True)
        said.append(hashlib.sha256(table.to_csv(index=False).encode()).hexdigest())
    return said


def job_for(kind: str, folder: Path, frame: pd.DataFrame, bundle: Bundle) -> Any:
    """Return a job of 4 chunks of 30 rows whose input and output are of one kind."""
    from eriq.config import ScoringJob

    out = folder / "out"
    source: dict[str, Any] = {"kind": "file", "path": folder / f"given.{kind}"}
    sink: dict[str, Any] = {"kind": "file", "path": out / f"scores.{kind}"}
    if kind == "csv":
        frame.to_csv(source["path"], index=False)
    elif kind == "parquet":
        frame.to_parquet(source["path"])
    elif kind == "duckdb":
        source = {"kind": "duckdb", "file": folder / "given.duckdb", "table": "answers"}
        sink = {"kind": "duckdb", "file": out / "scores.duckdb", "table": "scores"}
        import duckdb

        with duckdb.connect(str(source["file"])) as made:
            made.register("frame", frame)
            made.execute("CREATE TABLE answers AS SELECT * FROM frame")
    else:
        engine = open_engine(URL)
        frame.to_sql("kill_suite_answers", engine, index=False, if_exists="replace")
        engine.dispose()
        source = {"kind": "sql", "url_env": URL, "table": "kill_suite_answers"}
        sink = {"kind": "sql", "url_env": URL, "table": "kill_suite.scores"}
    given = {"version": 1, "name": "night", "model": str(bundle.folder), "chunk_rows": 30, "today": "2026-01-01"}
    return ScoringJob.model_validate({**given, "consent": "not_collected", "source": source, "sink": sink})


@pytest.mark.long
@pytest.mark.parametrize("kind", KINDS)
def test_killed_before_any_line_a_resumed_job_ends_as_an_undisturbed_one(
    kind: str, tmp_path: Path, backlog: Backlog, small_bundle: Bundle
) -> None:
    """Fifteen kills of each kind, five of them in the finishing phase: all or nothing before, the same afterwards."""
    if kind == "postgres" and not os.environ.get(URL):
        pytest.skip(f"{URL} is not set: see .ci/postgres")
    job = job_for(kind, tmp_path, broken_backlog(backlog, 120), small_bundle)
    given = [job.model_dump_json(), kind, str(ANYWHERE), str(FINISHING)]
    done = subprocess.run(
        [sys.executable, "-c", PROGRAM, *given], capture_output=True, text=True, check=False, env=environment()
    )
    found = [json.loads(line) for line in done.stdout.splitlines()]
    assert (len(found), done.returncode) == (ANYWHERE + FINISHING, 0), done.stderr[-2000:]
    assert [one["killed"] for one in found] == [True] * len(found)
    for one in found:
        # Under the final name stands all or nothing; names of unfinished tables may still be there.
        assert one["first"] is None or one["first"][-2:] == one["whole"][-2:]
        assert (one["again"], one["made"]) == (0, one["whole"])


def environment() -> dict[str, str]:
    """Return the environment with the project's root among the places of modules."""
    root = str(Path(__file__).resolve().parents[2])
    return {**os.environ, "PYTHONPATH": os.pathsep.join([root, *filter(None, [os.environ.get("PYTHONPATH")])])}
