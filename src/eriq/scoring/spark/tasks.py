"""What runs on the executors: rows put into buckets by client, and scored bucket by bucket.

What loads native code is imported within the functions: a process of Spark opens the model on one thread.
"""

import os
from collections.abc import Iterator, Mapping
from functools import cache
from itertools import pairwise
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd
import pyarrow as pa

from eriq.scoring.kinds import Kind
from eriq.scoring.options import Options
from eriq.scoring.spark import cluster
from eriq.scoring.spark.contract import ARROW, ASIDE, BUCKET, ONE_THREAD, ROW
from eriq.scoring.spark.errors import named_errors

if TYPE_CHECKING:
    from eriq.model.bundle import Bundle
    from eriq.model.signature import Keys


def add_bucket(batches: Iterator[pa.RecordBatch], client: str, buckets: int) -> Iterator[pa.RecordBatch]:
    """Yield the batches with a number that all rows of a client share, however the id was written."""
    with named_errors():
        from eriq.tables.schema import Column, read_column

        for batch in batches:
            ids = read_column(_frame(pa.Table.from_batches([batch]).select([client]))[client], Column(client, "str"))
            rows = batch.column(ROW).to_numpy(zero_copy_only=False)
            mixed = pd.util.hash_pandas_object(ids.fillna("").astype(object), index=False).to_numpy()
            bucket = np.where(ids.isna(), rows.astype("uint64"), mixed) % np.uint64(buckets)
            yield batch.append_column(BUCKET, pa.array(bucket.astype("int64")))


def score_batches(
    batches: Iterator[pa.RecordBatch],
    model: "tuple[str, str, Keys]",
    options: Options,
    names: list[str],
    kinds: Mapping[str, Kind],
) -> Iterator[pa.RecordBatch]:
    """Yield what became of the rows of each bucket."""
    with named_errors():
        bundle = _shipped_bundle(*model)
        schema = pa.schema([(name, ARROW[kind]) for name, kind in kinds.items()])
        for bucket in buckets_of(batches):
            frame = _score_bucket(bucket, names, bundle, options)
            gaps = frame.assign(**dict.fromkeys([name for name in kinds if name not in frame]))
            yield from pa.Table.from_pandas(gaps, schema, preserve_index=False).to_batches()


def buckets_of(batches: Iterator[pa.RecordBatch]) -> Iterator[pa.Table]:
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


def _score_bucket(bucket: pa.Table, names: list[str], bundle: "Bundle", options: Options) -> pd.DataFrame:
    """Return one line per row: its scores, or its code and reason."""
    from eriq.scoring.chunk import score_rows

    rows = bucket.column(ROW).to_numpy()
    scored = score_rows(bundle, _frame(bucket.drop_columns([ROW, BUCKET]).rename_columns(names)), options)
    aside = scored.rejected.rename(columns={ours: here for here, ours in ASIDE.items()})
    parts = [part.assign(row=rows[part["row"].to_numpy() - 1]) for part in (scored.scores, aside) if len(part)]
    return pd.concat(parts) if len(parts) > 1 else parts[0]


def _frame(table: pa.Table) -> pd.DataFrame:
    """Return a table as the file engine reads it."""
    from eriq.tables.files import to_frame

    return to_frame(table)


@cache
def _shipped_bundle(model: str, seal: str, trusted: "Keys") -> "Bundle":
    """Open the model that came with the job, once per process, on one thread."""
    for name, value in ONE_THREAD.items():
        os.environ.setdefault(name, value)
    from eriq.errors import BundleError
    from eriq.model.bundle import open_bundle

    bundle = open_bundle(cluster.shipped(model), trusted)
    if bundle.manifest.seal != seal:
        raise BundleError(f"{model} is another model here than where the job began")
    return bundle
