"""What is checked before Spark starts: PySpark and Java, the files, their columns, and what will come out."""

import importlib.util
import os
import shutil
from collections.abc import Mapping
from dataclasses import dataclass, replace
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq

from eriq.errors import DependencyError, SourceError
from eriq.model.bundle import Bundle
from eriq.scoring.chunk import score_rows
from eriq.scoring.columns import wanted_columns
from eriq.scoring.kinds import Kind, kind_of
from eriq.scoring.options import Options
from eriq.scoring.sources.base import Wanted
from eriq.scoring.spark.contract import ASIDE
from eriq.tables.files import instrument_of
from eriq.tables.folders import parquet_files


@dataclass(frozen=True, slots=True, eq=False)
class Given:
    """A checked input."""

    path: Path
    files: dict[Path, int]  # in the order of their names, with their rows
    names: list[str]  # wanted columns
    kinds: dict[str, Kind]  # name and kind of each column of the output
    total: int  # rows of all files


def checked_input(bundle: Bundle, path: Path, options: Options) -> Given:
    """Return a Parquet file or folder that can be scored, before anything is started.

    Raises
    ------
    SourceError, SchemaError
        When there is no such file, no row, or some file lacks a column.
    """
    files = rows_of_files(path)
    if not (total := sum(files.values())):
        raise SourceError(f"{path.name} has no rows")
    names = _columns_of_files(files, wanted_columns(bundle))
    return Given(path, files, names, _output_kinds(bundle, names, options), total)


def require_spark() -> None:
    """Raise DependencyError where PySpark or Java is not there, before anything is started."""
    if importlib.util.find_spec("pyspark") is None:
        raise DependencyError("scoring with Spark needs PySpark: pip install 'eriq[spark]'")
    home = os.environ.get("JAVA_HOME")
    java = Path(home, "bin", "java") if home else shutil.which("java")
    if not java or not Path(java).exists():
        where = "JAVA_HOME has no bin/java" if home else "no java on the PATH"
        raise DependencyError(f"scoring with Spark needs Java 17 or later: {where}")


def rows_of_files(given: Path) -> dict[Path, int]:
    """Return the Parquet files of the input in the order of their names, and how many rows each has."""
    if not given.exists():
        raise SourceError(f"there is no file or folder {given}")
    files = {}
    for file in parquet_files(given):
        try:
            with pq.ParquetFile(file) as opened:
                files[file.resolve()] = opened.metadata.num_rows
        except (pa.ArrowException, OSError):
            raise SourceError(f"{file.name} is not a readable Parquet file; Spark scores Parquet only") from None
    return files


def _columns_of_files(files: Mapping[Path, int], wanted: Wanted) -> list[str]:
    """Return the wanted columns; one that only some files have would be filled with gaps without a word."""
    first: list[str] = []
    for file in files:
        schema = pq.read_schema(file)
        names = sorted(wanted.places(schema.names))
        if instrument_of(schema) and "instrument" not in names:
            raise SourceError(
                f"{file.name} names its questionnaire beside the table; for Spark write a column instrument"
            )
        if first and names != first:
            raise SourceError(f"{file.name} does not have the same columns as the first file")
        # Spark would turn the day of a time with a zone into that of another zone.
        if "answered_on" in names and getattr(schema.field("answered_on").type, "tz", None):
            raise SourceError(f"{file.name}: answered_on is a time with a zone; give a date")
        first = names
    return first


def _output_kinds(bundle: Bundle, names: list[str], options: Options) -> dict[str, Kind]:
    """Return name and kind of each column of the output, from one made-up row.

    Raises
    ------
    SchemaError
        When the input lacks a column: on the driver, before Spark starts.
    """
    example = bundle.example_rows()
    if (
        "instrument" not in names and not options.answers_to
    ):  # else columns of another questionnaire may stand in for ours
        example = example[[name for name in example if name in names]]
    if bundle.instrument and "consent" in names:
        example = example.assign(consent=1)  # the made-up row agrees, where rows say whether they do
    scored = score_rows(bundle, example, replace(options, answers_to=None)).scores
    kinds = {str(name): kind_of(scored[name]) for name in scored}
    return kinds | dict.fromkeys(ASIDE, "text")
