"""PostgreSQL as source and sink; needs ERIQ_TEST_POSTGRES, which `.ci/postgres start` sets."""

import os
import signal
import subprocess
import sys
import threading
import time
import uuid
from collections.abc import Callable, Iterator
from contextlib import closing
from decimal import Decimal
from typing import Any

import numpy as np
import pandas as pd
import pytest
import sqlalchemy as sa

from eriq.errors import BusyError, DatabaseError
from eriq.scoring.databases import copied, sql
from eriq.scoring.databases.sql import SqlReader, SqlWriter, open_engine
from eriq.scoring.set_aside import SET_ASIDE, nothing
from eriq.scoring.sinks.sql import SqlSink
from eriq.scoring.sources.sql import SqlSource
from tests.scoring.conftest import RUN, RUN_IN_A_SCRIPT

URL = "ERIQ_TEST_POSTGRES"
pytestmark = pytest.mark.skipif(not os.environ.get(URL), reason=f"{URL} is not set: see .ci/postgres")
NONE = nothing(SET_ASIDE)


@pytest.fixture
def engine() -> Iterator[sa.Engine]:
    made = open_engine(URL)
    yield made
    made.dispose()


@pytest.fixture(autouse=True)
def closed(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """Let go of the connections that sinks of a test keep."""
    made: list[SqlWriter] = []
    real = SqlWriter.__init__

    def remembered(writer: SqlWriter, *given: Any) -> None:
        made.append(writer)
        real(writer, *given)

    monkeypatch.setattr(SqlWriter, "__init__", remembered)
    yield
    for writer in made:
        writer.close()


@pytest.fixture
def schema(engine: sa.Engine) -> Iterator[str]:
    """Make a schema of the test's own."""
    name = f"t{uuid.uuid4().hex[:12]}"
    with engine.begin() as connection:
        connection.exec_driver_sql(f"CREATE SCHEMA {name}")
    yield name
    with engine.begin() as connection:
        connection.exec_driver_sql("SET LOCAL lock_timeout = '5s'")  # a failed test may still read
        connection.exec_driver_sql(f"DROP SCHEMA {name} CASCADE")


@pytest.fixture
def ask(engine: sa.Engine, schema: str) -> Callable[[str], list[tuple[Any, ...]]]:
    """Return what a statement gives, with the test's schema first on the path."""

    def run(sql: str) -> list[tuple[Any, ...]]:
        with engine.begin() as connection:
            connection.exec_driver_sql(f"SET LOCAL search_path TO {schema}")
            result = connection.exec_driver_sql(sql)
            return [tuple(row) for row in result] if result.returns_rows else []

    return run


def scores(first: int, n: int) -> pd.DataFrame:
    rows = np.arange(first, first + n)
    days = pd.to_datetime(["2020-01-15"] * n).astype("datetime64[us]")
    return pd.DataFrame({"row": rows, "client_id": [f"c{k}" for k in rows], "answered_on": days, "model": "m-1"})


# --- source --------------------------------------------------------------------------------


ODD = (
    "SELECT k, CASE mod(k, 4) WHEN 0 THEN NULL WHEN 1 THEN '' WHEN 2 THEN E'a,\"b\"\\n\\\\.' ELSE ' å ' END AS t, "
    "CASE WHEN k = 2 THEN 'NaN' WHEN k = 3 THEN '-Infinity' WHEN k > 4 THEN NULL ELSE k / 3.0 END::float8 AS f, "
    "(k / 7.0)::float4 AS g, (k / 8.0)::numeric(9, 2) AS n, k > 2 AS b, DATE '0001-01-01' + k * 400000 AS d, "
    "'x'::char(3) AS c, NULL::int AS nothing, k::smallint AS s FROM generate_series(0, 6) k"
)


@pytest.mark.parametrize("query", [ODD, "SELECT nothing FROM odd", "SELECT k, k % 3 AS b, ':x' AS t FROM odd"])
def test_whole_columns_are_what_rows_would_be(
    schema: str, ask: Callable[..., Any], monkeypatch: pytest.MonkeyPatch, query: str
) -> None:
    """By COPY come the cells and types that a cursor gives, row after row: gaps, empty text, line breaks, NaN, 0.10."""
    ask(f"CREATE TABLE odd AS {ODD}")
    text, order = query.replace("FROM odd", f"FROM {schema}.odd"), ["nothing" if "SELECT nothing" in query else "k"]
    with SqlSource(URL, query=text, order_by=order, chunk_rows=3) as source:
        made = [chunk.frame for chunk in source.chunks()]
    monkeypatch.setattr(SqlReader, "frames", lambda *given: None)
    with SqlSource(URL, query=text, order_by=order, chunk_rows=3) as source:
        rows = [chunk.frame for chunk in source.chunks()]
    assert [len(frame) for frame in made] == [3, 3, 1]
    for one, other in zip(made, rows, strict=True):
        pd.testing.assert_frame_equal(one, other, check_exact=True)


def test_reading_that_ends_early_leaves_the_connection_as_it_was(schema: str) -> None:
    """The server still sends rows when nobody wants more of them; then they are asked for again."""
    rows = "SELECT generate_series(1, 200000) AS k"
    with SqlSource(URL, query=rows, order_by=["k"], chunk_rows=3) as source:
        for index in (0, 2):
            with closing(source.chunks(index)) as chunks:
                assert next(chunks).frame["k"].tolist() == [3 * index + 1, 3 * index + 2, 3 * index + 3]


@pytest.mark.parametrize("cell", ["ARRAY[1, 2]", "DATE 'infinity'", "now()"])
def test_other_types_come_as_they_did(schema: str, ask: Callable[..., Any], cell: str) -> None:
    """A column of another type lets rows come one by one; a day that is none of a calendar ends the job by name."""
    ask(f"CREATE TABLE odd AS SELECT 1 AS k, {cell} AS x")
    with SqlSource(URL, table=f"{schema}.odd", order_by=["k"]) as source:
        if "infinity" in cell:
            with pytest.raises(DatabaseError, match="cell that cannot be read"):
                list(source.chunks())
        else:
            assert len(next(iter(source.chunks())).frame) == 1


def test_odd_cells_are_stored_as_they_were(
    schema: str, ask: Callable[..., Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    """By COPY go the cells that an INSERT would store: gaps, empty text, quotes, signs that databases refuse."""
    texts = ["", None, 'a"b,\n', "\\.", "x\x00", "NULL"]
    numbers = [1.5, np.nan, np.inf, 1e-300, 0.1 + 0.2, -0.0]
    frame = pd.DataFrame({"t": pd.Series(texts, dtype="str"), "f": numbers, "w": range(6), "b": [True, False] * 3})
    frame["d"] = pd.to_datetime(["2020-01-15", None] * 3)
    frame["e"] = pd.array([1, None] * 3, dtype="Int16")
    frame["s"] = pd.Series([*"abcde", "\ud800"], dtype=object)
    stored = []
    for name, by_copy in (("one", True), ("other", False)):
        monkeypatch.setattr(sql, "_by_copy", lambda engine, by_copy=by_copy: by_copy)
        writer = SqlWriter(URL, 5)
        with writer.transaction("storing"):
            writer.create(f"{schema}.{name}", frame, [])
            writer.load(f"{schema}.{name}", frame)
        writer.close()
        stored.append(ask(f"SELECT t, f::text, w, b, d, e, s FROM {name} ORDER BY w"))
    assert stored[0] == stored[1]
    assert stored[0][0][0] == ""


def test_chunks_stamp_and_types(schema: str, ask: Callable[..., Any]) -> None:
    """Seven rows in chunks of three; ids beyond 2**53 beside a gap, decimals and days arrive whole."""
    ask(
        "CREATE TABLE answers AS SELECT 'k' || k AS client_id, DATE '2020-01-01' + k AS answered_on, "
        "0.10::numeric share, CASE WHEN k = 3 THEN NULL ELSE 9007199254740993 END AS big FROM generate_series(1, 7) k"
    )
    with SqlSource(URL, table=f"{schema}.answers", chunk_rows=3) as source:
        chunks = list(source.chunks())
        later = list(source.chunks(2))
        stamp = source.stamp()
    assert [c.rows.tolist() for c in chunks] == [[1, 2, 3], [4, 5, 6], [7]]
    assert chunks[0].frame["big"].tolist() == [9007199254740993, 9007199254740993, pd.NA]
    assert chunks[0].frame["share"].tolist() == [Decimal("0.10")] * 3
    assert str(chunks[0].frame["answered_on"][0]) == "2020-01-02"
    assert later[0].frame["client_id"].tolist() == ["k7"]
    ask("UPDATE answers SET share = 0.11 WHERE client_id = 'k5'")
    with SqlSource(URL, table=f"{schema}.answers", chunk_rows=3) as source:
        changed = source.stamp()
    assert stamp["rows"] == changed["rows"] == "7"
    assert stamp["content"] != changed["content"]


def test_rows_that_come_while_reading_shift_nothing(schema: str, ask: Callable[..., Any]) -> None:
    """A row is inserted before the first one after chunk 0 was read, even into a later cursor."""
    ask("CREATE TABLE answers AS SELECT chr(96 + k) AS client_id FROM generate_series(1, 6) k")
    with SqlSource(URL, table=f"{schema}.answers", order_by=["client_id"], chunk_rows=2) as source:
        chunks = source.chunks()
        seen = next(chunks).frame["client_id"].tolist()
        ask("INSERT INTO answers VALUES ('A')")
        seen += [client for chunk in chunks for client in chunk.frame["client_id"]]
        assert seen == list("abcdef")
        assert next(source.chunks(2)).frame["client_id"].tolist() == ["e", "f"]


def test_a_query_cannot_write(schema: str, ask: Callable[..., Any]) -> None:
    """A function in the query that would change data is refused: the source reads only."""
    ask("CREATE TABLE answers (client_id text)")
    body = f"INSERT INTO {schema}.answers VALUES (1) RETURNING client_id"
    ask(f"CREATE FUNCTION spoil() RETURNS text LANGUAGE sql AS '{body}'")
    with pytest.raises(DatabaseError, match="ReadOnlySqlTransaction"):
        SqlSource(URL, query=f"SELECT {schema}.spoil() AS client_id", order_by=["client_id"])


def test_a_wrong_password_is_not_repeated(monkeypatch: pytest.MonkeyPatch, secret: str) -> None:
    """The server refuses the password; the error names the variable only."""
    url = sa.make_url(os.environ[URL]).set(password=secret)
    monkeypatch.setenv("ERIQ_WRONG", url.render_as_string(hide_password=False))
    with pytest.raises(DatabaseError, match="ERIQ_WRONG refused while being opened") as caught:
        SqlSource("ERIQ_WRONG", table="answers")
    assert secret not in str(caught.value)
    assert str(url.host) not in str(caught.value)


def test_a_connection_dropped_in_mid_stream_is_named(schema: str, ask: Callable[..., Any]) -> None:
    """The administrator ends the reading session after chunk 0: a named error, and a new source continues."""
    ask("CREATE TABLE answers AS SELECT lpad(k::text, 6, '0') AS client_id FROM generate_series(1, 50000) k")
    with SqlSource(URL, table=f"{schema}.answers", order_by=["client_id"], chunk_rows=1000) as source:
        chunks = source.chunks()
        next(chunks)
        reading = f"FROM pg_locks WHERE relation = '{schema}.answers'::regclass"
        assert ask(f"SELECT pg_terminate_backend(pid) {reading}") == [(True,)]
        with pytest.raises(DatabaseError, match=r"connection .* was lost while reading .*--resume"):
            list(chunks)
    with SqlSource(URL, table=f"{schema}.answers", order_by=["client_id"], chunk_rows=1000) as again:
        assert next(again.chunks(1)).frame["client_id"][0] == "001001"


# --- sink ----------------------------------------------------------------------------------


def test_two_runs_do_not_double_rows(schema: str, ask: Callable[..., Any]) -> None:
    """Three rows are added by the first run, and known to the second."""
    found = []
    for _ in range(2):
        sink = SqlSink(URL, f"{schema}.scores", job="november")
        sink.write(0, scores(1, 2), NONE)
        sink.write(1, scores(3, 1), NONE)
        assert ask("SELECT count(*) FROM scores") == [(len(found) and 3,)]
        sink.finish(RUN)
        found.append((sink.added, sink.known, sink.repeated))
    assert found == [(3, 0, 0), (0, 3, 0)]
    assert ask("SELECT row, answered_on::text FROM scores ORDER BY row") == [(k, "2020-01-15") for k in (1, 2, 3)]
    names = ask(f"SELECT table_name FROM information_schema.tables WHERE table_schema = '{schema}' ORDER BY 1")
    assert [n[0] for n in names] == ["scores", "scores_journal", "scores_rejected", "scores_runs"]


@pytest.mark.parametrize("case", ["empty", "filled", "other rows", "relied on", "no key", "repeated", "read"])
def test_a_table_is_filled_at_one_go_where_it_can_be(
    schema: str, engine: sa.Engine, ask: Callable[..., Any], case: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """An empty table with its key is; else rows go one by one: same rows and counts, and the key is there as before."""
    given = scores(1, 3)
    sink = SqlSink(URL, f"{schema}.scores", job="november")
    if case in ("filled", "other rows"):
        sink.write(0, scores(2 if case == "filled" else 4, 1), NONE)
        sink.finish(RUN)
    sink.write(0, given.assign(client_id=["c1", "c2", "c1"]) if case == "repeated" else given, NONE)
    if case == "relied on":
        ask("CREATE TABLE own (c text, d date, m text, FOREIGN KEY (c, d, m) REFERENCES scores "
            "(client_id, answered_on, model))")  # fmt: skip
    if case == "no key":
        ask("ALTER TABLE scores DROP CONSTRAINT scores_client_id_answered_on_model_key")
    real, told = copied.fill, []
    monkeypatch.setattr(copied, "fill", lambda *words: told.append(real(*words)) or told[-1])

    with engine.connect() as other:
        if case == "read":  # by somebody whose transaction is still open, for which nobody waits
            other.exec_driver_sql(f"SELECT count(*) FROM {schema}.scores")
        start = time.monotonic()
        sink.finish(RUN)
        assert time.monotonic() - start < 10

    assert told == [3 if case == "empty" else None]
    counts = {"filled": (2, 1, 0), "repeated": (2, 0, 1)}.get(case, (3, 0, 0))
    assert (sink.added, sink.known, sink.repeated) == counts
    rows = {"repeated": [1, 2], "other rows": [1, 2, 3, 4]}.get(case, [1, 2, 3])
    assert ask("SELECT row FROM scores ORDER BY row") == [(row,) for row in rows]
    key = "SELECT conname, pg_get_constraintdef(oid) FROM pg_constraint WHERE conrelid = 'scores'::regclass"
    name = "scores_client_id_answered_on_model_key"
    assert ask(key) == ([] if case == "no key" else [(name, "UNIQUE (client_id, answered_on, model)")])


def test_a_table_of_somebody_else_is_not_changed(schema: str, engine: sa.Engine, ask: Callable[..., Any]) -> None:
    """Whoever may write rows but does not own the table leaves its key alone, and the transaction can go on."""
    ask("CREATE TABLE scores (k int, UNIQUE (k))")
    role = f"role_{schema}"
    ask(f"CREATE ROLE {role}; GRANT USAGE ON SCHEMA {schema} TO {role}; GRANT SELECT, INSERT ON scores TO {role}")
    try:
        with engine.begin() as connection:
            connection.exec_driver_sql(f"SET LOCAL ROLE {role}")
            assert copied.fill(connection, f"{schema}.scores", "(k) SELECT 1", "UNIQUE (k)") is None
            connection.exec_driver_sql(f"INSERT INTO {schema}.scores VALUES (2)")
        assert ask("SELECT k FROM scores") == [(2,)]
    finally:
        ask(f"DROP OWNED BY {role}; DROP ROLE {role}")


def test_a_writer_keeps_one_connection_and_finds_another(schema: str, ask: Callable[..., Any]) -> None:
    """Two chunks are stored by one session; when it is ended between them, the third comes by a new one."""
    sink = SqlSink(URL, f"{schema}.scores", job="november")

    def session() -> int:
        with sink._db.transaction("asking"):
            return int(sink._db.select("SELECT pg_backend_pid()")[0][0])

    first = session()
    sink.write(0, scores(1, 1), NONE)
    sink.write(1, scores(2, 1), NONE)
    assert session() == first
    ask(f"SELECT pg_terminate_backend({first})")
    sink.write(2, scores(3, 1), NONE)
    assert session() != first
    assert sink.stored() == (3, 3, 0)


def test_a_locked_table_is_named_and_the_job_can_be_finished(
    schema: str, engine: sa.Engine, ask: Callable[..., Any]
) -> None:
    """Somebody holds the score table at the end; after a second the job says so, and ends when called again."""
    sink = SqlSink(URL, f"{schema}.scores", job="november", lock_seconds=1)
    sink.write(0, scores(1, 2), NONE)
    with engine.connect() as other:
        other.exec_driver_sql(f"LOCK TABLE {schema}.scores IN ACCESS EXCLUSIVE MODE")
        with pytest.raises(DatabaseError, match=r"locked by somebody else .*LockNotAvailable, 55P03.*--resume"):
            sink.finish(RUN)
    again = SqlSink(URL, f"{schema}.scores", job="november")
    assert again.stored() == (1, 2, 0)
    again.finish(RUN)
    assert ask("SELECT count(*) FROM scores") == [(2,)]


def test_a_connection_dropped_while_storing_leaves_whole_chunks(
    schema: str, engine: sa.Engine, ask: Callable[..., Any]
) -> None:
    """The session that stores chunk 1 waits for a lock and is ended: one chunk is stored, and the job goes on."""
    sink = SqlSink(URL, f"{schema}.scores", job="november", lock_seconds=60)
    sink.write(0, scores(1, 2), NONE)
    caught: list[BaseException] = []

    def store() -> None:
        try:
            sink.write(1, scores(3, 2), NONE)
        except DatabaseError as why:
            caught.append(why)

    with engine.connect() as other:
        other.exec_driver_sql(f"LOCK TABLE {schema}.scores_journal IN ACCESS EXCLUSIVE MODE")
        thread = threading.Thread(target=store)
        thread.start()
        waiting = f"FROM pg_stat_activity WHERE wait_event_type = 'Lock' AND strpos(query, '{schema}') > 0"
        for _ in range(200):
            if ask(f"SELECT count(*) {waiting}") == [(1,)]:
                break
            time.sleep(0.05)
        assert ask(f"SELECT pg_terminate_backend(pid) {waiting}") == [(True,)]
        thread.join()
    assert "was lost while storing chunk 1" in str(caught[0])
    assert sink.stored() == (1, 2, 0)
    sink.write(1, scores(3, 2), NONE)
    sink.finish(RUN)
    assert ask("SELECT count(*), sum(row) FROM scores") == [(4, 10)]


def test_two_writers_of_one_chunk_meet_in_the_journal(schema: str, ask: Callable[..., Any]) -> None:
    """Two threads store chunk 0 of the same job at once: one succeeds, one is told that it is busy."""
    sinks = [SqlSink(URL, f"{schema}.scores", job="november") for _ in range(2)]
    sinks[0]._journal()
    sinks[0]._ready = sinks[1]._ready = True  # the table's own making is not what is raced for here
    barrier, busy = threading.Barrier(2), []

    def store(sink: SqlSink) -> None:
        barrier.wait()
        try:
            sink.write(0, scores(1, 5000), NONE)
        except BusyError:
            busy.append(sink)

    threads = [threading.Thread(target=store, args=(sink,)) for sink in sinks]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(busy) == 1
    assert sinks[0].stored() == (1, 5000, 0)


# --- kill -9 -------------------------------------------------------------------------------

JOB = (
    RUN_IN_A_SCRIPT
    + """
import sys
from eriq.scoring.sinks.sql import SqlSink
from eriq.scoring.sources.sql import SqlSource
schema, rows = sys.argv[1], int(sys.argv[2])
source = SqlSource("ERIQ_TEST_POSTGRES", table=f"{schema}.big", order_by=["client_id"], chunk_rows=rows)
sink = SqlSink("ERIQ_TEST_POSTGRES", f"{schema}.scores", job="copy " + source.stamp()["content"])
for chunk in source.chunks(sink.completed()):
    good = chunk.frame["v"].mod(10).ne(0).to_numpy(bool)
    frame = chunk.frame.assign(row=chunk.rows, model="m")
    bad = frame.loc[~good, ["row", "client_id"]].assign(code="v:tenth", reason="every tenth")
    sink.write(chunk.index, frame[good], bad)
    print(chunk.index, flush=True)
sink.finish(RUN)
print("done", sink.added, sink.known, flush=True)
"""
)


def run_job(schema: str, chunk_rows: int, kill_after: int | None = None) -> list[str]:
    """Run the job in a process of its own, killed after so many chunks if asked; return its lines."""
    with subprocess.Popen(
        [sys.executable, "-c", JOB, schema, str(chunk_rows)], stdout=subprocess.PIPE, text=True
    ) as process:
        assert process.stdout is not None
        if kill_after is None:
            return process.stdout.read().splitlines()
        lines = [process.stdout.readline().strip() for _ in range(kill_after)]
        os.kill(process.pid, signal.SIGKILL)
    return lines


def survives(n: int, chunk_rows: int, kills: tuple[int, ...], schema: str, ask: Callable[..., Any]) -> None:
    ask(f"CREATE TABLE big AS SELECT lpad(k::text, 9, '0') AS client_id, DATE '2020-01-01' AS answered_on, k AS v, "
        f"repeat('answer', 5) AS text FROM generate_series(0, {n - 1}) k ORDER BY md5(k::text)")  # fmt: skip
    for kill in kills:
        assert len(run_job(schema, chunk_rows, kill)) == kill
        assert ask("SELECT count(*) FROM scores") == [(0,)]
    assert run_job(schema, chunk_rows)[-1] == f"done {n * 9 // 10} 0"
    whole = "SELECT count(*), sum(hashtextextended(concat_ws('|', client_id, answered_on, v, text), 0)) FROM"
    assert ask(f"{whole} scores") == ask(f"{whole} big WHERE mod(v, 10) <> 0")
    assert ask(
        "SELECT count(*), sum(row) FROM (SELECT row FROM scores UNION ALL SELECT row FROM scores_rejected) a"
    ) == [(n, n * (n + 1) // 2)]
    assert run_job(schema, chunk_rows)[-1] == f"done 0 {n * 9 // 10}"
    assert ask("SELECT count(*) FROM scores") == [(n * 9 // 10,)]


def test_fifty_thousand_rows_survive_two_kills(schema: str, ask: Callable[..., Any]) -> None:
    """Killed after 3 and after 2 more of 10 chunks: count and checksum equal the input; a further run adds nothing."""
    survives(50_000, 5_000, (3, 2), schema, ask)


@pytest.mark.long
def test_a_million_rows_survive_two_kills(schema: str, ask: Callable[..., Any]) -> None:
    """Killed after 7 and after 5 more of 20 chunks: count and checksum equal the input; a further run adds nothing."""
    survives(1_000_000, 50_000, (7, 5), schema, ask)
