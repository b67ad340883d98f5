"""Scores in a database that SQLAlchemy reaches: locks, crashes, and kill -9."""

import os
import signal
import sqlite3
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from eriq.errors import ConfigError, DatabaseError, ResumeError
from eriq.scoring.sinks.sql import SqlSink
from eriq.scoring.sources.sql import SqlSource
from tests.scoring.conftest import NONE, RUN, RUN_IN_A_SCRIPT, URL, query, query_and_commit, rejects, scores


def test_a_journal_with_a_gap_is_not_continued(database: Path) -> None:
    """Somebody deleted the line of chunk 0: the job cannot go on as if it had been there."""
    sink = SqlSink(URL, "scores", job="november")
    sink.write(0, scores(1, 1), NONE)
    sink.write(1, scores(2, 1), NONE)
    query_and_commit(database, "DELETE FROM scores_journal WHERE chunk = 0")
    with pytest.raises(ResumeError, match=r"lacks 1 chunk"):
        sink.completed()


def test_what_a_crash_after_the_move_left_behind_is_not_moved_again(database: Path) -> None:
    """The journal is empty, the stored rows 1 to 3 are still there: the next run brings its rows 7 and 8 only."""
    sink = SqlSink(URL, "scores", job="november")
    sink.write(0, scores(1, 3), rejects(4))
    query_and_commit(database, "DELETE FROM scores_journal")
    sink.write(0, scores(7, 2), NONE)
    sink.finish(RUN)
    assert query(database, "SELECT row FROM scores ORDER BY row") == [(7,), (8,)]
    assert query(database, "SELECT count(*) FROM scores_rejected") == [(0,)]


def test_a_sink_needs_a_plain_table_name_and_a_job(database: Path) -> None:
    """A name with a quote, one of 41 letters, an empty job."""
    with pytest.raises(ConfigError, match="plain name"):
        SqlSink(URL, 'scores"; --', job="j")
    with pytest.raises(ConfigError, match="plain name"):
        SqlSink(URL, "s" * 41, job="j")
    with pytest.raises(ConfigError, match="identity of its job"):
        SqlSink(URL, "scores", job="")


def test_a_missing_client_is_refused_without_values(database: Path, secret: str) -> None:
    """A score without its client breaks the key when moved; the text holds no cell of the row."""
    frame = scores(1, 2).assign(note=secret)
    frame.loc[1, "client_id"] = None
    sink = SqlSink(URL, "scores", job="november")
    sink.write(0, frame, NONE)
    with pytest.raises(DatabaseError, match="refused while moving") as caught:
        sink.finish(RUN)
    assert secret not in str(caught.value)
    assert query(database, "SELECT count(*) FROM scores") == [(0,)]


def test_source_and_sink_may_be_one_sqlite_file(database: Path) -> None:
    """Chunks are stored in the file they are read from, while it is being read."""
    sink = SqlSink(URL, "scores", job="november", lock_seconds=1)
    with SqlSource(URL, table="answers", chunk_rows=2) as source:
        for chunk in source.chunks():
            sink.write(chunk.index, scores(chunk.first_row, chunk.n_rows), NONE)
    sink.finish(RUN)
    assert query(database, "SELECT count(*), sum(row) FROM scores") == [(5, 15)]


def test_a_locked_sqlite_file_is_named_and_can_be_continued(database: Path) -> None:
    """Another process holds the file for longer than we wait; afterwards the same chunk is stored."""
    sink = SqlSink(URL, "scores", job="november", lock_seconds=1)
    sink.write(0, scores(1, 2), NONE)
    other = sqlite3.connect(database, isolation_level=None)
    other.execute("BEGIN EXCLUSIVE")
    with pytest.raises(DatabaseError, match=r"locked by somebody else while storing chunk 1 .*SQLITE_BUSY.*--resume"):
        sink.write(1, scores(3, 2), NONE)
    other.execute("ROLLBACK")
    other.close()
    assert sink.completed() == 1
    sink.write(1, scores(3, 2), NONE)
    sink.finish(RUN)
    assert query(database, "SELECT count(*) FROM scores") == [(4,)]


JOB = (
    RUN_IN_A_SCRIPT
    + """
import sys
from eriq.scoring.sinks.sql import SqlSink
from eriq.scoring.sources.sql import SqlSource
from pandas import DataFrame
source = SqlSource("ERIQ_TEST_URL", table="big", order_by=["client_id"], chunk_rows=int(sys.argv[1]))
sink = SqlSink("ERIQ_TEST_URL", "scores", job="copy " + source.stamp()["content"])
for chunk in source.chunks(sink.completed()):
    good = chunk.frame["v"].mod(10).ne(0).fillna(False).to_numpy(bool)
    frame = chunk.frame.assign(row=chunk.rows, model="m")
    bad = frame.loc[~good, ["row", "client_id"]].assign(code="v:tenth", reason="every tenth")
    sink.write(chunk.index, frame[good], bad)
    print(chunk.index, flush=True)
sink.finish(RUN)
print("done", flush=True)
"""
)


def killed_after(chunks: int, chunk_rows: int) -> list[str]:
    """Run the job, kill it after so many chunks, and return what it printed."""
    command = [sys.executable, "-c", JOB, str(chunk_rows)]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True, env={**os.environ}) as process:
        assert process.stdout is not None
        said = [process.stdout.readline().strip() for _ in range(chunks)]
        os.kill(process.pid, signal.SIGKILL)
    return said


def finished(chunk_rows: int) -> list[str]:
    command = [sys.executable, "-c", JOB, str(chunk_rows)]
    return subprocess.run(command, capture_output=True, text=True, check=True).stdout.split()


@pytest.fixture
def big(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Callable[[int], Path]:
    def make(n: int) -> Path:
        file = tmp_path / "big.db"
        with sqlite3.connect(file) as made:
            made.execute("CREATE TABLE big (client_id TEXT, v INTEGER)")
            made.executemany("INSERT INTO big VALUES (?, ?)", ((f"c{k:08d}", k) for k in range(n)))
        made.close()
        monkeypatch.setenv(URL, f"sqlite:///{file}")
        return file

    return make


def test_killed_twice_and_resumed_every_row_is_there_once(big: Callable[[int], Path]) -> None:
    """50,000 rows in chunks of 5,000, killed after 3 and after 4 more; count and sum are those of the input."""
    file = big(50_000)
    assert killed_after(3, 5_000) == ["0", "1", "2"]
    second = killed_after(4, 5_000)
    assert second[0] in ("3", "4")  # a chunk may be stored and not yet printed
    assert query(file, "SELECT count(*) FROM scores") == [(0,)]
    assert finished(5_000)[-1] == "done"
    assert query(file, "SELECT count(*), sum(v), count(DISTINCT row) FROM scores") == [
        (45_000, sum(k for k in range(50_000) if k % 10), 45_000)
    ]
    assert query(file, "SELECT count(*), count(DISTINCT row) FROM scores_rejected") == [(5_000, 5_000)]
    assert finished(5_000)[-1] == "done"
    assert query(file, "SELECT count(*) FROM scores") == [(45_000,)]
