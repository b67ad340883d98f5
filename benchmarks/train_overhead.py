"""Time of a whole training against the same fits and predictions called directly.

Prints the total time of `eriq train CONFIG`, the sum of the bare library calls (each estimator's fit on
each training fold, and its forecast on the test fold, one after the other), and their ratio.
"""

import argparse
import os
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path

from eriq.config import load_experiment
from eriq.features.matrix import to_matrix
from eriq.study.design.folds import make_folds
from eriq.study.design.prepare import prepare
from eriq.study.learning.estimators import ESTIMATORS
from eriq.study.learning.training import one_thread


def bare(config: str) -> float:
    """Return seconds in fit and predict_proba alone; matrices are made before the clock starts."""
    experiment = load_experiment(config)
    study = prepare(experiment)
    folds = make_folds(study.design, experiment, study.observe_days, external=study.external)
    total = 0.0
    with one_thread():
        for contender in study.contenders:
            used = [f for f in study.features if f.name in contender.columns]
            matrix = to_matrix(study.design.matrix, contender.columns).to_numpy()
            for fold in folds:
                train, test = matrix[fold.train], matrix[fold.test]
                estimator = ESTIMATORS[contender.estimator].make(used, experiment.seed)
                start = time.perf_counter()
                estimator.fit(train, study.design.outcome[fold.train])
                estimator.predict_proba(test)
                total += time.perf_counter() - start
    return total


def whole(config: str) -> float:
    """Return seconds of the command, start-up, bootstrap, report and tracking included."""
    file = Path(config).resolve() if Path(config).suffix else config
    with tempfile.TemporaryDirectory() as folder:
        start = time.perf_counter()
        subprocess.run([sys.executable, "-m", "eriq", "train", str(file)], cwd=folder, check=True, capture_output=True)
        return time.perf_counter() - start


def main() -> None:
    """Measure both in turn and print medians and the ratio."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("config", nargs="?", default="demo")
    parser.add_argument("--runs", type=int, default=3)
    given = parser.parse_args()
    pairs = [(whole(given.config), bare(given.config)) for _ in range(given.runs)]
    ratios = [w / b for w, b in pairs]
    print(f"cores {os.cpu_count()}, {given.runs} run(s) of {given.config}")
    print(f"eriq train   {statistics.median(w for w, _ in pairs):7.1f} s (median)")
    print(f"bare calls   {statistics.median(b for _, b in pairs):7.1f} s (median)")
    print(
        f"ratio        {statistics.median(ratios):7.2f} (median; smallest {min(ratios):.2f}, largest {max(ratios):.2f})"
    )


if __name__ == "__main__":
    main()
