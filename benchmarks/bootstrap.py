"""Time of the bootstrap over clients, and its ratio to a plain loop over scikit-learn in the same run."""

import argparse
import resource
import statistics
import time

import numpy as np
from sklearn.metrics import average_precision_score, brier_score_loss, log_loss, roc_auc_score

from eriq.study.evaluation import bootstrap as module
from eriq.study.evaluation.bootstrap import bootstrap, client_weights
from eriq.study.evaluation.intervals import differences, summarise
from eriq.study.evaluation.wanted import Wanted

SHARES, NUMBERS, THRESHOLDS = (0.05, 0.10, 0.20), (200, 500), (0.02, 0.05, 0.10, 0.20, 0.30)


def cohort(rows: int, clients: int, contenders: int) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Return outcome, forecasts (every eighth with ties) and client; every client has at least one row."""
    rng = np.random.default_rng(2013)
    client = np.concatenate([np.arange(clients), rng.integers(clients, size=rows - clients)])
    log_odds = rng.normal(size=clients)[client] - 2
    outcome = (rng.random(rows) < 1 / (1 + np.exp(-log_odds))).astype(int)
    forecast = 1 / (1 + np.exp(-log_odds[:, None] - rng.normal(size=(rows, contenders))))
    forecast[:, ::8] = forecast[:, ::8].round(1).clip(0.05, 0.95)
    return outcome, forecast, client


def plain(outcome: np.ndarray, column: np.ndarray, weight: np.ndarray) -> None:
    """Compute the same measures of one contender on one replicate with scikit-learn and numpy."""
    roc_auc_score(outcome, column, sample_weight=weight)
    average_precision_score(outcome, column, sample_weight=weight)
    log_loss(outcome, column, sample_weight=weight)
    brier_score_loss(outcome, column, sample_weight=weight)
    for threshold in THRESHOLDS:
        acted = weight * (column >= threshold)
        (acted @ outcome - acted @ (1 - outcome) * threshold / (1 - threshold)) / weight.sum()
    order = np.argsort(-column)
    filled, hits = np.cumsum(weight[order]), np.cumsum((weight * outcome)[order])
    for room in (*(share * filled[-1] for share in SHARES), *NUMBERS):
        hits[np.searchsorted(filled, room)] / room  # ties and fractions left aside, to the loop's advantage


def of_parts(rows: int, replicates: int, workers: int) -> None:
    """Print time and error of draws of parts of the clients and binned forecasts, against draws of clients and rows."""
    wanted, widths, seconds = Wanted(shares=SHARES, numbers=NUMBERS, thresholds=THRESHOLDS), [], []
    sample = cohort(rows, rows // 3, 2)
    for many in (rows, rows - 1):
        module.MANY_ROWS, start = many, time.process_time()
        made = bootstrap(*sample, wanted, replicates=replicates, seed=1, workers=workers)
        seconds.append(time.process_time() - start)
        low, high = np.quantile(made.draws, [0.025, 0.975], axis=1)
        widths.append((low, high))
    (low, high), (first, last) = widths
    ends = np.concatenate([np.abs(first - low), np.abs(last - high)]) / np.tile(high - low, (2, 1))
    ratio = (last - first) / (high - low)
    print(f"{rows} rows, {replicates} replicates, 2 contenders, seconds of processor time:")
    print(f"{seconds[0]:.1f} row by row, {seconds[1]:.1f} by parts")
    print(f"width by parts / row by row: mean {ratio.mean():.3f}, from {ratio.min():.3f} to {ratio.max():.3f}")
    print(f"ends apart, in widths: mean {ends.mean():.3f}, largest {ends.max():.3f}")


def main() -> None:
    """Print medians and the ratio; with --parts those of many rows."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rows", type=int, default=16_000)
    parser.add_argument("--clients", type=int, default=5_500)
    parser.add_argument("--contenders", type=int, default=40)
    parser.add_argument("--replicates", type=int, default=2_000)
    parser.add_argument("--workers", type=int, default=2, help="threads of the bootstrap")
    parser.add_argument("--runs", type=int, default=3, help="the median of this many is printed")
    parser.add_argument("--loops", type=int, default=40, help="contender-replicates of the plain loop that are timed")
    parser.add_argument("--parts", action="store_true", help="compare the two ways of many rows instead")
    given = parser.parse_args()
    if given.parts:
        of_parts(given.rows, given.replicates, given.workers)
        return

    outcome, forecast, client = cohort(given.rows, given.clients, given.contenders)
    names = [f"contender {number}" for number in range(given.contenders)]
    drawing, tables = [], []
    for _ in range(given.runs):
        start = time.perf_counter()
        made = bootstrap(
            outcome,
            forecast,
            client,
            Wanted(shares=SHARES, numbers=NUMBERS, thresholds=THRESHOLDS),
            replicates=given.replicates,
            seed=1,
            workers=given.workers,
        )
        drawn = time.perf_counter()
        summarise(made, names)
        pairs = differences(made, names)
        drawing.append(drawn - start)
        tables.append(time.perf_counter() - drawn)

    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    weights = np.concatenate(list(client_weights(client, 8, 1)))
    start = time.perf_counter()
    for number in range(given.loops):
        plain(outcome, forecast[:, number % given.contenders], weights[number % len(weights)])
    each = (time.perf_counter() - start) / given.loops

    total = statistics.median(d + t for d, t in zip(drawing, tables, strict=True))
    looped = each * given.replicates * given.contenders
    print(f"{given.replicates} replicates, {given.rows} rows, {given.clients} clients, {given.contenders} contenders")
    print(f"{len(made.measures)} measures, {len(pairs)} paired differences, {given.workers} thread(s)")
    drawn, tabled = statistics.median(drawing), statistics.median(tables)
    print(f"bootstrap {drawn:.1f} s, tables {tabled:.1f} s, together {total:.1f} s (medians)")
    print(f"peak resident memory {peak:.0f} MB")
    print(f"plain loop {1000 * each:.1f} ms per contender and replicate, {looped:.0f} s in all, without differences")
    print(f"ratio plain loop / bootstrap: {looped / total:.0f}")


if __name__ == "__main__":
    main()
