"""Rows explained per second by look-up tables, shap.TreeExplainer and LightGBM's own pred_contrib.

All on one model of depth 2 and one matrix, taking turns, so that a busy machine slows all of them; read the
ratios. Tables use one thread, the other two as many as `--threads` says.
"""

import argparse
import os
import sys
import time
import warnings
from collections.abc import Callable

os.environ.setdefault("OMP_WAIT_POLICY", "passive")  # before native imports: waiting threads must not spin

import lightgbm as lgb
import numpy as np
import shap

from eriq.model.pair_tables import collapse

ITEMS, REGISTER = 22, 25


def made_up(rows: int, rng: np.random.Generator) -> tuple[np.ndarray, np.ndarray]:
    """Return items on five levels beside continuous register columns, a tenth missing, and an outcome."""
    items = rng.integers(0, 5, (rows, ITEMS)).astype(float)
    register = rng.gamma(2, 10, (rows, REGISTER))
    margin = 0.1 * (items - 2).sum(axis=1) + 0.004 * (register - 20).sum(axis=1)
    margin += 0.5 * (items[:, 0] > 2) * (register[:, 0] > 20) + rng.logistic(size=rows)
    matrix = np.hstack([items, register])
    matrix[rng.random(matrix.shape) < 0.1] = np.nan
    return matrix, (margin > 0).astype(int)


def seconds(call: Callable[[], object]) -> float:
    """Return the wall time of one call."""
    start = time.perf_counter()
    call()
    return time.perf_counter() - start


def main() -> None:
    """Fit, check that the three agree, take turns, print medians and ratios."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--rows", type=int, default=20_000, help="rows explained (default %(default)s)")
    parser.add_argument("--trees", type=int, default=200, help="trees of depth 2 (default %(default)s)")
    parser.add_argument(
        "--repeats", type=int, default=7, help="turns of which the median is taken (default %(default)s)"
    )
    parser.add_argument("--threads", type=int, default=2, help="threads of LightGBM and shap (default %(default)s)")
    parser.add_argument("--seed", type=int, default=1, help="seed of the made-up people (default %(default)s)")
    given = parser.parse_args()

    settings = {"objective": "binary", "num_leaves": 4, "max_depth": 2, "verbose": -1, "num_threads": given.threads}
    matrix, outcome = made_up(given.rows, np.random.default_rng(given.seed))
    booster = lgb.train(settings, lgb.Dataset(matrix, outcome), given.trees)
    names = [f"x{place}" for place in range(matrix.shape[1])]
    tables = collapse(booster.dump_model(), names)
    collapsing = seconds(lambda: collapse(booster.dump_model(), names))
    explainer = shap.TreeExplainer(booster)
    calls: dict[str, Callable[[], object]] = {
        "pair tables": lambda: tables.contributions(matrix),
        "shap.TreeExplainer": lambda: explainer.shap_values(matrix),
        "pred_contrib": lambda: booster.predict(matrix, pred_contrib=True),
        "pair tables, margin": lambda: tables.margin(matrix),
        "predict, margin": lambda: booster.predict(matrix, raw_score=True),
    }
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", UserWarning)  # shap tells each time that its output has become a list
        for call in calls.values():
            call()  # first calls start threads and load code
        turns = [{name: seconds(call) for name, call in calls.items()} for _ in range(given.repeats)]
    rate = {name: given.rows / float(np.median([turn[name] for turn in turns])) for name in calls}
    ratio = {name: float(np.median([turn[name] / turn["pair tables"] for turn in turns])) for name in calls}
    apart = np.abs(tables.contributions(matrix) - np.asarray(booster.predict(matrix, pred_contrib=True))).max()
    lines = [
        f"{given.trees} trees, {len(names)} features, {given.rows} rows, {len(tables.pairs)} pairs, "
        f"{sum(pair.table.size for pair in tables.pairs)} table entries, collapsed in {collapsing:.2f} s",
        f"largest difference to pred_contrib {apart:.1e}",
        f"{'':22}{'rows/s':>12}{'pair tables are':>18}",
        *(f"{name:22}{rate[name]:12,.0f}{ratio[name]:15.1f} x" for name in calls),
    ]
    sys.stdout.write("\n".join(lines) + "\n")


if __name__ == "__main__":
    main()
