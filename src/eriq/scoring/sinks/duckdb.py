"""Scores into a DuckDB file."""

from pathlib import Path

from eriq.scoring.databases.duckdb import DuckFile
from eriq.scoring.sinks.table import TableSink


class DuckDbSink(TableSink):
    """Scores in a table of a DuckDB file, which is made if it is not there; else as `SqlSink`."""

    def __init__(self, file: Path, table: str, *, job: str) -> None:
        super().__init__(DuckFile(file), table, job)
