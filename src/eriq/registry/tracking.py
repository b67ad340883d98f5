"""What MLflow is told, and where it keeps it; the only door to MLflow."""

import hashlib
import io
import os
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, redirect_stderr
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from eriq.errors import EriqError, OutputError
from eriq.model.bundle import Bundle
from eriq.study.comparison.calibrated import cross_calibrated
from eriq.study.comparison.compare import Comparison
from eriq.study.design.design import Design
from eriq.tables.results import SAVED, Results

HOME = Path("mlruns")
ALIAS = "candidate"
REMOTE = ("http://", "https://", "databricks", "uc:")
NOT_THERE = ("RESOURCE_DOES_NOT_EXIST", "INVALID_PARAMETER_VALUE")  # what MLflow says of a name it does not know
# Read before MLflow is imported: no telemetry, no look-up of environments, no job runner.
SETTINGS = {
    "MLFLOW_DISABLE_TELEMETRY": "true",
    "DO_NOT_TRACK": "true",
    "MLFLOW_SERVER_ENABLE_JOB_EXECUTION": "false",
    "MLFLOW_SKIP_PIP_REQUIREMENTS_CHECK": "true",
    "MLFLOW_ENABLE_ASYNC_TRACE_LOGGING": "false",
    "MLFLOW_ENABLE_ARTIFACTS_PROGRESS_BAR": "false",
    "MLFLOW_LOGGING_LEVEL": "ERROR",
    "MLFLOW_HTTP_REQUEST_MAX_RETRIES": "3",  # a server that is down is told of in seconds, not minutes
    "GIT_PYTHON_REFRESH": "quiet",
}
SHOWN = (
    "auc",
    "average_precision",
    "log_loss",
    "brier",
    "brier_skill_prevalence",
    "brier_skill_register",
    "calibration_slope",
    "calibration_in_the_large",
    "ici",
)


class TrackingError(EriqError):
    """The tracking server or its database cannot be used."""

    exit_code = 22


def tracking_uri() -> str:
    """Return where runs are kept: MLFLOW_TRACKING_URI, or a SQLite database under mlruns."""
    return os.environ.get("MLFLOW_TRACKING_URI") or f"sqlite:///{(HOME / 'mlflow.db').resolve()}"


def is_remote() -> bool:
    """Return whether a server keeps runs and artefacts, and not a database that we open ourselves."""
    return tracking_uri().startswith(REMOTE)


def connect() -> Any:
    """Return MLflow, set to the right store and quiet."""
    for name, value in SETTINGS.items():
        os.environ.setdefault(name, value)
    import logging
    import warnings

    warnings.filterwarnings("ignore", module="mlflow")
    import mlflow

    for chatty in ("mlflow", "alembic"):  # after the import, which sets its own levels
        logging.getLogger(chatty).setLevel(logging.ERROR)

    uri = tracking_uri()
    if not is_remote():
        try:
            HOME.mkdir(parents=True, exist_ok=True)
        except OSError as why:
            raise OutputError(f"{HOME} cannot be made: {why.strerror}") from None
    mlflow.set_tracking_uri(uri)
    return mlflow


def log_training(
    *,
    name: str,
    facts: Mapping[str, Any],
    comparison: Comparison,
    tables: Results,
    bundle: Bundle,
    folder: Path,
    sample: pd.DataFrame,
    design: Design | None = None,
) -> str:
    """Log one training: a parent run, a child per contender, files, and the registered model.

    Aggregates, digests and settings are told; no row of a person, no name of a user. With `design`
    the held-out forecasts of the saved model are kept on this machine, as `held_out` makes them, so
    that a later model can be compared with this one on the same people.

    Returns
    -------
    str
        Id of the parent run.

    Raises
    ------
    TrackingError
        When the store cannot be reached; what was computed stays in `folder`.
    """
    mlflow = connect()
    try:
        forecasts = held_out(design, comparison) if design is not None else None
        return _log(mlflow, name, facts, comparison, tables, bundle, folder, sample, forecasts)
    except mlflow.exceptions.MlflowException as why:
        raise TrackingError(f"MLflow could not log the run ({why.error_code}); results are in {folder}") from None


def _log(
    mlflow: Any,
    name: str,
    facts: Mapping[str, Any],
    comparison: Comparison,
    tables: Results,
    bundle: Bundle,
    folder: Path,
    sample: pd.DataFrame,
    forecasts: pd.DataFrame | None,
) -> str:
    experiment = _experiment(mlflow, name)
    chosen = comparison.chosen.name
    plain = {"mlflow.user": "eriq", "mlflow.source.name": "eriq train", "eriq.version": facts["eriq_version"]}
    note = f"{facts['sentence']}\n\n{facts['about']}\n\nOpen artifact **report.html**."
    with mlflow.start_run(
        experiment_id=experiment,
        run_name=f"{name}: {chosen}",
        tags={**plain, "kind": "training", "mlflow.note.content": note},
    ) as run:
        mlflow.log_params(_params(facts, comparison))
        mlflow.log_metrics(_metrics(tables, SAVED) | _headline(tables))
        mlflow.log_artifacts(str(folder))
        if forecasts is not None:
            file = _held_out_file(run.info.run_id)
            file.parent.mkdir(parents=True, exist_ok=True)
            forecasts.to_parquet(file, index=False)
        for contender in comparison.contenders:
            tags = {**plain, "kind": "contender", "chosen": str(contender.name == chosen).lower()}
            with mlflow.start_run(experiment_id=experiment, run_name=contender.name, nested=True, tags=tags):
                mlflow.log_params(
                    {"block": contender.block, "estimator": contender.estimator, "columns": len(contender.columns)}
                )
                mlflow.log_metrics(_metrics(tables, contender.name))
        _register(mlflow, bundle, sample, name)
        return str(run.info.run_id)


def _experiment(mlflow: Any, name: str) -> str:
    """Return the id of the experiment of a config; the artefacts lie under mlruns unless a server keeps them."""
    found = mlflow.get_experiment_by_name(name)
    if found:
        return str(found.experiment_id)
    place = None if is_remote() else (HOME / "artifacts" / name).resolve().as_uri()
    tags = {"mlflow.experimentKind": "custom_model_development"}  # opens as runs with metrics, not as chat traces
    return str(mlflow.create_experiment(name, artifact_location=place, tags=tags))


def held_out(design: Design, comparison: Comparison) -> pd.DataFrame:
    """Return the forecasts of the saved model for people it was not fitted to: three numbers a row, no ids.

    Rows come in an order made from the outcomes alone, and clients are counted anew in it: nothing
    leads back to the rows of the input, and two trainings on the same rows give the same order.

    Parameters
    ----------
    design : Design
    comparison : Comparison
        Out-of-fold log-odds; they are calibrated on other people here, as the report does.

    Returns
    -------
    DataFrame
        Columns client (0, 1, ...), outcome (0 or 1), log_odds (three decimals).
    """
    log_odds = cross_calibrated(design, comparison.held.of(comparison.chosen), comparison.held.folds)
    rows = np.flatnonzero(~np.isnan(log_odds))
    content = hashlib.sha256(design.outcome[rows].tobytes() + design.client[rows].astype("int64").tobytes()).digest()
    rows = np.random.default_rng(int.from_bytes(content[:8], "little")).permutation(rows)
    client, _ = pd.factorize(design.client[rows])
    return pd.DataFrame({"client": client, "outcome": design.outcome[rows], "log_odds": log_odds[rows].round(3)})


def _params(facts: Mapping[str, Any], comparison: Comparison) -> dict[str, Any]:
    instrument = facts["instrument"]
    return {
        "question": facts["question"],
        "outcome": facts["outcome_words"],
        "chosen": comparison.chosen.name,
        "baseline": comparison.baseline,
        "design": facts["design"],
        "rows": facts["n_rows"],
        "clients": facts["n_clients"],
        "events": facts["n_events"],
        "seed": facts["seed"],
        "simulated": facts["simulated"],
        "instrument": f"{instrument['id']} {instrument['version']}" if instrument else "none",
        "instrument_digest": instrument["digest"][:16] if instrument else "none",
        **{f"data_{table}": digest[:16] for table, digest in facts["digests"].items()},
    }


def _metrics(tables: Results, contender: str) -> dict[str, float]:
    """Return the measures of one contender with their intervals, and its difference from the baseline."""
    measures = tables["measures"]
    mine = measures[(measures["contender"] == contender) & measures["measure"].isin(SHOWN)]
    metrics: dict[str, Any] = {}
    for row in mine.itertuples():
        metrics |= {str(row.measure): row.estimate, f"{row.measure}_low": row.low, f"{row.measure}_high": row.high}
    differ = tables["differences"]
    auc = differ[(differ["contender"] == contender) & (differ["measure"] == "auc")]
    for row in auc.itertuples():
        metrics |= {"auc_gain": row.estimate, "auc_gain_low": row.low, "auc_gain_high": row.high}
    return {key: float(value) for key, value in metrics.items() if pd.notna(value)}


def _headline(tables: Results) -> dict[str, float]:
    row = tables["headline"].iloc[0]
    return {"auc_gain": float(row["estimate"]), "auc_gain_low": float(row["low"]), "auc_gain_high": float(row["high"])}


# --- model registry ------------------------------------------------------------------------


def _register(mlflow: Any, bundle: Bundle, sample: pd.DataFrame, name: str) -> None:
    """Log the bundle as a pyfunc without pickle, register it, and point the alias at it."""
    with redirect_stderr(io.StringIO()):  # its notes on registering are said by us
        info = _log_model(mlflow, bundle, sample, name)
    client = mlflow.MlflowClient()
    client.set_registered_model_alias(f"eriq-{name}", ALIAS, info.registered_model_version)
    client.set_model_version_tag(f"eriq-{name}", str(info.registered_model_version), "bundle", bundle.name)


def _log_model(mlflow: Any, bundle: Bundle, sample: pd.DataFrame, name: str) -> Any:
    from eriq.registry.pyfunc import signature

    return mlflow.pyfunc.log_model(
        name="model",
        python_model=str(Path(__file__).with_name("pyfunc.py")),
        artifacts={"bundle": str(bundle.folder)},
        signature=signature(bundle),
        input_example=sample,
        pip_requirements=requirements(),
        registered_model_name=f"eriq-{name}",
    )


def requirements() -> list[str]:
    """Return this eriq and the libraries that must have these versions to give these numbers."""
    from importlib.metadata import version

    pinned = ("lightgbm", "numpy", "pandas", "pyarrow", "scikit-learn", "scipy", "skops")
    return [f"eriq=={version('eriq')}", *(f"{name}=={version(name)}" for name in pinned)]


@contextmanager
def _registry(what: str) -> Iterator[Any]:
    """Give a client of the registry; what it refuses is named."""
    mlflow = connect()
    try:
        yield mlflow.MlflowClient()
    except mlflow.exceptions.MlflowException as why:
        if why.error_code in NOT_THERE:
            raise TrackingError(f"the registry has no {what}") from None
        raise TrackingError(f"the tracking server could not be asked for {what} ({why.error_code})") from None


@dataclass(frozen=True, slots=True)
class Version:
    """One version of a registered model."""

    name: str
    number: str
    run_id: str

    @property
    def reference(self) -> str:
        """What `model_folder` takes."""
        return f"models:/{self.name}/{self.number}"


def find_version(reference: str) -> Version:
    """Return a registered version: by ``models:/name@alias``, ``models:/name/3``, or folder or name of its bundle.

    Raises
    ------
    TrackingError
        When there is none, or the registry cannot be reached.
    """
    with _registry(reference) as client:
        if reference.startswith("models:/"):
            name, at, alias = reference.removeprefix("models:/").partition("@")
            if at:
                return _version(client.get_model_version_by_alias(name, alias))
            name, _, number = name.rpartition("/")
            return _version(client.get_model_version(name, number))
        bundle = Path(reference).name.replace("'", "")
        found = client.search_model_versions(f"tags.bundle = '{bundle}'")
    if not found:
        raise TrackingError(f"the registry has no version of {bundle}; a training registers its model")
    return _version(max(found, key=lambda v: int(v.version)))


def _version(found: Any) -> Version:
    return Version(str(found.name), str(found.version), str(found.run_id))


def version_at(name: str, alias: str) -> Version | None:
    """Return the version an alias points at, or None when it points nowhere."""
    with _registry(f"{name}@{alias}") as client:
        registered = client.get_registered_model(name)
        if alias not in registered.aliases:
            return None
        return _version(client.get_model_version_by_alias(name, alias))


def point_alias(version: Version, alias: str, tags: Mapping[str, str]) -> None:
    """Point an alias at a version, and write down on the version why."""
    with _registry(version.reference) as client:
        for key, value in tags.items():
            client.set_model_version_tag(version.name, version.number, key, value)
        client.set_registered_model_alias(version.name, alias, version.number)


def _held_out_file(run_id: str) -> Path:
    """Return where the held-out forecasts of a training stay: on this machine, never in MLflow."""
    return HOME / "held_out" / f"{run_id}.parquet"


def held_out_forecasts(version: Version) -> pd.DataFrame | None:
    """Return the forecasts kept here by the training of a version, or None if it ran elsewhere."""
    file = _held_out_file(version.run_id)
    return pd.read_parquet(file) if file.is_file() else None


def model_folder(reference: str) -> Path:
    """Return the local folder of a bundle: a path, or ``models:/name@alias`` from the registry.

    An alias is resolved once, so that a job keeps the version it began with.
    """
    if not reference.startswith("models:/"):
        return Path(reference)
    mlflow = connect()
    try:
        folder = Path(mlflow.artifacts.download_artifacts(reference))
    except (mlflow.exceptions.MlflowException, OSError):
        raise TrackingError(f"the registry has no {reference}, or cannot be reached") from None
    found = sorted(folder.rglob("manifest.json"))
    if len(found) != 1:
        raise TrackingError(f"{reference} is not a model logged by eriq")
    return found[0].parent


def compare_link(port: int) -> str | None:
    """Return the page that compares the contenders of the newest training, or None before the first."""
    import json
    from urllib.parse import quote

    mlflow = connect()
    newest = mlflow.search_runs(
        search_all_experiments=True,
        filter_string="tags.kind = 'training'",
        order_by=["start_time DESC"],
        max_results=1,
        output_format="list",
    )
    if not newest:
        return None
    run = newest[0].info
    children = mlflow.search_runs(
        experiment_ids=[run.experiment_id],
        filter_string=f"tags.`mlflow.parentRunId` = '{run.run_id}'",
        max_results=40,
        output_format="list",
    )
    ids = json.dumps([child.info.run_id for child in children])
    return (
        f"http://127.0.0.1:{port}/#/compare-runs?runs={quote(ids)}&experiments={quote(json.dumps([run.experiment_id]))}"
    )


def ui_command(port: int) -> list[str]:
    """Return the command that starts the MLflow UI on this machine only, with the right store.

    Raises
    ------
    TrackingError
        When the store is a server, which shows its pages itself.
    """
    import sys

    if is_remote():
        raise TrackingError("MLFLOW_TRACKING_URI is the address of a server: open that in a browser")
    os.environ.setdefault("MLFLOW_BACKEND_STORE_URI", tracking_uri())  # not an argument: it may hold a password
    return [
        *(sys.executable, "-m", "mlflow", "server", "--host", "127.0.0.1", "--port", str(port), "--workers", "1"),
        *("--default-artifact-root", str((HOME / "artifacts").resolve())),
    ]
