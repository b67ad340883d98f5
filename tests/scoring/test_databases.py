"""Databases as source and sink: SQLite and DuckDB here, PostgreSQL in its own module."""

import datetime as dt
import json
import os
import signal
import sqlite3
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest

from eriq.errors import BusyError, ConfigError, DatabaseError, DependencyError, OutputError, ResumeError, SourceError
from eriq.scoring.databases.cells import frame_of, records
from eriq.scoring.databases.sql import named, open_engine
from eriq.scoring.set_aside import SET_ASIDE, nothing
from eriq.scoring.sinks.duckdb import DuckDbSink
from eriq.scoring.sinks.sql import SqlSink
from eriq.scoring.sources.duckdb import DuckDbSource
from eriq.scoring.sources.sql import SqlSource
from tests.scoring.conftest import RUN, RUN_IN_A_SCRIPT

URL = "ERIQ_TEST_URL"
NONE = nothing(SET_ASIDE)


@pytest.fixture
def database(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Make a SQLite file of five answers, in no order, whose address is in the environment."""
    file = tmp_path / "agency.db"
    with sqlite3.connect(file) as made:
        made.execute("CREATE TABLE answers (client_id TEXT, answered_on TEXT, cw01 INTEGER, note TEXT)")
        rows = [("c", 3, "x"), ("a", 1, None), ("b", None, "z"), ("a", 0, None), ("d", 4, "w")]
        made.executemany("INSERT INTO answers VALUES (?, '2020-01-0' || ?, ?, ?)", [(c, 1, v, n) for c, v, n in rows])
    made.close()
    monkeypatch.setenv(URL, f"sqlite:///{file}")
    return file


def query(file: Path, sql: str) -> list[tuple[Any, ...]]:
    connection = sqlite3.connect(file)
    try:
        return connection.execute(sql).fetchall()
    finally:
        connection.close()


def scores(first: int, n: int, model: str = "m-1") -> pd.DataFrame:
    """Return n scored rows, row number k of client ck."""
    rows = np.arange(first, first + n)
    return pd.DataFrame(
        {
            "row": rows,
            "client_id": [f"c{k}" for k in rows],
            "answered_on": pd.to_datetime(["2020-01-15"] * n).astype("datetime64[us]"),
            "wave": pd.array([1] * n, dtype="Int16"),
            "probability": rows / 1000,
            "partial": rows % 2 == 0,
            "model": model,
        }
    )


def rejects(*rows: int) -> pd.DataFrame:
    texts = {name: [f"{name} of {row}" for row in rows] for name in ("client_id", "answered_on", "code", "reason")}
    return pd.DataFrame({"row": list(rows), **texts})


# --- sources -------------------------------------------------------------------------------


def test_rows_come_in_the_order_of_the_key_then_of_all_columns(database: Path) -> None:
    """Client a answered twice on one day: the row with cw01 0 stands before the one with 1."""
    with SqlSource(URL, table="answers", chunk_rows=2) as source:
        chunks = list(source.chunks())
    assert source.total_rows == 5
    assert [c.rows.tolist() for c in chunks] == [[1, 2], [3, 4], [5]]
    assert [c.first_row for c in chunks] == [1, 3, 5]
    assert [c.n_rows for c in chunks] == [2, 2, 1]
    assert [c.frame["client_id"].tolist() for c in chunks] == [["a", "a"], ["b", "c"], ["d"]]
    assert chunks[0].frame["cw01"].tolist() == [0, 1]
    assert all(c.broken.empty for c in chunks)


def test_a_later_start_gives_the_same_chunks(database: Path) -> None:
    """Chunks 1 and 2 read alone equal chunks 1 and 2 of the whole."""
    with SqlSource(URL, table="answers", chunk_rows=2) as source:
        whole = list(source.chunks())[1:]
        later = list(source.chunks(1))
    assert [c.index for c in later] == [1, 2]
    for one, other in zip(whole, later, strict=True):
        assert one.first_row == other.first_row
        pd.testing.assert_frame_equal(one.frame, other.frame)


def test_a_start_after_the_end_gives_nothing(database: Path) -> None:
    """Five rows in chunks of five are one chunk; chunk 1 is not there."""
    with SqlSource(URL, table="answers", chunk_rows=5) as source:
        assert list(source.chunks(1)) == []


def test_a_query_may_hold_colons_and_percent_signs(database: Path) -> None:
    """A time of day and a LIKE pattern are text, not parameters."""
    sql = "SELECT client_id, '12:30' AS at, ':x' AS mark FROM answers WHERE note LIKE '%' AND note <> ':w';"
    with SqlSource(URL, query=sql, order_by=["client_id"]) as source:
        frame = next(source.chunks()).frame
    assert frame.to_dict("list") == {"client_id": ["b", "c", "d"], "at": ["12:30"] * 3, "mark": [":x"] * 3}


def test_the_stamp_tells_a_changed_cell_and_not_a_changed_order(database: Path) -> None:
    """One answer of five changes from 3 to 2; before that, a row is deleted and written again."""

    def stamp() -> dict[str, str]:
        with SqlSource(URL, table="answers") as source:
            return source.stamp()

    first = stamp()
    query_and_commit(database, "DELETE FROM answers WHERE client_id = 'c'")
    assert stamp() != first
    query_and_commit(database, "INSERT INTO answers VALUES ('c', '2020-01-01', 3, 'x')")
    assert stamp() == first
    query_and_commit(database, "UPDATE answers SET cw01 = 2 WHERE client_id = 'c'")
    assert stamp()["rows"] == first["rows"]
    assert stamp() != first


def query_and_commit(file: Path, sql: str) -> None:
    connection = sqlite3.connect(file)
    connection.execute(sql)
    connection.commit()
    connection.close()


def test_a_source_does_not_see_rows_that_come_after_it_was_opened(database: Path) -> None:
    """A row written between two chunks shifts nothing: the source reads the state it began with."""
    with SqlSource(URL, table="answers", chunk_rows=2) as source:
        chunks = source.chunks()
        seen = next(chunks).frame["client_id"].tolist()
        query_and_commit(database, "INSERT INTO answers VALUES ('Z', '2000-01-01', 1, '')")
        seen += [client for chunk in chunks for client in chunk.frame["client_id"]]
    assert seen == ["a", "a", "b", "c", "d"]


def test_cells_keep_what_the_database_holds() -> None:
    """2**53 + 1 beside a gap stays whole; 0.10 stays a decimal; days stay days."""
    big, day = 2**53 + 1, dt.date(2020, 1, 2)
    frame = frame_of([(big, 0.5, True, day, "é"), (None, None, None, None, None)], ["i", "f", "b", "d", "t"])
    assert frame["i"].tolist() == [big, pd.NA]
    assert frame.dtypes.astype(str).tolist() == ["Int64", "Float64", "boolean", "object", "str"]
    assert frame["d"].tolist()[0] == day
    assert frame_of([(2**70,)], ["i"])["i"].tolist() == [2**70]
    assert frame_of([], ["a", "b"]).columns.tolist() == ["a", "b"]


@pytest.mark.parametrize(
    ("value", "error", "words"),
    [
        (None, SourceError, "ERIQ_TEST_URL is not set"),
        ("not an address SECRET-77", SourceError, "does not hold an address"),
        ("sqlite:////nowhere/SECRET-77.db", SourceError, "not there"),
        ("nodatabase://u:SECRET-77@h/d", SourceError, "not known"),
        ("mysql+mysqldb://u:SECRET-77@h/d", DependencyError, "no driver"),
        ("postgresql://u:SECRET-77@127.0.0.1:1/d", DatabaseError, "ERIQ_TEST_URL refused while being opened"),
    ],
)
def test_an_unusable_address_is_named_by_its_variable_only(
    monkeypatch: pytest.MonkeyPatch, value: str | None, error: type[Exception], words: str, secret: str
) -> None:
    """The error tells the variable and the cause, never what the variable holds."""
    monkeypatch.delenv(URL, raising=False)
    if value:
        monkeypatch.setenv(URL, value)
    with pytest.raises(error, match=words) as caught:
        SqlSource(URL, table="answers")
    assert secret not in str(caught.value)


def test_an_address_where_a_name_belongs_is_refused_without_showing_it(secret: str) -> None:
    """Whoever writes the address into a config is told so, and its password is not repeated."""
    with pytest.raises(ConfigError, match="NAME of an environment variable") as caught:
        SqlSource(f"postgresql://u:{secret}@h/d", table="answers")
    assert secret not in str(caught.value)


def test_mistakes_in_a_source_are_named(database: Path) -> None:
    """Table and query at once, an unknown key, a table that is not there."""
    with pytest.raises(ConfigError, match="either a table or a query"):
        SqlSource(URL, table="answers", query="SELECT 1")
    with pytest.raises(ConfigError, match="chunk_rows must be at least 1"):
        SqlSource(URL, table="answers", chunk_rows=0)
    with pytest.raises(SourceError, match=r"no column 'clientid' to order by. Did you mean 'client_id'"):
        SqlSource(URL, table="answers", order_by=["clientid"])
    with pytest.raises(DatabaseError, match="refused while reading"):
        SqlSource(URL, table="nothing")


def test_no_engine_shows_values(database: Path) -> None:
    """SQLAlchemy hides the values of a statement that failed."""
    assert open_engine(URL).hide_parameters


def test_errors_of_a_driver_lose_their_text() -> None:
    """The driver's text holds a value; ours holds its class only."""
    assert "c17" not in str(named(ValueError("Key (client_id)=(c17) exists"), URL, "storing chunk 1"))


# --- sinks: the same promises for SQLite and DuckDB ----------------------------------------

Sink = SqlSink | DuckDbSink


class Place:
    """A database that sinks of several jobs write to, and that can be asked."""

    def __init__(self, kind: str, folder: Path) -> None:
        self.kind, self.file = kind, folder / f"scores.{kind}"

    def sink(self, job: str = "november") -> Sink:
        if self.kind == "duckdb":
            return DuckDbSink(self.file, "scores", job=job)
        return SqlSink(URL, "scores", job=job, lock_seconds=1)

    def ask(self, sql: str) -> list[tuple[Any, ...]]:
        if self.kind == "sqlite":
            return query(self.file, sql)
        import duckdb

        with duckdb.connect(str(self.file)) as connection:
            return connection.execute(sql).fetchall()

    def tables(self) -> list[str]:
        if self.kind == "sqlite":
            return [row[0] for row in self.ask("SELECT name FROM sqlite_master WHERE type = 'table' ORDER BY name")]
        return [row[0] for row in self.ask("SELECT table_name FROM duckdb_tables() ORDER BY table_name")]


@pytest.fixture(params=["sqlite", "duckdb"])
def place(request: pytest.FixtureRequest, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Place:
    made = Place(request.param, tmp_path)
    monkeypatch.setenv(URL, f"sqlite:///{made.file}")
    return made


def test_rows_appear_in_their_table_at_the_end_only(place: Place) -> None:
    """Two chunks of 3 and 2 rows are stored; the table stays empty until `finish`."""
    sink = place.sink()
    sink.write(0, scores(1, 3), rejects(4))
    sink.write(1, scores(5, 2), NONE)
    assert sink.completed() == 2
    assert sink.stored() == (2, 5, 1)
    assert place.ask("SELECT count(*) FROM scores") == [(0,)]
    sink.finish(RUN)
    assert place.ask("SELECT row, client_id, probability FROM scores ORDER BY row")[3] == (5, "c5", 0.005)
    assert [str(row[0]) for row in place.ask("SELECT answered_on FROM scores")] == ["2020-01-15"] * 5
    assert place.ask("SELECT row, code, reason FROM scores_rejected") == [(4, "code of 4", "reason of 4")]
    assert place.ask("SELECT scored, rejected, added, known, repeated, manifest FROM scores_runs") == [
        (5, 1, 5, 0, 0, json.dumps(RUN.model_dump(mode="json")))
    ]
    assert (sink.added, sink.known, sink.repeated) == (5, 0, 0)
    assert place.tables() == ["scores", "scores_journal", "scores_rejected", "scores_runs"]
    assert sink.completed() == 0
    sink.close()


def test_a_second_run_of_a_job_doubles_nothing(place: Place) -> None:
    """Three scores and one reject, twice: three scores and one reject; another model adds its own."""
    for _ in range(2):
        sink = place.sink()
        sink.write(0, scores(1, 3), rejects(4))
        sink.finish(RUN)
        sink.close()
    assert (sink.added, sink.known) == (0, 3)
    other = place.sink("another model")
    other.write(0, scores(1, 3, model="m-2"), NONE)
    other.finish(RUN)
    other.close()
    assert place.ask("SELECT model, count(*) FROM scores GROUP BY model ORDER BY model") == [("m-1", 3), ("m-2", 3)]
    assert place.ask("SELECT count(*) FROM scores_rejected") == [(1,)]
    assert place.ask("SELECT count(*) FROM scores_runs") == [(3,)]


def test_an_interrupted_job_goes_on_where_it_was(place: Place) -> None:
    """A new sink of the same job finds one chunk; a sink of another job finds none."""
    sink = place.sink()
    sink.write(0, scores(1, 3), NONE)
    sink.close()
    other = place.sink("december")
    assert other.completed() == 0
    other.close()
    again = place.sink()
    assert again.completed() == 1
    again.write(1, scores(4, 3), NONE)
    again.finish(RUN)
    again.close()
    assert place.ask("SELECT count(*), sum(row) FROM scores") == [(6, 21)]


def test_a_job_that_starts_anew_forgets_what_was_stored(place: Place) -> None:
    """Chunk 0 of an abandoned run had rows 1 to 3; after `forget` only rows 7 and 8 arrive."""
    sink = place.sink()
    sink.write(0, scores(1, 3), rejects(9))
    sink.forget()
    assert sink.completed() == 0
    sink.write(0, scores(7, 2), NONE)
    sink.finish(RUN)
    sink.close()
    assert place.ask("SELECT row FROM scores ORDER BY row") == [(7,), (8,)]
    assert place.ask("SELECT count(*) FROM scores_rejected") == [(0,)]


def test_two_processes_on_one_job_are_noticed(place: Place) -> None:
    """The second writer of chunk 0 is told so, and stores nothing."""
    one = place.sink()
    one.write(0, scores(1, 3), NONE)
    with pytest.raises(BusyError, match="another process"):
        one.write(0, scores(1, 3), NONE)
    assert one.stored() == (1, 3, 0)
    one.close()


def test_a_chunk_that_fails_leaves_nothing(place: Place) -> None:
    """Chunk 1 lacks a column: it is refused whole, and the journal still counts one chunk."""
    sink = place.sink()
    sink.write(0, scores(1, 3), NONE)
    with pytest.raises(OutputError, match="other columns"):
        sink.write(1, scores(4, 3).drop(columns="wave"), rejects(9))
    assert sink.stored() == (1, 3, 0)
    sink.write(1, scores(4, 3), NONE)
    sink.finish(RUN)
    sink.close()
    assert place.ask("SELECT count(*) FROM scores") == [(6,)]
    assert place.ask("SELECT count(*) FROM scores_rejected") == [(0,)]


def test_a_row_repeated_within_a_job_is_set_aside(place: Place) -> None:
    """Rows 1 and 9 are of one client, day and model: row 1 is scored, row 9 is among the rejected."""
    twice = scores(1, 3)
    twice.loc[2, ["row", "client_id"]] = [9, "c1"]
    sink = place.sink()
    sink.write(0, twice, NONE)
    sink.finish(RUN)
    sink.close()
    assert (sink.added, sink.repeated) == (2, 1)
    assert place.ask("SELECT row FROM scores ORDER BY row") == [(1,), (2,)]
    assert place.ask("SELECT row, client_id, code FROM scores_rejected") == [(9, "c1", "client_id:duplicate")]


def test_a_table_that_cannot_take_the_scores_is_refused_before_any_work(place: Place) -> None:
    """A table of that name without the column probability: nothing is stored."""
    sink = place.sink()
    sink.write(0, scores(1, 1).drop(columns="probability"), NONE)
    sink.finish(RUN)
    sink.close()
    sink = place.sink("other")
    with pytest.raises(OutputError, match=r"lacks the column\(s\) probability"):
        sink.write(0, scores(2, 1), NONE)
    assert sink.completed() == 0
    sink.close()


def test_a_run_without_any_score_ends_well(place: Place) -> None:
    """One chunk of one rejected row: the run is listed with 0 scored."""
    sink = place.sink()
    sink.write(0, scores(1, 0), rejects(1))
    sink.finish(RUN)
    sink.close()
    assert place.ask("SELECT scored, rejected FROM scores_runs") == [(0, 1)]
    assert place.ask("SELECT row FROM scores_rejected") == [(1,)]


def test_an_input_without_rows_ends_well(place: Place) -> None:
    """No chunk at all: the run is listed with 0 and 0."""
    sink = place.sink()
    sink.finish(RUN)
    sink.close()
    assert place.ask("SELECT scored, rejected FROM scores_runs") == [(0, 0)]


def test_odd_text_is_stored(place: Place) -> None:
    """Quotes, a semicolon, another script and the sign 0 arrive as text; SQL gets a mark for the sign 0."""
    frame = scores(1, 3).assign(client_id=["o'; DROP TABLE scores; --", "Åsa 你", "a\x00b"])
    sink = place.sink()
    sink.write(0, frame, NONE)
    sink.finish(RUN)
    sink.close()
    found = [row[0] for row in place.ask("SELECT client_id FROM scores ORDER BY row")]
    assert found == ["o'; DROP TABLE scores; --", "Åsa 你", "a\ufffdb" if place.kind == "sqlite" else "a\x00b"]


def test_half_a_surrogate_pair_is_stored_as_a_question_mark() -> None:
    """No database takes it, and a rejected row may hold it."""
    assert records(pd.DataFrame({"t": ["a\ud800b"]}, dtype=object)) == [{"t": "a?b"}]


def test_a_row_whose_text_is_not_utf8_is_broken_and_the_others_are_not(database: Path) -> None:
    """Row 3 of 6 holds the byte E5, Latin-1 for å; five rows are read, one is broken, with its number."""
    query_and_commit(database, "INSERT INTO answers VALUES ('aa', '2020-01-01', 1, CAST(x'E5' AS TEXT))")
    with SqlSource(URL, table="answers") as source:
        (chunk,) = source.chunks()
        source.stamp()
    assert chunk.frame["client_id"].tolist() == ["a", "a", "b", "c", "d"]
    assert chunk.rows.tolist() == [1, 2, 4, 5, 6]
    assert chunk.broken.to_dict("list") == {"row": [3], "code": ["encoding"], "reason": ["text that is not UTF-8"]}
    assert chunk.n_rows == 6


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


def test_duckdb_reads_what_sqlite_reads(database: Path, tmp_path: Path) -> None:
    """The same five rows give the same chunks, also from chunk 1 on, while a sink writes to the file."""
    duckdb = pytest.importorskip("duckdb")
    file = tmp_path / "agency.duckdb"
    with SqlSource(URL, table="answers", chunk_rows=2) as source, duckdb.connect(str(file)) as made:
        expected = [chunk.frame for chunk in source.chunks()]
        made.register("rows", pd.concat(expected))
        made.execute("CREATE TABLE answers AS SELECT * FROM rows ORDER BY note")
        made.unregister("rows")
    duck = DuckDbSource(file, table="answers", chunk_rows=2)
    sink = DuckDbSink(file, "scores", job="november")
    assert duck.total_rows == 5
    for chunk, frame in zip(duck.chunks(), expected, strict=True):
        pd.testing.assert_frame_equal(chunk.frame, frame, check_dtype=False)
        sink.write(chunk.index, scores(chunk.first_row, chunk.n_rows), NONE)
    sink.finish(RUN)
    assert [c.rows.tolist() for c in duck.chunks(1)] == [[3, 4], [5]]
    before = duck.stamp()
    sink.close()
    duck.close()
    with duckdb.connect(str(file)) as made:
        assert made.execute("SELECT count(*) FROM scores").fetchone() == (5,)
        made.execute("UPDATE answers SET cw01 = 2 WHERE client_id = 'd'")
    again = DuckDbSource(file, table="answers", chunk_rows=2)
    assert again.stamp() != before
    again.close()


def test_a_duckdb_file_that_is_not_one_is_named(tmp_path: Path) -> None:
    """No file, and a file of other content."""
    with pytest.raises(SourceError, match="no DuckDB file"):
        DuckDbSource(tmp_path / "none.duckdb", table="answers")
    (tmp_path / "text.duckdb").write_text("client_id;cw01\n" * 1000)
    with pytest.raises((BusyError, DatabaseError), match=r"text\.duckdb"):
        DuckDbSource(tmp_path / "text.duckdb", table="answers")


# --- kill -9 -------------------------------------------------------------------------------

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
