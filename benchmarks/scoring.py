"""Rows per second of each stage of a batch, peak memory, and ratios to the bare model library in the same run."""

import argparse
import os

os.environ.setdefault("OMP_WAIT_POLICY", "passive")  # before anything native is loaded

import resource
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

import lightgbm as lgb
import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.csv
import pyarrow.parquet as pq

from eriq.config import ScoringJob
from eriq.features import REGISTER_FEATURES, questionnaire_features
from eriq.instrument.instrument import load_instrument
from eriq.model.bundle import Bundle, save_bundle
from eriq.model.calibrator import Calibrator
from eriq.model.manifest import Manifest
from eriq.model.model import Model
from eriq.scoring.columns import wanted_columns
from eriq.scoring.sources.files import open_files
from eriq.study.learning.estimators import ESTIMATORS
from eriq.workflows.score import run, score

PIECE = 100_000  # rows generated at a time


def made_bundle(models: Path, *, trees: int, leaves: int, depth: int = -1, ridge: bool = False) -> Bundle:
    """Save a LightGBM model, or a ridge, of 22 items and 25 register columns, trained on noise with a signal."""
    instrument = load_instrument("eriq22")
    items = [f for f in questionnaire_features(instrument) if f.item]
    used = (*items, *[f for f in REGISTER_FEATURES if not f.protected][:25])
    rng = np.random.default_rng(5)
    matrix = np.column_stack(
        [rng.integers(0, 5, 20_000).astype(float) if f.item else rng.gamma(2.0, 20.0, 20_000).round(2) for f in used]
    )
    signal = matrix[:, :22].sum(axis=1) / 10 + np.sin(matrix[:, 22:] / 15).sum(axis=1) / 3
    outcome = rng.random(len(matrix)) < 1 / (1 + np.exp(-(signal - signal.mean()) + 1))
    settings = {"objective": "binary", "num_leaves": leaves, "max_depth": depth, "learning_rate": 0.05, "verbose": -1}
    if ridge:
        fitted = ESTIMATORS["logistic"].make(used, 1).fit(matrix, outcome.astype(int))
    else:
        fitted = lgb.train({**settings, "seed": 1, "num_threads": 2}, lgb.Dataset(matrix, outcome.astype(int)), trees)
    facts = Manifest(
        instrument=instrument,
        missing_policy=instrument.missing_policy,
        lag_days=30,
        ranges={f.name: (0.0, 200.0) for f in used if not f.item},
        bands=(0.1, 0.3),
    )
    model = Model("linear" if ridge else "booster", tuple(f.name for f in used), fitted, Calibrator(0.1, 0.9))
    name = "bench-ridge" if ridge else f"bench-{depth}"
    return save_bundle(model, used, facts, "made up", matrix[:50], models, name)


def made_rows(first: int, n: int, bundle: Bundle) -> pa.Table:
    """Return rows `first` to ``first + n`` of a made-up backlog, the same whatever the pieces."""
    rng = np.random.default_rng([11, first])
    columns: dict[str, pa.Array] = {
        "client_id": pa.array([f"P{k:09d}" for k in range(first, first + n)]),
        "answered_on": pa.array(np.datetime64("2015-01-01") + rng.integers(0, 900, n).astype("timedelta64[D]")),
    }
    levels = {item: len(bundle.instrument.levels(item)) for item in bundle.instrument.item_ids}
    for feature in bundle.features:
        if feature.item:
            gap = rng.random(n) < 0.02
            columns[feature.item] = pa.array(rng.integers(1, levels[feature.item] + 1, n).astype("int8"), mask=gap)
        else:
            columns[feature.name] = pa.array(rng.gamma(2.0, 20.0, n).round(2))
    columns["consent"] = pa.array(np.ones(n, dtype="int8"))
    order = ["client_id", "answered_on", "consent", *load_instrument("eriq22").item_ids]
    return pa.table(columns).select([*order, *(f.name for f in bundle.features if not f.item)])


def write_input(path: Path, rows: int, bundle: Bundle) -> None:
    """Write a backlog as Parquet or CSV, piece by piece."""
    writer = None
    for first in range(0, rows, PIECE):
        piece = made_rows(first, min(PIECE, rows - first), bundle)
        if writer is None:
            make = pq.ParquetWriter if path.suffix == ".parquet" else pa.csv.CSVWriter
            writer = make(path, piece.schema)
        writer.write_table(piece)
    assert writer is not None
    writer.close()


def matrix_of(path: Path, bundle: Bundle, rows: int) -> np.ndarray:
    """Return the model's matrix, ready, for the bare calls."""
    names = [f.item or f.name for f in bundle.features]
    table = next(pq.ParquetFile(path).iter_batches(rows, columns=names))
    frame = table.to_pandas()[names].astype("float64")
    return np.ascontiguousarray(frame.to_numpy()) - np.array([1.0 if f.item else 0.0 for f in bundle.features])


class Rate(float):
    """Rows per second by the clock; `cpu` by processor time, which busy neighbours on the machine change less."""

    cpu: float


def rate(rows: int, call: Callable[[], object], runs: int = 1) -> Rate:
    """Return rows per second of the fastest of `runs`."""
    times, busy = [], []
    for _ in range(runs):
        start, began = time.perf_counter(), time.process_time()
        call()
        times.append(time.perf_counter() - start)
        busy.append(time.process_time() - began)
    made = Rate(rows / min(times))
    made.cpu = rows / min(busy)
    return made


def ratio(what: str, one: Rate, other: Rate, asked: str) -> None:
    """Print a ratio by the clock and by processor time."""
    print(f"{what}: {one / other:.2f} (by processor time {one.cpu / other.cpu:.2f}; asked: {asked})")


def job_rate(bundle: Bundle, given: Path, out: Path, rows: int, reasons: int, runs: int) -> Rate:
    """Return rows per second of the whole command, model opened before the clock starts only for the file cache."""
    return rate(rows, lambda: score(str(bundle.folder), given, out, reasons=reasons, overwrite=True), runs)


def peak_mb() -> float:
    """Return the peak resident memory of this process in MB."""
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024


def main() -> None:
    """Print stages, ratios (a) to (h), memory."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rows", type=int, default=200_000)
    parser.add_argument("--explained", type=int, default=20_000, help="rows of the runs with reasons by deep trees")
    parser.add_argument("--small", type=int, default=10_000, help="rows of the small run of ratio (e)")
    parser.add_argument("--runs", type=int, default=2, help="the fastest of this many counts")
    parser.add_argument("--only", default="abcdefgh", help="which ratios")
    parser.add_argument("--folder", type=Path, help="where inputs and outputs go; none: a temporary folder")
    asked = parser.parse_args()
    with tempfile.TemporaryDirectory(dir=asked.folder) as made:
        measure(Path(made), asked)


def measure(folder: Path, asked: argparse.Namespace) -> None:
    """Make model and rows in `folder`, time each ratio, print."""
    bundle = made_bundle(folder / "models", trees=200, leaves=15)
    rows, given = asked.rows, folder / "given.parquet"
    start = time.perf_counter()
    write_input(given, rows, bundle)
    print(f"{rows:,} rows, {len(bundle.features)} columns, {given.stat().st_size / 1e6:.0f} MB of Parquet, "
          f"made in {time.perf_counter() - start:.0f} s")  # fmt: skip
    ready = matrix_of(given, bundle, min(rows, 100_000))
    bare = rate(len(ready), lambda: bundle.model.estimator.predict(ready, raw_score=True, num_threads=2), 3)
    print(f"{'bare Booster.predict, 2 threads':<48}{bare:>12,.0f} rows/s")
    read = rate(rows, lambda: [len(c.frame) for c in open_files(given, wanted_columns(bundle)).chunks()])
    print(f"{'reading Parquet':<48}{read:>12,.0f} rows/s")
    before = peak_mb()
    plain = job_rate(bundle, given, folder / "out.parquet", rows, 0, asked.runs if rows < 2_000_000 else 1)
    print(f"{'whole job, Parquet to Parquet, no reasons':<48}{plain:>12,.0f} rows/s")
    print(f"peak resident memory {peak_mb():.0f} MB ({before:.0f} MB before the job)")
    ratio("(a) whole job / bare predict", plain, bare, "0.5")
    if "b" in asked.only:
        some = folder / "some.parquet"
        write_input(some, asked.explained, bundle)
        matrix = ready[: min(asked.explained, 5_000)]
        shap = rate(len(matrix), lambda: bundle.model.estimator.predict(matrix, pred_contrib=True, num_threads=2), 2)
        job = job_rate(bundle, some, folder / "some-out.parquet", asked.explained, 5, asked.runs)
        print(f"{'bare pred_contrib, 2 threads':<48}{shap:>12,.0f} rows/s")
        print(f"{'whole job with 5 reasons':<48}{job:>12,.0f} rows/s")
        ratio("(b) whole job / bare explanation", job, shap, "0.7")
    if "c" in asked.only:
        pairs = made_bundle(folder / "models", trees=200, leaves=4, depth=2)
        job = job_rate(pairs, given, folder / "pairs-out.parquet", rows, 5, 1)
        peer = shap_rate(bundle, ready[:2_000])
        print(f"{'depth-2 model, whole job with 5 reasons':<48}{job:>12,.0f} rows/s")
        print(f"{'shap.TreeExplainer on the model of (b)':<48}{peer:>12,.0f} rows/s")
        ratio("(c) depth-2 job / shap.TreeExplainer", job, peer, "10")
    if "d" in asked.only:
        text = folder / "given.csv"
        write_input(text, rows, bundle)
        read = rate(rows, lambda: [len(c.frame) for c in open_files(text, wanted_columns(bundle)).chunks()])
        job = job_rate(bundle, text, folder / "out.csv", rows, 0, asked.runs if rows < 2_000_000 else 1)
        print(f"{'reading CSV':<48}{read:>12,.0f} rows/s")
        print(f"{'whole job, CSV to CSV':<48}{job:>12,.0f} rows/s")
        ratio("(d) CSV / Parquet", job, plain, "0.6")
    if "e" in asked.only:
        small = folder / "small.parquet"
        write_input(small, asked.small, bundle)
        first = job_rate(bundle, small, folder / "small-out.parquet", asked.small, 0, 3)
        print(f"{f'whole job, {asked.small:,} rows':<48}{first:>12,.0f} rows/s")
        ratio(f"(e) {rows:,} rows / {asked.small:,} rows", plain, first, "about 1 or more")
    default_models(folder, asked, given, bare)
    if "g" in asked.only:
        text = folder / "given.csv"
        if not text.exists():
            write_input(text, rows, bundle)
        newlines = pa.csv.ParseOptions(newlines_in_values=True)
        # In turns, so that a busy machine slows both; the median turn counts.
        turns = [
            (
                rate(rows, lambda: pa.csv.read_csv(text, parse_options=newlines)),
                rate(rows, lambda: [len(c.frame) for c in open_files(text, wanted_columns(bundle)).chunks()]),
            )
            for _ in range(7)
        ]
        library, read = sorted(turns, key=lambda turn: turn[1].cpu / turn[0].cpu)[3]
        print(f"{'bare pyarrow.csv, newlines in values':<48}{library:>12,.0f} rows/s")
        print(f"{'reading CSV, twice and with digests':<48}{read:>12,.0f} rows/s")
        ratio("(g) reading CSV / bare pyarrow.csv", read, library, "0.6")
    if "h" in asked.only:
        postgres(given, bundle, rows)
    print(f"peak resident memory of all {peak_mb():.0f} MB")


def default_models(folder: Path, asked: argparse.Namespace, given: Path, bare: Rate) -> None:
    """Time whole jobs of the models that are tables or sums, against a bare Booster.predict of deeper trees."""
    if "f" not in asked.only:
        return
    kinds = {
        "ridge": made_bundle(folder / "models", trees=0, leaves=4, ridge=True),
        "pair tables": made_bundle(folder / "tables", trees=200, leaves=4, depth=2),
    }
    for name, bundle in kinds.items():
        for reasons, wanted in ((0, "1.0"), (5, "0.8")):
            job = job_rate(bundle, given, folder / f"{name}.parquet", asked.rows, reasons, asked.runs)
            print(f"{f'{name}, whole job with {reasons} reasons':<48}{job:>12,.0f} rows/s")
            ratio(f"(f) {name}, {reasons} reasons / bare predict", job, bare, wanted)


def postgres(given: Path, bundle: Bundle, rows: int) -> None:
    """Time a job from a table of PostgreSQL to another by COPY, and row by row as it was before."""
    import psycopg

    from eriq.scoring.databases import sql

    if not (url := os.environ.get("ERIQ_TEST_POSTGRES")):
        print("(h) PostgreSQL: skipped, ERIQ_TEST_POSTGRES is not set (.ci/postgres start)")
        return
    kinds = {"string": "text", "date32[day]": "date", "int8": "smallint", "double": "double precision"}
    table, out = pq.read_table(given), pa.BufferOutputStream()
    pa.csv.write_csv(table, out)
    with psycopg.connect(url.replace("+psycopg", "")) as connection:
        columns = ", ".join(f'"{field.name}" {kinds[str(field.type)]}' for field in table.schema)
        connection.execute(f"DROP TABLE IF EXISTS bench_in; CREATE TABLE bench_in ({columns})")
        with connection.cursor().copy("COPY bench_in FROM STDIN (FORMAT csv, HEADER)") as copy:
            copy.write(memoryview(out.getvalue()))
    source = {"kind": "sql", "url_env": "ERIQ_TEST_POSTGRES", "table": "bench_in"}

    def job(name: str) -> None:
        with psycopg.connect(url.replace("+psycopg", "")) as connection:
            for end in ("", "_rejected", "_runs", "_journal"):
                connection.execute(f"DROP TABLE IF EXISTS {name}{end}")
        sink = {"kind": "sql", "url_env": "ERIQ_TEST_POSTGRES", "table": name}
        told = {"version": 1, "name": "bench", "model": str(bundle.folder), "reasons": 0}
        run(ScoringJob.model_validate({**told, "source": source, "sink": sink}))

    by_copy = rate(rows, lambda: job("bench_copy"), 2)
    real = sql._by_copy
    sql._by_copy = lambda engine: False
    row_by_row = rate(rows, lambda: job("bench_rows"), 1)
    sql._by_copy = real
    print(f"{'PostgreSQL to PostgreSQL, row by row':<48}{row_by_row:>12,.0f} rows/s")
    print(f"{'PostgreSQL to PostgreSQL, by COPY':<48}{by_copy:>12,.0f} rows/s")
    ratio("(h) by COPY / row by row", by_copy, row_by_row, "5; processor time is of this process alone")


def shap_rate(bundle: Bundle, matrix: np.ndarray) -> Rate:
    """Return rows per second of the shap library on the default model."""
    import warnings

    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        import shap

        explainer = shap.TreeExplainer(bundle.model.estimator)
        explainer.shap_values(matrix[:10])
        return rate(len(matrix), lambda: explainer.shap_values(matrix), 2)


if __name__ == "__main__":
    pd.set_option("mode.string_storage", "pyarrow")
    main()
