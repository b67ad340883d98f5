"""Time and peak memory of what people would use instead, on the same model and rows, one process each, losses shown.

Peers come by the group `peers` of pyproject.toml; explainerdashboard and shapash are in no lock. In an environment of
their own, with the pins of requirements-dev.lock as constraints: `pip install --group peers`. What is not installed is
skipped and named. Read the ratios; what the two sides give is not the same, and the table says in words what each does.
"""

import argparse
import importlib.util
import json
import os

os.environ.setdefault("OMP_WAIT_POLICY", "passive")  # before anything native is loaded

import subprocess
import sys
import tempfile
import time
import warnings
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from eriq.model.bundle import Bundle, open_bundle
from scoring import made_bundle, write_input

REPLICATES = 200  # a loop over more would take the benchmark's whole time
MEASURES = ("auc", "log_loss")
HELD: list[Any] = []  # sessions of Spark, which end when nobody holds them


@dataclass(frozen=True)
class World:
    """One model, and rows with outcomes made up by it."""

    folder: Path
    rows: int

    @property
    def bundle(self) -> Bundle:
        """The saved model."""
        return open_bundle(next((self.folder / "models").iterdir()))

    @property
    def given(self) -> Path:
        """Raw rows as Parquet."""
        return self.folder / "given"

    def array(self, name: str) -> Any:
        """Return matrix, outcome, client or group of the rows."""
        return np.load(self.folder / f"{name}.npy", allow_pickle=False)[: self.rows]


def make(folder: Path, rows: int) -> World:
    """Train the model, write rows and draw outcomes."""
    bundle = made_bundle(folder / "models", trees=200, leaves=15)
    (folder / "given").mkdir()
    write_input(folder / "given" / "a.parquet", rows, bundle)
    table = pd.read_parquet(folder / "given")
    names = [f.item or f.name for f in bundle.features]
    matrix = table[names].to_numpy("float64") - np.array([1.0 if f.item else 0.0 for f in bundle.features])
    rng = np.random.default_rng(3)
    client = np.sort(rng.integers(0, max(1, rows // 3), rows))
    chance = 1 / (1 + np.exp(-bundle.model.log_odds(matrix)))
    arrays = {"matrix": matrix, "client": client, "outcome": (rng.random(rows) < chance).astype(int)}
    arrays |= {"probability": chance, "group": rng.integers(0, 4, client.max() + 1)[client]}
    for name, array in arrays.items():
        np.save(folder / f"{name}.npy", array)
    return World(folder, rows)


# --- explanations ---------------------------------------------------------------------------


def eriq_values(world: World) -> Callable[[], object]:
    """Contributions of all columns."""
    model, matrix = world.bundle.model, world.array("matrix")
    model.contributions(matrix[:10])
    return lambda: model.contributions(matrix)


def eriq_reasons(world: World) -> Callable[[], object]:
    """Five reasons in words from raw answers, every cell checked."""
    from eriq.scoring.frame import score_frame
    from eriq.scoring.options import Options

    bundle, frame = world.bundle, pd.read_parquet(world.given).head(world.rows)
    return lambda: score_frame(bundle, frame, Options("en", 5))


def shap_values(world: World) -> Callable[[], object]:
    """Contributions by shap.TreeExplainer of the same booster."""
    import shap

    explainer, matrix = shap.TreeExplainer(world.bundle.model.estimator), world.array("matrix")
    return lambda: explainer.shap_values(matrix)


def dashboard_values(world: World) -> Callable[[], object]:
    """Contributions to the probability by explainerdashboard, as it does unless told otherwise."""
    from explainerdashboard import ClassifierExplainer

    frame = pd.DataFrame(world.array("matrix")).add_prefix("x")
    explainer = ClassifierExplainer(_sklearn_like(world), frame, pd.Series(world.array("outcome")))
    return lambda: explainer.get_shap_values_df()


def shapash_values(world: World) -> Callable[[], object]:
    """Contributions by shapash, and its tables of them."""
    from shapash import SmartExplainer

    explainer = SmartExplainer(model=_sklearn_like(world))
    frame = pd.DataFrame(world.array("matrix")).add_prefix("x")
    return lambda: explainer.compile(x=frame)


def _sklearn_like(world: World) -> Any:
    import lightgbm as lgb

    model = lgb.LGBMClassifier(n_estimators=200, num_leaves=15, learning_rate=0.05, verbose=-1)
    return model.fit(world.array("matrix"), world.array("outcome"))


# --- groups, one contender, two contenders --------------------------------------------------


def eriq_groups(world: World) -> Callable[[], object]:
    """Five measures in four groups, gaps with intervals that hold together, clients drawn."""
    from eriq.config import Experiment
    from eriq.study.evaluation.forecasts import Forecasts
    from eriq.study.groups.audit import audit

    told = {"version": 1, "name": "groups", "question": "?", "source": {"kind": "simulated"}, "groups": {}}
    told |= {"contenders": [{"blocks": ["client"], "estimators": ["logistic"]}], "headline": {"with": "client"}}
    experiment = Experiment.model_validate({**told, "intervals": {"replicates": REPLICATES}})
    probability = world.array("probability")
    log_odds = np.log(probability / (1 - probability))[:, None]
    forecasts = Forecasts(("one",), world.array("outcome"), log_odds, world.array("client"))
    labels = pd.DataFrame({"group": world.array("group").astype(str)})
    return lambda: audit(forecasts, labels, experiment, workers=2)


def fairlearn_groups(world: World) -> Callable[[], object]:
    """MetricFrame: four measures in four groups, intervals one by one, rows drawn."""
    from fairlearn.metrics import MetricFrame, false_negative_rate, false_positive_rate, selection_rate
    from sklearn.metrics import recall_score

    outcome, probability, group = (world.array(name) for name in ("outcome", "probability", "group"))
    measures = {
        "picked": selection_rate,
        "fpr": false_positive_rate,
        "fnr": false_negative_rate,
        "recall": recall_score,
    }
    flagged = probability >= np.quantile(probability, 0.8)
    sample = {"n_boot": REPLICATES, "ci_quantiles": [0.025, 0.975], "random_state": 1}
    return lambda: (
        MetricFrame(metrics=measures, y_true=outcome, y_pred=flagged, sensitive_features=group, **sample).by_group_ci
    )


def eriq_one(world: World) -> Callable[[], object]:
    """Measures of one contender with intervals over clients, calibration and decision curve."""
    from eriq.study.evaluation.bootstrap import bootstrap
    from eriq.study.evaluation.calibration import calibration_table
    from eriq.study.evaluation.decisions import decision_curve
    from eriq.study.evaluation.intervals import summarise

    outcome, probability, client = (world.array(name) for name in ("outcome", "probability", "client"))

    def call() -> object:
        made = bootstrap(outcome, probability[:, None], client, replicates=REPLICATES, seed=1, workers=2)
        calibration_table(outcome, probability, n_bins=10)
        return summarise(made, ["one"]), decision_curve(outcome, probability, (0.05, 0.1, 0.2, 0.3))

    return call


def mlflow_evaluate(world: World) -> Callable[[], object]:
    """mlflow.models.evaluate of yes and no: counts and scores without intervals, a figure, a tracked run."""
    import mlflow

    mlflow.set_tracking_uri(f"sqlite:///{world.folder}/mlflow.db")
    mlflow.set_experiment("peers")
    frame = pd.DataFrame({"y": world.array("outcome"), "p": (world.array("probability") >= 0.5).astype(int)})

    def call() -> object:
        with mlflow.start_run():
            return mlflow.models.evaluate(
                data=frame, targets="y", predictions="p", model_type="classifier", evaluators="default"
            )

    return call


def eriq_two(world: World) -> Callable[[], object]:
    """Paired differences of two contenders on one bootstrap of clients."""
    from eriq.study.evaluation.bootstrap import bootstrap
    from eriq.study.evaluation.intervals import differences
    from eriq.study.evaluation.wanted import Wanted

    fits = _out_of_fold(world)
    return lambda: differences(
        bootstrap(*fits(), world.array("client"), Wanted(MEASURES), replicates=REPLICATES, seed=1, workers=2),
        ["answers", "answers and registers"],
    )


def script_two(world: World) -> Callable[[], object]:
    """Take the same fits; in a loop draw clients, score both with scikit-learn, subtract."""
    from sklearn.metrics import log_loss, roc_auc_score

    fits, client = _out_of_fold(world), world.array("client")

    def call() -> object:
        outcome, forecast = fits()
        rows = pd.Series(np.arange(len(client))).groupby(client).apply(np.asarray)
        rng, found = np.random.default_rng(1), []
        for _ in range(REPLICATES):
            drawn = np.concatenate(rows.iloc[rng.integers(0, len(rows), len(rows))].tolist())
            one, other = forecast[drawn].T
            y = outcome[drawn]
            found.append((roc_auc_score(y, other) - roc_auc_score(y, one), log_loss(y, other) - log_loss(y, one)))
        return np.quantile(found, [0.025, 0.975], axis=0)

    return call


def _out_of_fold(world: World) -> Callable[[], tuple[np.ndarray, np.ndarray]]:
    """Return what fits two ridges in five folds of whole clients by cross_val_predict; the same for both sides."""
    from sklearn.linear_model import LogisticRegression
    from sklearn.model_selection import GroupKFold, cross_val_predict
    from sklearn.pipeline import make_pipeline
    from sklearn.preprocessing import StandardScaler

    matrix, outcome, client = np.nan_to_num(world.array("matrix")), world.array("outcome"), world.array("client")
    ridge = make_pipeline(StandardScaler(), LogisticRegression(C=0.01, max_iter=1000))

    def fits() -> tuple[np.ndarray, np.ndarray]:
        told: dict[str, Any] = {"groups": client, "cv": GroupKFold(5), "method": "predict_proba"}
        both = [cross_val_predict(ridge, matrix[:, :width], outcome, **told)[:, 1] for width in (22, matrix.shape[1])]
        return outcome, np.column_stack(both)

    return fits


# --- Spark ----------------------------------------------------------------------------------


def eriq_spark(world: World) -> Callable[[], object]:
    """`eriq score --engine spark`: rows checked, counted and written, repeats found, whole or nothing."""
    from eriq.scoring.options import Options
    from eriq.scoring.spark import cluster, score_folder

    HELD.append(cluster.session("local[2]"))
    HELD[-1].__enter__()
    bundle, out = world.bundle, world.folder / "spark-out"
    return lambda: score_folder(bundle.folder, world.given, out, Options(reasons=0), overwrite=True)


def udf_spark(world: World) -> Callable[[], object]:
    """mlflow.pyfunc.spark_udf of the same saved model, written as Parquet; nothing is counted."""
    from eriq.registry import pyfunc
    from eriq.registry.models import requirements
    from eriq.scoring.spark import cluster

    mlflow, folder, bundle = pyfunc.mlflow, world.folder / "logged", world.bundle
    mlflow.pyfunc.save_model(
        folder,
        python_model=pyfunc.__file__,
        artifacts={"bundle": str(bundle.folder)},
        signature=pyfunc.signature(bundle),
        input_example=bundle.example_rows(),
        pip_requirements=requirements(),
    )
    HELD.append(cluster.session("local[2]"))
    spark = HELD[-1].__enter__()

    def call() -> object:
        from pyspark.sql import functions

        score = mlflow.pyfunc.spark_udf(spark, str(folder), env_manager="local")
        rows = spark.read.parquet(str(world.given))
        made = rows.select(
            "client_id",
            "answered_on",
            score(functions.struct(*(functions.col(f"`{name}`") for name in rows.columns))).alias("s"),
        )
        made.select("client_id", "answered_on", "s.*").write.mode("overwrite").parquet(str(world.folder / "udf-out"))
        return made

    return call


PAIRS: dict[
    str, tuple[Callable[..., Callable[[], object]], tuple[Callable[..., Callable[[], object]], ...], int, str]
] = {
    "contributions": (eriq_values, (shap_values,), 10_000, "shap"),
    "reasons": (eriq_reasons, (shap_values, dashboard_values, shapash_values), 10_000, "shap"),
    "groups": (eriq_groups, (fairlearn_groups,), 5_000, "fairlearn"),
    "one contender": (eriq_one, (mlflow_evaluate,), 20_000, "mlflow"),
    "two contenders": (eriq_two, (script_two,), 20_000, "sklearn"),
    "Spark": (eriq_spark, (udf_spark,), 20_000, "pyspark"),
}
PACKAGES = {
    "shap_values": "shap",
    "dashboard_values": "explainerdashboard",
    "shapash_values": "shapash",
    "fairlearn_groups": "fairlearn",
    "mlflow_evaluate": "mlflow",
    "udf_spark": "pyspark",
    "eriq_spark": "pyspark",
}


@dataclass(frozen=True)
class Cost:
    """What one call took."""

    seconds: float
    busy: float  # seconds of processor time, of this process and of the processes it started and ended
    peak: float  # MB, of the process that called: Java's own is not in it

    def __str__(self) -> str:
        return f"{self.seconds:.2f} s, {self.busy:.2f} s busy, {self.peak:,.0f} MB"


def alone(folder: Path, name: str, rows: int) -> Cost | str:
    """Time one call in a process of its own, or say why there is none."""
    package = PACKAGES.get(name)
    if package and importlib.util.find_spec(package) is None:
        return f"skipped: {package} is not installed"
    words = [sys.executable, __file__, "--one", name, "--folder", str(folder), "--rows", str(rows)]
    done = subprocess.run(words, capture_output=True, text=True, check=False)
    if done.returncode:
        said = [line for line in done.stderr.splitlines() if "Error" in line or "Exception" in line]
        return f"failed: {(said or ['?'])[0][:160]}"
    return Cost(**json.loads(done.stdout.splitlines()[-1]))


def one(folder: Path, name: str, rows: int) -> None:
    """Do one call, the second of two where it is cheap, and print what it took."""
    warnings.simplefilter("ignore")
    call = globals()[name](World(folder, rows))
    start, began = time.perf_counter(), time.process_time()
    call()
    took = time.perf_counter() - start, time.process_time() - began
    print(json.dumps({"seconds": took[0], "busy": took[1], "peak": _peak()}))
    sys.stdout.flush()
    os._exit(0)  # sessions of Java end with their process


def _peak() -> float:
    """Return the most memory of this process in MB; what getrusage says begins with that of the parent."""
    said = Path("/proc/self/status").read_text().split("VmHWM:")[1]
    return int(said.split()[0]) / 1024


def main() -> None:
    """Print a table: what, whose, time, memory, and the ratio of eriq to each peer."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--only", nargs="*", default=list(PAIRS), help="of " + ", ".join(PAIRS))
    parser.add_argument("--runs", type=int, default=2, help="turns; the fastest of each counts")
    parser.add_argument("--one", help=argparse.SUPPRESS)
    parser.add_argument("--folder", type=Path, help=argparse.SUPPRESS)
    parser.add_argument("--rows", type=int, default=0, help=argparse.SUPPRESS)
    given = parser.parse_args()
    if given.one:
        one(given.folder, given.one, given.rows)
    print(f"{os.cpu_count()} cores; the fastest of {given.runs} turns; {REPLICATES} replicates")
    with tempfile.TemporaryDirectory() as made:
        folder = Path(made)
        make(folder, max(rows for _, _, rows, _ in PAIRS.values()))
        for subject in given.only:
            ours, peers, rows, _ = PAIRS[subject]
            names = [ours.__name__, *(peer.__name__ for peer in peers)]
            turns = [{name: alone(folder, name, rows) for name in names} for _ in range(given.runs)]
            best = {name: min((turn[name] for turn in turns), key=_seconds) for name in names}
            mine = best[names[0]]
            print(f"\n{subject}, {rows:,} rows\n  eriq  {names[0]}: {mine}  ({ours.__doc__})")
            for peer, name in zip(peers, names[1:], strict=True):
                their, says = best[name], f"  peer  {name}: {best[name]}  ({peer.__doc__})"
                if isinstance(mine, Cost) and isinstance(their, Cost):
                    says += f"\n        peer / eriq: {their.seconds / mine.seconds:.2f} by the clock, "
                    says += f"{their.busy / mine.busy:.2f} by processor time, {their.peak / mine.peak:.2f} of memory"
                print(says)


def _seconds(cost: Cost | str) -> float:
    return cost.seconds if isinstance(cost, Cost) else float("inf")


if __name__ == "__main__":
    main()
