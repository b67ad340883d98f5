"""Answers and registers in, answers with register columns out: clients divided among the machines."""

from collections.abc import Iterator
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from eriq.errors import OutputError, SourceError
from eriq.scoring.spark import cluster
from eriq.scoring.spark.contract import ROW, TABLE
from eriq.scoring.spark.errors import SparkError, named_errors
from eriq.scoring.spark.output import TableManifest, publish_table, refuse_foreign, staging_beside
from eriq.scoring.spark.tasks import _frame, _shipped_bundle, add_bucket, buckets_of

if TYPE_CHECKING:
    from eriq.model.bundle import Bundle
    from eriq.model.signature import Keys

BUCKET_ROWS = 20_000  # answers whose clients are looked up in one call


def register_columns_folder(
    bundle: "Bundle", folder: Path, out: Path, master: str | None = None, *, overwrite: bool = False
) -> int:
    """Write the answers of a folder with the register columns a model needs, and return how many there are.

    Parameters
    ----------
    bundle : Bundle
    folder : Path
        Holds answers, persons, spells, events (and forms) as Parquet; on a cluster, a place all machines see.
    out : Path
        Gets Parquet files in the order of the answers; its name appears when all is done.
    master : str, optional
        As in `score_folder`.
    overwrite : bool
        Replace an output that is there.

    Raises
    ------
    DependencyError, SourceError, SchemaError, LeakageError, OutputError, SparkError
        By cause; then nothing stands under the final name.
    """
    from eriq.scoring.spark.inputs import require_spark, rows_of_files

    require_spark()
    out = out.absolute()
    if out.exists() and not overwrite:
        raise OutputError(f"{out} is there already; give --overwrite to replace it")
    refuse_foreign(out)
    given = {name: rows_of_files(file) for name, file in _files(folder, form=bundle.needs_form).items()}
    names = {table: pq.read_schema(next(iter(files))).names for table, files in given.items()}
    total = sum(given["answers"].values())
    with staging_beside(out) as staging, cluster.session(master) as spark, cluster.spark_errors(folder):
        cluster.ship(spark, bundle.folder)
        tables = [cluster.numbered(spark, files, names[table]) for table, files in given.items()]
        buckets = max(1, -(-total // BUCKET_ROWS))
        clients = [f"c{names[table].index('client_id')}" for table in given]
        rows = cluster.together(tables, [partial(add_bucket, client=c, buckets=buckets) for c in clients], buckets)
        model = (bundle.folder.resolve().name, bundle.manifest.seal, bundle.trusted)
        work = partial(add_columns, model=model, names=names, periods=_keeps_periods(given["spells"]))
        made = cluster.widened(rows, tables[0], names["answers"], bundle.registers, work)
        if (found := cluster.each_once(made)) != (total, total):
            raise SparkError(f"{total:,} answers read, {found[0]:,} came back, {found[1]:,} of them different")
        cluster.write_rows(made, staging / "table", total)
        about = TableManifest(rows=total, model=bundle.name, seal=bundle.manifest.seal)
        publish_table(staging, out, about, overwrite=overwrite)
    return total


def _files(folder: Path, *, form: bool) -> dict[str, Path]:
    from eriq.tables.folders import find_table

    found = {}
    for name in ("answers", "persons", "spells", "events", "forms"):
        file = find_table(folder, name)
        if file is None and name == "forms" and not form:
            continue
        if file is None or file.suffix.lower() != ".parquet":
            raise SourceError(f"{folder} has no {name}.parquet (a file, or a folder of files); Spark reads no other")
        found[name] = file
    return found


def _keeps_periods(files: dict[Path, int]) -> bool:
    """Return whether any spell is one of registration: what no machine can know from its own clients."""
    from eriq.scoring.registers import has_periods
    from eriq.tables.schema import Column, read_column

    status = pa.chunked_array([pc.unique(pq.read_table(file, columns=["status"])["status"]) for file in files])
    return has_periods(read_column(pd.Series(status.to_pylist(), dtype="str"), Column("status", "str")))


def add_columns(
    batches: Iterator[pa.RecordBatch], model: "tuple[str, str, Keys]", names: dict[str, list[str]], periods: bool
) -> Iterator[pa.RecordBatch]:
    """Yield the answers of each bucket with the register columns, made as `eriq features` makes them."""
    with named_errors():
        from eriq.scoring.registers import checked_registers, with_periods, with_register_columns

        bundle = _shipped_bundle(*model)
        for bucket in buckets_of(batches):
            parts = {}
            for place, (table, columns) in enumerate(names.items()):
                mine = bucket.filter(pc.equal(bucket[TABLE], place))
                parts[table] = mine.select([f"t{place}c{k}" for k in range(len(columns))]).rename_columns(columns)
            registers = checked_registers({name: _frame(part) for name, part in parts.items() if name != "answers"})
            answers = parts["answers"]
            frame = _frame(answers.select(["client_id", "answered_on"]))
            made = with_register_columns(bundle, frame, with_periods(registers, kept=periods))
            columns = [pa.array(made[name].to_numpy("float64"), from_pandas=True) for name in bundle.registers]
            rows = bucket.filter(pc.equal(bucket[TABLE], 0))[ROW]
            arrays = [*answers.columns, *columns, rows]
            yield from pa.table(arrays, [*answers.column_names, *bundle.registers, ROW]).to_batches()
