"""Answers from a database that SQLAlchemy reaches; PostgreSQL in its own module."""

import sqlite3
from pathlib import Path

import pandas as pd
import pytest

from eriq.errors import ConfigError, DatabaseError, SourceError
from eriq.scoring.sources.sql import SqlSource
from tests.scoring.conftest import URL, query_and_commit


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


def test_a_source_does_not_see_rows_that_come_after_it_was_opened(database: Path) -> None:
    """A row written between two chunks shifts nothing: the source reads the state it began with."""
    with SqlSource(URL, table="answers", chunk_rows=2) as source:
        chunks = source.chunks()
        seen = next(chunks).frame["client_id"].tolist()
        query_and_commit(database, "INSERT INTO answers VALUES ('Z', '2000-01-01', 1, '')")
        seen += [client for chunk in chunks for client in chunk.frame["client_id"]]
    assert seen == ["a", "a", "b", "c", "d"]


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


@pytest.mark.parametrize(
    "query", ["DELETE FROM answers", "SELECT 1; DELETE FROM answers", "ATTACH 'x.db' AS y", "SELECT 'SECRET-77"]
)
def test_a_query_that_is_more_than_one_select_is_refused(database: Path, query: str) -> None:
    """ConfigError before anything is opened, with the rule and not the query; the table is as it was."""
    before = database.read_bytes()
    with pytest.raises(ConfigError, match="one SELECT") as refused:
        SqlSource(URL, query=query, order_by=["client_id"])
    assert "SECRET" not in str(refused.value)
    assert database.read_bytes() == before


def test_nothing_can_be_written_through_a_source(database: Path) -> None:
    """Whatever got past the reading of a query: the connection itself refuses, and attaches nothing."""
    with SqlSource(URL, table="answers") as source:
        raw = source._reader._connection.connection.driver_connection  # type: ignore[attr-defined]
        for sql in ("DELETE FROM answers", "CREATE TABLE more (x)", "ATTACH ':memory:' AS y", "PRAGMA query_only = 0"):
            with pytest.raises(sqlite3.DatabaseError, match="not authorized"):
                raw.execute(sql)
