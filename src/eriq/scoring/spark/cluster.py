"""The door to PySpark: a session, rows in and out of it, and files shipped with a job."""

import atexit
import os
import re
import shutil
import sys
import tempfile
import warnings
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from functools import reduce
from pathlib import Path
from typing import Any
from urllib.parse import unquote, urlsplit

import numpy as np
import pyarrow as pa

from eriq.errors import DependencyError
from eriq.scoring.kinds import Kind
from eriq.scoring.spark.contract import ASIDE, BUCKET, DDL, ONE_THREAD, ROW, TABLE
from eriq.scoring.spark.errors import SparkError, raise_ours

Task = Callable[[Iterator[pa.RecordBatch]], Iterator[pa.RecordBatch]]
TASK_ROWS = 1_000_000  # most rows of one task; they are sorted on disk, bucket after bucket
SLASHES = ":/+"  # of an address, after its scheme
FILE_ROWS = 1_000_000  # rows of one file of the output
ANYWHERE = {
    "spark.sql.session.timeZone": "UTC",
    "spark.sql.caseSensitive": "true",
    "spark.sql.execution.arrow.maxRecordsPerBatch": "10000",
    **{f"spark.executorEnv.{name}": value for name, value in ONE_THREAD.items()},
}
# On one machine: nothing listens beyond it, nothing is shown or kept, and no log repeats a value.
AT_HOME = {
    "spark.ui.enabled": "false",
    "spark.eventLog.enabled": "false",
    "spark.driver.host": "127.0.0.1",
    "spark.driver.bindAddress": "127.0.0.1",
    "spark.ui.showConsoleProgress": "false",
    "spark.log.level": "OFF",
    "spark.sql.shuffle.partitions": "8",
}


@contextmanager
def session(master: str | None) -> Iterator[Any]:
    """Give the session that runs already, or one that ends with the job."""
    with warnings.catch_warnings():
        # It warns of pandas 3; rows go through Arrow here, and never through its pandas code.
        warnings.filterwarnings("ignore", message="PySpark does not yet fully support pandas", category=FutureWarning)
        from pyspark.errors import PySparkException
        from pyspark.sql import SparkSession

        running = SparkSession.getActiveSession()
        if running is not None:
            yield running
            return
        submitted = "PYSPARK_GATEWAY_PORT" in os.environ
        master = master or (None if submitted else "local[2]")
        builder = SparkSession.builder.appName("eriq score")
        for name, value in {**ANYWHERE, **(AT_HOME if master and master.startswith("local") else {})}.items():
            builder = builder.config(name, value)
        if master:
            builder = builder.master(master)
            os.environ.setdefault("PYSPARK_PYTHON", sys.executable)
            if master.startswith("local"):
                os.environ.setdefault("SPARK_LOCAL_IP", "127.0.0.1")
        try:
            spark = builder.getOrCreate()
        except PySparkException:
            raise DependencyError("Java could not start Spark; Spark 4 needs Java 17 or later") from None
        try:
            yield spark
        finally:
            spark.stop()


@contextmanager
def spark_errors(given: Path) -> Iterator[None]:
    """Turn what Spark raises into one of our causes, without its text."""
    from py4j.protocol import Py4JError  # type: ignore[import-untyped]
    from pyspark.errors import PySparkException

    try:
        yield
    except (PySparkException, Py4JError) as error:
        raise_ours(str(error), given)


def ship(spark: Any, folder: Path) -> None:
    """Send a saved model with the job, packed: a cluster takes no folder."""
    # Machines that join later ask for it again, so it is there as long as the session may be.
    kept = tempfile.mkdtemp(prefix="eriq-model-")
    atexit.register(shutil.rmtree, kept, ignore_errors=True)
    name = folder.resolve().name
    packed = shutil.make_archive(f"{kept}/{name}", "zip", folder.resolve())
    spark.sparkContext.addArchive(f"{packed}#{name}")


def shipped(name: str) -> str:
    """Return where a saved model that came with the job is, on an executor."""
    from pyspark import SparkFiles

    return str(SparkFiles.get(name))


def numbered(spark: Any, files: Mapping[Path, int], names: list[str]) -> Any:
    """Return the wanted columns, as c0, c1, ..., with the number of each row over all files from 1."""
    from pyspark.sql import functions as F

    # A name with a star or brackets is no pattern here; unescaped, Spark would read its files several times.
    frame = spark.read.parquet(*(re.sub(r"([\\*?\[\]{}])", r"\\\1", str(file)) for file in files))
    # Rows name their file by the same address, but for the number of slashes it begins with; to ask them takes a job.
    address = {unquote(urlsplit(uri).path): re.sub(SLASHES, ":/", uri) for uri in frame.inputFiles()}
    before = np.cumsum([0, *files.values()]).tolist()
    offsets = [(address[str(file)], start) for file, start in zip(files, before, strict=False) if str(file) in address]
    starts = F.broadcast(spark.createDataFrame(offsets, f"_eriq_file string, {ROW} bigint"))
    # Under plain names, given back in the tasks: Spark would take the dot of a register column for a field.
    keep = [F.col(_quoted(name)).alias(f"c{place}") for place, name in enumerate(names)]
    where, place = F.regexp_replace("_metadata.file_path", SLASHES, ":/"), F.col("_metadata.row_index")
    rows = frame.select(*keep, where.alias("_eriq_file"), place.alias("_eriq_place")).join(starts, "_eriq_file")
    return rows.withColumn(ROW, F.col(ROW) + F.col("_eriq_place") + 1).drop("_eriq_file", "_eriq_place")


def bucketed(rows: Any, task: Task, buckets: int, total: int) -> Any:
    """Return rows with the bucket that `task` gives them, one bucket never in two tasks."""
    from pyspark.sql.types import LongType, StructField, StructType

    known = rows.mapInArrow(task, StructType([*rows.schema.fields, StructField(BUCKET, LongType())]))
    # A task costs more than a bucket: a million rows took 111 s in 51 tasks and 33 s in 8, on the same two cores.
    most = max(4 * rows.sparkSession.sparkContext.defaultParallelism, -(-total // TASK_ROWS))
    return known.repartition(min(buckets, most), BUCKET).sortWithinPartitions(BUCKET, ROW)


def done_by(rows: Any, task: Task, kinds: Mapping[str, Kind]) -> Any:
    """Return what `task` makes of the rows, in columns of these kinds; it is kept on disk, and made once."""
    from pyspark import StorageLevel

    columns = ", ".join(f"`{name}` {DDL[kind]}" for name, kind in kinds.items())
    return rows.mapInArrow(task, columns).persist(StorageLevel.DISK_ONLY)


def _quoted(name: str) -> str:
    return "`" + name.replace("`", "``") + "`"


def count(done: Any, total: int) -> tuple[int, int]:
    """Return how many rows were scored and set aside, when that is every row once.

    Raises
    ------
    SparkError
        When a row is missing or there twice.
    """
    from pyspark.sql import functions as F

    good = F.count(F.when(F.col("code").isNull(), 1))
    (found,) = done.agg(good.alias("good"), F.count("*").alias("all"), F.countDistinct("row").alias("once")).collect()
    if not found["all"] == found["once"] == total:
        raise SparkError(f"{total:,} rows read, {found['all']:,} came back, {found['once']:,} of them different")
    return int(found["good"]), int(total - found["good"])


def write(done: Any, staging: Path, good: int, bad: int) -> None:
    """Write scores and rows set aside, each in the order of the rows."""
    from pyspark.sql import functions as F

    scores = done.where(F.col("code").isNull()).drop(*ASIDE)
    ours = [F.col("row"), *(F.col(here).alias(name) for here, name in ASIDE.items())]
    aside = done.where(F.col("code").isNotNull()).select(*ours)
    for frame, name, rows in ((scores, "scores", good), (aside, "rejected", bad)):
        parts = max(1, -(-rows // FILE_ROWS))
        frame.repartitionByRange(parts, "row").sortWithinPartitions("row").write.parquet(str(staging / name))


def together(tables: Sequence[Any], places: Sequence[Task], buckets: int) -> Any:
    """Return the rows of several tables as one, columns t0c0, t0c1, ...: all rows of a bucket in one task, by table."""
    from pyspark.sql import functions as F
    from pyspark.sql.types import LongType, StructField, StructType

    marked = []
    for number, (rows, place) in enumerate(zip(tables, places, strict=True)):
        known = rows.mapInArrow(place, StructType([*rows.schema.fields, StructField(BUCKET, LongType())]))
        names = {name: f"t{number}{name}" for name in rows.columns if name != ROW}
        marked.append(known.withColumnsRenamed(names).withColumn(TABLE, F.lit(number)))
    whole = reduce(lambda one, other: one.unionByName(other, allowMissingColumns=True), marked)
    most = 4 * whole.sparkSession.sparkContext.defaultParallelism
    return whole.repartition(max(1, min(buckets, most)), BUCKET).sortWithinPartitions(BUCKET, TABLE, ROW)


def widened(rows: Any, first: Any, names: Sequence[str], more: Sequence[str], task: Task) -> Any:
    """Return what `task` makes: the columns of the first table under their names, and `more` numbers; made once."""
    from pyspark import StorageLevel
    from pyspark.sql.types import DoubleType, LongType, StructField, StructType

    own = [StructField(name, first.schema[f"c{place}"].dataType) for place, name in enumerate(names)]
    fields = [*own, *(StructField(name, DoubleType()) for name in more), StructField(ROW, LongType())]
    return rows.mapInArrow(task, StructType(fields)).persist(StorageLevel.DISK_ONLY)


def each_once(made: Any) -> tuple[int, int]:
    """Return how many rows there are, and how many different ones."""
    from pyspark.sql import functions as F

    (found,) = made.agg(F.count("*").alias("all"), F.countDistinct(ROW).alias("once")).collect()
    return int(found["all"]), int(found["once"])


def write_rows(made: Any, place: Path, rows: int) -> None:
    """Write rows in their order, without their number."""
    parts = max(1, -(-rows // FILE_ROWS))
    made.repartitionByRange(parts, ROW).sortWithinPartitions(ROW).drop(ROW).write.parquet(str(place))
