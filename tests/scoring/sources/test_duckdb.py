"""Answers from a DuckDB file."""

from pathlib import Path

import pandas as pd
import pytest

from eriq.errors import BusyError, DatabaseError, SourceError
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
