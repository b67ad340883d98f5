"""Answers from a DuckDB file."""

from pathlib import Path

import pandas as pd
import pytest

from eriq.errors import BusyError, ConfigError, DatabaseError, SourceError
from eriq.scoring.sinks.duckdb import DuckDbSink
from eriq.scoring.sources.duckdb import DuckDbSource
from eriq.scoring.sources.sql import SqlSource
from tests.scoring.conftest import NONE, RUN, URL, scores


def test_duckdb_reads_what_sqlite_reads(database: Path, tmp_path: Path) -> None:
    """The same five rows give the same chunks, also from chunk 1 on, while a sink writes to the file."""
    duckdb = pytest.importorskip("duckdb")
    file = tmp_path / "agency.duckdb"
    with SqlSource(URL, table="answers", chunk_rows=2) as source, duckdb.connect(str(file)) as made:
        expected = [chunk.frame for chunk in source.chunks()]
        made.register("rows", pd.concat(expected))
        made.execute("CREATE TABLE answers AS SELECT * FROM rows ORDER BY note")
        made.unregister("rows")
    duck = DuckDbSource(file, table="answers", chunk_rows=2, written=True)
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


@pytest.fixture
def agency(tmp_path: Path) -> Path:
    """Make a DuckDB file with two answers, and a text beside it that nobody may read through it."""
    duckdb = pytest.importorskip("duckdb")
    file = tmp_path / "agency.duckdb"
    with duckdb.connect(str(file)) as made:
        made.execute("CREATE TABLE answers AS SELECT 'a' AS client_id, DATE '2020-01-01' AS answered_on, 3 AS cw01")
    (tmp_path / "other.csv").write_text("client_id,answered_on\nSECRET-77,2020-01-01\n")
    return file


@pytest.mark.parametrize("written", [False, True])
@pytest.mark.parametrize(
    "query",
    [
        "SELECT content AS client_id, filename AS answered_on FROM read_text('{0}/other.csv')",
        "SELECT * FROM read_csv('{0}/other.csv')",
        "SELECT * FROM '{0}/other.csv'",
        "FROM glob('{0}/*')",
        "SELECT * FROM frame",
        "COPY answers TO '{0}/copied.csv'",
        "ATTACH '{0}/more.duckdb' AS more",
        "DROP TABLE answers",
        "SELECT * FROM answers; DROP TABLE answers",
        "SET enable_external_access = true",
        "PRAGMA database_list",
        "INSTALL httpfs",
        "SELECT 'SECRET-77",
    ],
)
def test_a_query_of_duckdb_sees_the_tables_of_its_file_alone(agency: Path, query: str, written: bool) -> None:
    """Other files, variables of the program, further statements: refused in words without the query, nothing made."""
    frame = pd.DataFrame({"client_id": ["x"], "answered_on": ["y"]})  # what DuckDB would find by its name
    assert len(frame) == 1
    before = {file.name: file.read_bytes() for file in agency.parent.iterdir()}
    with pytest.raises((ConfigError, DatabaseError)) as refused:
        DuckDbSource(agency, query=query.format(agency.parent), written=written)
    assert "SECRET" not in str(refused.value)
    if "read_" in query or "glob" in query or not query.startswith(("SELECT *", "FROM")):
        assert isinstance(refused.value, ConfigError)
    assert {file.name: file.read_bytes() for file in agency.parent.iterdir()} == before


def test_a_plain_query_of_duckdb_is_read(agency: Path) -> None:
    """One SELECT, with what only DuckDB understands, and a semicolon."""
    with DuckDbSource(agency, query="FROM answers SELECT * EXCLUDE (cw01);") as source:
        assert next(source.chunks()).frame["client_id"].tolist() == ["a"]


def test_a_duckdb_file_is_opened_to_read_only(agency: Path) -> None:
    """A file that may not be written is read, and two readers have it open at once."""
    agency.chmod(0o444)
    with DuckDbSource(agency, table="answers") as one, DuckDbSource(agency, table="answers") as other:
        assert one.stamp() == other.stamp()


@pytest.mark.parametrize("written", [False, True])
def test_nothing_can_be_written_through_a_source(agency: Path, written: bool) -> None:
    """Not by the very connection that a query runs on, whether the file is shared with a sink or not."""
    duckdb = pytest.importorskip("duckdb")
    with DuckDbSource(agency, table="answers", written=written) as source, pytest.raises(duckdb.Error):
        source._reader._cursor().execute("CREATE TABLE more AS SELECT 1 AS x")  # type: ignore[attr-defined]
