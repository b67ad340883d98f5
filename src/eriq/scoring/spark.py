"""Score a Parquet folder on Spark: the same chunk function on more machines; the only door to PySpark."""

import datetime as dt
import json
import os
import re
import shutil
import sys
import tempfile
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, replace
from functools import cache, partial
from itertools import pairwise
from pathlib import Path
from typing import TYPE_CHECKING, Any, NoReturn
from urllib.parse import unquote, urlsplit

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq

from eriq.errors import FAULT, DependencyError, EriqError, OutputError, SourceError

if TYPE_CHECKING:
    from eriq.model.bundle import Bundle
    from eriq.scoring.rows import Options
    from eriq.scoring.sources.files import Wanted

ROW, BUCKET = "_eriq_row", "_eriq_bucket"
SET_ASIDE = ("rejected_client_id", "rejected_answered_on", "code", "reason")
BUCKET_ROWS = 20_000  # rows scored in one call; all rows of a client are in one bucket
TASK_ROWS = 1_000_000  # most rows of one task; they are sorted on disk, bucket after bucket
FILE_ROWS = 1_000_000  # rows of one file of the output
MARK = "ERIQ-ERROR"
ONE_THREAD = {"OMP_NUM_THREADS": "1", "OPENBLAS_NUM_THREADS": "1", "MKL_NUM_THREADS": "1", "OMP_WAIT_POLICY": "PASSIVE"}
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
# Kinds of output columns, as Spark and as Arrow call them.
_DDL = {"text": "string", "number": "double", "whole": "bigint", "flag": "boolean", "day": "timestamp_ntz"}
_ARROW = {
    "text": pa.string(),
    "number": pa.float64(),
    "whole": pa.int64(),
    "flag": pa.bool_(),
    "day": pa.timestamp("us"),
}


class SparkError(EriqError):
    """Spark stopped before the job was done."""

    exit_code = 24


@dataclass(frozen=True, slots=True)
class SparkScored:
    """What became of the rows of a folder."""

    read: int
    scored: int
    rejected: int
    out: Path
    rejects: Path

    @property
    def sentence(self) -> str:
        """One line for the person who started the job."""
        return (
            f"{self.read:,} rows read = {self.scored:,} scored in {self.out} + {self.rejected:,} set aside in "
            f"{self.rejects.name}"
        )


def rejects_folder(out: Path) -> Path:
    """Return where the rows set aside go: beside the scores.

    >>> rejects_folder(Path("scores")).name
    'scores.rejected'
    """
    return out.with_name(f"{out.name}.rejected")


def score_folder(
    bundle_folder: str | Path,
    input_parquet: str | Path,
    out_folder: str | Path,
    options: "Options | None" = None,
    master: str | None = None,
    *,
    overwrite: bool = False,
    bucket_rows: int = BUCKET_ROWS,
) -> SparkScored:
    """Score every row of a Parquet folder with Spark; what cannot be scored is set aside with its reason.

    The rows of one client are brought together before scoring, so that a repeated questionnaire is found
    wherever it stands. Rows are numbered from 1 over the files in the order of their names.

    Parameters
    ----------
    bundle_folder : path
        A saved model; it is shipped to the executors, which check it again.
    input_parquet : path
        Parquet file, or folder of them with the same columns; on a cluster, a place all machines see.
    out_folder : path
        Gets Parquet files in the order of the rows; its name appears when all is done. The rows set aside
        are in ``<out_folder>.rejected``.
    options : Options, optional
    master : str, optional
        For example ``local[4]``; by default what ``spark-submit`` says, else ``local[2]``.
    overwrite : bool
        Replace an output that is there.
    bucket_rows : int
        Rows scored in one call, about; bounds the memory of a task.

    Returns
    -------
    SparkScored
        ``read == scored + rejected``.

    Raises
    ------
    DependencyError
        Without PySpark or Java.
    SourceError, SchemaError, BundleError, OutputError, SparkError
        By cause; then nothing stands under the final name.
    """
    _require()
    from eriq.model.bundle import open_bundle
    from eriq.scoring.rows import Options, wanted_columns

    given, out = Path(input_parquet), Path(out_folder).absolute()
    if out.exists() and not overwrite:
        raise OutputError(f"{out} is there already; give --overwrite to replace it")
    options = options or Options()
    options = replace(options, today=options.today or dt.date.today())  # one day for the whole job
    bundle = open_bundle(bundle_folder)
    files = _files(given)
    total = sum(files.values())
    if not total:
        raise SourceError(f"{given.name} has no rows")
    names = _columns(files, wanted_columns(bundle))
    kinds = _output_kinds(bundle, names, options)
    with _staging(out) as staging:
        with _session(master) as spark, _spark_errors(given):
            spark.sparkContext.addFile(str(bundle.folder.resolve()), recursive=True)
            rows = _read(spark, files, bundle, names, max(1, -(-total // bucket_rows)))
            model = (bundle.folder.resolve().name, bundle.manifest.seal)
            work = partial(_score_batches, model=model, options=options, names=names, kinds=kinds)
            done = rows.mapInArrow(work, _ddl(kinds)).persist(_disk())
            good, bad = _count(done, total)
            _write(done, kinds, staging, good, bad)
        counts = {"read": total, "scored": good, "rejected": bad}
        _finish(staging, out, {**counts, "model": bundle.name, "seal": bundle.manifest.seal}, overwrite=overwrite)
    return SparkScored(total, good, bad, out, rejects_folder(out))


# --- before Spark starts -------------------------------------------------------------------


def _require() -> None:
    """Raise DependencyError where PySpark or Java is not there, before anything is started."""
    from importlib.util import find_spec

    if find_spec("pyspark") is None:
        raise DependencyError("scoring with Spark needs PySpark: pip install 'eriq[spark]'")
    home = os.environ.get("JAVA_HOME")
    java = Path(home, "bin", "java") if home else shutil.which("java")
    if not java or not Path(java).exists():
        where = "JAVA_HOME has no bin/java" if home else "no java on the PATH"
        raise DependencyError(f"scoring with Spark needs Java 17 or later: {where}")


def _files(given: Path) -> dict[Path, int]:
    """Return the Parquet files of the input in the order of their names, and how many rows each has."""
    if not given.exists():
        raise SourceError(f"there is no file or folder {given}")
    inside = [p for p in sorted(given.rglob("*.parquet")) if p.is_file() and not p.name.startswith(("_", "."))]
    found = inside if given.is_dir() else [given]
    if not found:
        raise SourceError(f"{given.name} holds no Parquet file")
    files = {}
    for file in found:
        try:
            with pq.ParquetFile(file) as opened:
                files[file.resolve()] = opened.metadata.num_rows
        except (pa.ArrowException, OSError):
            raise SourceError(f"{file.name} is not a readable Parquet file; Spark scores Parquet only") from None
    return files


def _columns(files: Mapping[Path, int], wanted: "Wanted") -> list[str]:
    """Return the wanted columns; one that only some files have would be filled with gaps without a word."""
    first: list[str] = []
    for file in files:
        schema = pq.read_schema(file)
        names = sorted(wanted.places(schema.names))
        if first and names != first:
            raise SourceError(f"{file.name} does not have the same columns as the first file")
        # Spark would turn the day of a time with a zone into that of another zone.
        if "answered_on" in names and getattr(schema.field("answered_on").type, "tz", None):
            raise SourceError(f"{file.name}: answered_on is a time with a zone; give a date")
        first = names
    return first


def _output_kinds(bundle: "Bundle", names: list[str], options: "Options") -> dict[str, str]:
    """Return name and kind of each column of the output, from one made-up row.

    Raises
    ------
    SchemaError
        When the input lacks a column: on the driver, before Spark starts.
    """
    from eriq.scoring.rows import score_rows

    example = bundle.example_rows()
    scored = score_rows(bundle, example[[name for name in example if name in names]], options).scores
    kinds = {str(name): _kind(dtype) for name, dtype in scored.dtypes.items()}
    return kinds | dict.fromkeys(SET_ASIDE, "text")


def _kind(dtype: Any) -> str:
    letter = "O" if isinstance(dtype, pd.StringDtype) else dtype.kind
    return {"f": "number", "i": "whole", "b": "flag", "M": "day"}.get(letter, "text")


def _ddl(kinds: Mapping[str, str]) -> str:
    return ", ".join(f"`{name}` {_DDL[kind]}" for name, kind in kinds.items())


# --- Spark ---------------------------------------------------------------------------------


@contextmanager
def _session(master: str | None) -> Iterator[Any]:
    """Give the session that runs already, or one that ends with the job."""
    import warnings

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


def _disk() -> Any:
    from pyspark import StorageLevel

    return StorageLevel.DISK_ONLY


def _read(spark: Any, files: Mapping[Path, int], bundle: "Bundle", names: list[str], buckets: int) -> Any:
    """Return the wanted columns with row number and bucket, one bucket never in two tasks."""
    from pyspark.sql import functions as F
    from pyspark.sql.types import LongType, StructField, StructType

    # A name with a star or brackets is no pattern here; unescaped, Spark would read its files several times.
    frame = spark.read.parquet(*(re.sub(r"([\\*?\[\]{}])", r"\\\1", str(file)) for file in files))
    uris = frame.select("_metadata.file_path").distinct().toArrow()[0].to_pylist()
    address = {unquote(urlsplit(uri).path): uri for uri in uris}
    before = np.cumsum([0, *files.values()]).tolist()
    offsets = [(address[str(file)], start) for file, start in zip(files, before, strict=False) if str(file) in address]
    starts = F.broadcast(spark.createDataFrame(offsets, f"_eriq_file string, {ROW} bigint"))
    # Under plain names, given back in the tasks: Spark would take the dot of a register column for a field.
    keep = [F.col(_quoted(name)).alias(f"c{place}") for place, name in enumerate(names)]
    where, place = F.col("_metadata.file_path"), F.col("_metadata.row_index")
    rows = frame.select(*keep, where.alias("_eriq_file"), place.alias("_eriq_place")).join(starts, "_eriq_file")
    rows = rows.withColumn(ROW, F.col(ROW) + F.col("_eriq_place") + 1).drop("_eriq_file", "_eriq_place")
    client = bundle.client
    schema = StructType([*rows.schema.fields, StructField(BUCKET, LongType())])
    known = rows.mapInArrow(partial(_add_bucket, client=f"c{names.index(client)}", buckets=buckets), schema)
    # A task costs more than a bucket: a million rows took 111 s in 51 tasks and 33 s in 8, on the same two cores.
    most = max(4 * spark.sparkContext.defaultParallelism, -(-sum(files.values()) // TASK_ROWS))
    return known.repartition(min(buckets, most), BUCKET).sortWithinPartitions(BUCKET, ROW)


def _quoted(name: str) -> str:
    return "`" + name.replace("`", "``") + "`"


def _count(done: Any, total: int) -> tuple[int, int]:
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


def _write(done: Any, kinds: Mapping[str, str], staging: Path, good: int, bad: int) -> None:
    """Write scores and rows set aside, each in the order of the rows."""
    from pyspark.sql import functions as F

    scores = done.where(F.col("code").isNull()).drop(*SET_ASIDE)
    ours = [F.col("row"), *(F.col(name).alias(name.removeprefix("rejected_")) for name in SET_ASIDE)]
    aside = done.where(F.col("code").isNotNull()).select(*ours)
    for frame, name, count in ((scores, "scores", good), (aside, "rejected", bad)):
        parts = max(1, -(-count // FILE_ROWS))
        frame.repartitionByRange(parts, "row").sortWithinPartitions("row").write.parquet(str(staging / name))


# --- on the executors ----------------------------------------------------------------------


def _add_bucket(batches: Iterator[pa.RecordBatch], client: str, buckets: int) -> Iterator[pa.RecordBatch]:
    """Yield the batches with a number that all rows of a client share, however the id was written."""
    with _named_errors():
        from eriq.tables.schema import Column, read_column

        for batch in batches:
            ids = read_column(_frame(pa.Table.from_batches([batch]).select([client]))[client], Column(client, "str"))
            rows = batch.column(ROW).to_numpy(zero_copy_only=False)
            mixed = pd.util.hash_pandas_object(ids.fillna("").astype(object), index=False).to_numpy()
            bucket = np.where(ids.isna(), rows.astype("uint64"), mixed) % np.uint64(buckets)
            yield batch.append_column(BUCKET, pa.array(bucket.astype("int64")))


def _score_batches(
    batches: Iterator[pa.RecordBatch],
    model: tuple[str, str],
    options: "Options",
    names: list[str],
    kinds: Mapping[str, str],
) -> Iterator[pa.RecordBatch]:
    """Yield what became of the rows of each bucket."""
    with _named_errors():
        bundle = _shipped_bundle(*model)
        schema = pa.schema([(name, _ARROW[kind]) for name, kind in kinds.items()])
        for bucket in _buckets(batches):
            frame = _score_bucket(bucket, names, bundle, options)
            gaps = frame.assign(**dict.fromkeys([name for name in kinds if name not in frame]))
            yield from pa.Table.from_pandas(gaps, schema, preserve_index=False).to_batches()


def _buckets(batches: Iterator[pa.RecordBatch]) -> Iterator[pa.Table]:
    """Yield the rows of one bucket at a time from batches sorted by bucket."""
    held: list[pa.RecordBatch] = []
    current = -1
    for batch in batches:
        number = batch.column(BUCKET).to_numpy(zero_copy_only=False)
        edges = [0, *(np.flatnonzero(np.diff(number)) + 1).tolist(), len(number)]
        for start, end in pairwise(edges):
            if start == end:
                continue
            if held and number[start] != current:
                yield pa.Table.from_batches(held)
                held = []
            current = number[start]
            held.append(batch.slice(start, end - start))
    if held:
        yield pa.Table.from_batches(held)


def _score_bucket(bucket: pa.Table, names: list[str], bundle: "Bundle", options: "Options") -> pd.DataFrame:
    """Return one line per row: its scores, or its code and reason."""
    from eriq.scoring.rows import score_rows

    rows = bucket.column(ROW).to_numpy()
    scored = score_rows(bundle, _frame(bucket.drop_columns([ROW, BUCKET]).rename_columns(names)), options)
    aside = scored.rejected.rename(columns={name.removeprefix("rejected_"): name for name in SET_ASIDE})
    parts = [part.assign(row=rows[part["row"].to_numpy() - 1]) for part in (scored.scores, aside) if len(part)]
    return pd.concat(parts) if len(parts) > 1 else parts[0]


def _frame(table: pa.Table) -> pd.DataFrame:
    """Return a table as the file engine reads it."""
    from eriq.tables.files import nullable

    return table.to_pandas(types_mapper=nullable, date_as_object=False, ignore_metadata=True)


@cache
def _shipped_bundle(shipped: str, seal: str) -> "Bundle":
    """Open the model that came with the job, once per process, on one thread."""
    for name, value in ONE_THREAD.items():
        os.environ.setdefault(name, value)
    from pyspark import SparkFiles

    from eriq.errors import BundleError
    from eriq.model.bundle import open_bundle

    bundle = open_bundle(SparkFiles.get(shipped))
    if bundle.manifest.seal != seal:
        raise BundleError(f"{shipped} is another model here than where the job began")
    return bundle


# --- errors --------------------------------------------------------------------------------


@contextmanager
def _named_errors() -> Iterator[None]:
    """Pass on the cause by name; the text of an unexpected error could hold a person's values."""
    import traceback

    try:
        yield
    except GeneratorExit:
        raise
    except EriqError as error:
        told = {"exit_code": error.exit_code, "text": str(error)}
    except Exception as error:
        last = traceback.extract_tb(error.__traceback__)[-1]
        told = {"exit_code": FAULT, "text": f"{type(error).__name__} at {Path(last.filename).name}:{last.lineno}"}
    else:
        return
    raise RuntimeError(f"{MARK}{json.dumps(told)}{MARK}") from None


@contextmanager
def _spark_errors(given: Path) -> Iterator[None]:
    """Turn what Spark raises into one of our causes, without its text."""
    from py4j.protocol import Py4JError  # type: ignore[import-untyped]
    from pyspark.errors import PySparkException

    try:
        yield
    except (PySparkException, Py4JError) as error:
        _raise_ours(str(error), given)


def _raise_ours(text: str, given: Path) -> NoReturn:
    if text.count(MARK) >= 2:
        told = json.loads(text.split(MARK)[1])
        causes = {cause.exit_code: cause for cause in _subclasses(EriqError)}
        if cause := causes.get(told["exit_code"]):
            raise cause(told["text"]) from None
        raise SparkError(f"a fault of ours in a task ({told['text']}); please report it") from None
    if "No space left on device" in text:
        raise OutputError("the disk is full; nothing was written under the final name") from None
    for sign in ("ParquetDecodingException", "FAILED_READ_FILE", "ParquetFileReader"):
        if sign in text:
            raise SourceError(f"Spark cannot read a Parquet file of {given.name}") from None
    raise SparkError("Spark stopped before the job was done; its own log says why. Nothing was written") from None


def _subclasses(cause: type[EriqError]) -> Iterator[type[EriqError]]:
    for child in cause.__subclasses__():
        yield child
        yield from _subclasses(child)


# --- the output ----------------------------------------------------------------------------


@contextmanager
def _staging(out: Path) -> Iterator[Path]:
    """Give a folder beside the output, gone when the job is over."""
    try:
        out.parent.mkdir(parents=True, exist_ok=True)
        staging = Path(tempfile.mkdtemp(dir=out.parent, prefix=f".{out.name}-"))
    except OSError as why:
        raise OutputError(f"{out.parent} cannot be written to: {why.strerror}") from None
    try:
        yield staging
    finally:
        shutil.rmtree(staging, ignore_errors=True)


def _finish(staging: Path, out: Path, manifest: Mapping[str, Any], *, overwrite: bool) -> None:
    """Check what was written, make it durable, and give it its names, the scores last."""
    found = {}
    try:
        for name in ("scores", "rejected"):
            parts = sorted((staging / name).glob("part-*.parquet"))
            found[name] = sum(pq.read_metadata(part).num_rows for part in parts)
            for rest in set((staging / name).iterdir()) - set(parts):
                rest.unlink()
            for place, part in enumerate(parts):
                _fsync(part.rename(part.with_name(f"part-{place:05d}.parquet")))
        if (found["scores"], found["rejected"]) != (manifest["scored"], manifest["rejected"]):
            raise SparkError("the files written do not hold the rows that were scored")
        note = staging / "scores" / "_manifest.json"
        note.write_text(json.dumps(manifest, indent=1) + "\n", encoding="utf-8")
        _fsync(note)
        (staging / "scores").chmod(0o755)
        _replace(staging / "rejected", rejects_folder(out), staging, overwrite=True)
        _replace(staging / "scores", out, staging, overwrite=overwrite)
        _fsync(out.parent)
    except OSError as why:
        raise OutputError(f"{out.name} could not be written: {why.strerror}") from None


def _replace(made: Path, final: Path, staging: Path, *, overwrite: bool) -> None:
    if final.exists():
        if not overwrite:
            raise OutputError(f"{final} appeared while this job ran; nothing was replaced")
        final.rename(staging / f"old-{made.name}")
    made.rename(final)


def _fsync(path: Path) -> None:
    handle = os.open(path, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)
