"""Time of a whole training against the same fits and predictions called directly, and of each part of it apart.

Prints the wall-clock and processor time of `eriq train CONFIG`; the sum of the bare library calls (each estimator's
fit on each training fold of each repeat, and its forecast on the test fold, one after the other); and their ratio, to
one core and to all. Then the parts of the training: wall-clock seconds with all workers, seconds in fit and forecast
calls (of a second training in one process), and their ratio where a part fits anything. Seconds in which estimators
settle how strong or how many trees on inner folds are told beside them: bare calls leave these out. Refits, groups and
fits per basis stand apart. All fits wait in one queue from the start, so a part's seconds with all workers are those
that it was waited for: what was done meanwhile is not counted again. `own` is whole / cores, less their time, over the
bare calls of contenders x folds x repeats alone; with settling, over both.
"""

import argparse
import json
import os
import resource
import statistics
import subprocess
import sys
import tempfile
import time
from collections import defaultdict
from collections.abc import Callable
from pathlib import Path
from typing import Any

from eriq.config import load_experiment

# The functions that `eriq.workflows.train` calls, by what they are for; what one calls of another counts there.
PARTS = {
    "data and design": ("load_experiment", "prepare", "doubts_of", "sample_sizes", "checked_folds"),
    "given to the queue": ("_begun",),
    "comparison": ("compare",),
    "refits": ("declared_difference", "without_strongest", "final_model"),
    "groups": ("audit", "who", "listed"),
    "fits per basis": ("further_bases", "basis_tables", "_with_bases"),
    "explanation": ("explain", "best_rules", "scorecards"),
    "elsewhere": ("_elsewhere",),
    "model": ("save", "facts_of", "card_markdown"),
    "report": ("all_of", "write_results"),
    "tracking": ("log_training",),
}
CONTENDERS = "contenders x folds x repeats"
INTERVALS = "refits of the explanation"
APART = ("refits", "groups", "fits per basis", INTERVALS)


def bare(config: str) -> float:
    """Return seconds in fit and predict_proba alone; matrices are made before the clock starts."""
    from eriq.features.matrix import to_matrix
    from eriq.study.design.folds import make_folds
    from eriq.study.design.prepare import prepare
    from eriq.study.learning.estimators import ESTIMATORS
    from eriq.study.learning.queue import one_thread

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


def whole(config: str) -> tuple[float, float]:
    """Return wall-clock and processor seconds of the command, start-up, bootstrap, report and tracking included."""
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    with tempfile.TemporaryDirectory() as folder:
        start = time.perf_counter()
        subprocess.run([sys.executable, "-m", "eriq", "train", config], cwd=folder, check=True, capture_output=True)
        wall = time.perf_counter() - start
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    return wall, after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime


def parts(config: str, workers: int) -> dict[str, tuple[float, ...]]:
    """Return seconds of each part by the clock, and in fit and settling calls of this process, by a child."""
    with tempfile.TemporaryDirectory() as folder:
        words = [sys.executable, __file__, config, "--workers", str(workers), "--timed"]
        done = subprocess.run(words, cwd=folder, check=True, capture_output=True, text=True)
    return {name: tuple(told) for name, told in json.loads(done.stdout.splitlines()[-1]).items()}


def timed(config: str, workers: int) -> dict[str, list[float]]:
    """Train in this process with a clock around each part and around each fit and forecast."""
    start = time.perf_counter()
    from eriq.study.explanation import explain
    from eriq.study.learning import resume, training
    from eriq.workflows import train

    spent: dict[str, list[float]] = defaultdict(lambda: [0.0, 0.0, 0.0])
    inside, marks = ["the rest"], [time.perf_counter()]
    spent["imports"][0] = marks[0] - start

    def mark() -> None:
        now = time.perf_counter()
        spent[inside[-1]][0] += now - marks.pop()
        marks.append(now)

    def part(name: str, call: Callable[..., Any], *, within: bool = False) -> Callable[..., Any]:
        def called(*given: Any, **named: Any) -> Any:
            if len(inside) > 1 and not within:
                return call(*given, **named)
            mark()
            inside.append(name)
            try:
                return call(*given, **named)
            finally:
                mark()
                inside.pop()

        return called

    def fit(call: Callable[..., Any], place: int = 1) -> Callable[..., Any]:
        def called(*given: Any, **named: Any) -> Any:
            begun = time.perf_counter()
            try:
                return call(*given, **named)
            finally:
                spent[inside[-1]][place] += time.perf_counter() - begun

        return called

    for name, calls in PARTS.items():
        for call in calls:
            setattr(train, call, part(name, getattr(train, call)))
    resume.Resumed.repeats = part(CONTENDERS, resume.Resumed.repeats)  # type: ignore[method-assign]
    for call in ("fit_weighted", "fit_on_times", "raw_margin"):
        setattr(training, call, fit(getattr(training, call)))
    training.settled = fit(training.settled, 2)
    explain.contributions = part(INTERVALS, explain.contributions, within=True)
    train.train(config, workers=workers)
    mark()
    return spent


def main() -> None:
    """Measure all in turn and print medians and ratios."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("config", nargs="?", default="demo")
    parser.add_argument("--runs", type=int, default=3)
    parser.add_argument("--workers", type=int, default=os.cpu_count())
    parser.add_argument("--timed", action="store_true", help="print the parts of one training in this process, as JSON")
    given = parser.parse_args()
    config = str(Path(given.config).resolve()) if Path(given.config).suffix else given.config
    if given.timed:
        print(json.dumps(timed(config, given.workers)))
        return
    cores = os.cpu_count() or 1
    runs = [(*whole(config), bare(config)) for _ in range(given.runs)]
    wall, processor, calls = (statistics.median(run[k] for run in runs) for k in range(3))
    print(f"cores {cores}, load {os.getloadavg()[0]:.1f}, {given.runs} run(s) of {given.config}, medians")
    print(f"eriq train   {wall:7.1f} s, {processor:.1f} s of processor time")
    print(f"bare calls   {calls:7.1f} s of contenders x folds x repeats, on one core")
    ratios = [w / b for w, _, b in runs]
    print(f"ratio        {wall / calls:7.2f} (smallest {min(ratios):.2f}, largest {max(ratios):.2f})")
    by_part, alone = parts(config, given.workers), parts(config, 1)
    rest = sum(told[0] for name, told in by_part.items() if name not in APART)
    contenders, settling = alone[CONTENDERS][1:]
    print(f"own          {rest / (contenders / cores):7.2f} (less refits, groups and fits per basis; to all cores)")
    print(f"  settling   {rest / ((contenders + settling) / cores):7.2f} (the same, over bare calls and settling)")
    print(f"\n{'part':<30}{'s':>7}{'fits, s':>9}{'settling':>9}{'ratio to all cores':>20}")
    for name, (seconds, *_) in by_part.items():
        inside, settled = alone[name][1:]
        ratio = f"{seconds / (inside / cores):20.2f}" if inside > 0.005 * contenders and inside > 0.01 else ""
        print(f"{name:<30}{seconds:7.2f}{inside:9.2f}{settled:9.2f}{ratio}")


if __name__ == "__main__":
    main()
