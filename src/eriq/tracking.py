"""What MLflow is told, and where it keeps it; the only door to MLflow."""

import io
import os
from collections.abc import Mapping
from contextlib import redirect_stderr
from pathlib import Path
from typing import Any

import pandas as pd

from eriq.bundle import Bundle
from eriq.errors import EriqError, OutputError
from eriq.evaluation.benchmark import SAVED, Comparison, Tables

HOME = Path("mlruns")
ALIAS = "candidate"
# Read before MLflow is imported: no telemetry, no look-up of environments, no job runner.
SETTINGS = {
    "MLFLOW_DISABLE_TELEMETRY": "true",
    "DO_NOT_TRACK": "true",
    "MLFLOW_SERVER_ENABLE_JOB_EXECUTION": "false",
    "MLFLOW_SKIP_PIP_REQUIREMENTS_CHECK": "true",
    "MLFLOW_ENABLE_ASYNC_TRACE_LOGGING": "false",
    "MLFLOW_ENABLE_ARTIFACTS_PROGRESS_BAR": "false",
    "MLFLOW_LOGGING_LEVEL": "ERROR",
    "GIT_PYTHON_REFRESH": "quiet",
}
SHOWN = ("auc", "average_precision", "log_loss", "brier", "brier_skill_prevalence", "brier_skill_register", "calibration_slope", "calibration_in_the_large", "ici")


class TrackingError(EriqError):
    """The tracking server or its database cannot be used."""

    exit_code = 22


def tracking_uri() -> str:
    """Return where runs are kept: MLFLOW_TRACKING_URI, or a SQLite database under mlruns."""
    return os.environ.get("MLFLOW_TRACKING_URI") or f"sqlite:///{(HOME / 'mlflow.db').resolve()}"


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
    if uri.startswith("sqlite"):
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
    tables: Tables,
    bundle: Bundle,
    folder: Path,
    sample: pd.DataFrame,
) -> str:
    """Log one training: a parent run, a child per contender, files, and the registered model.

    Only aggregates, digests and settings are told; no row of a person, no name of a user.

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
        return _log(mlflow, name, facts, comparison, tables, bundle, folder, sample)
    except mlflow.exceptions.MlflowException as why:
        raise TrackingError(f"MLflow could not log the run ({why.error_code}); results are in {folder}") from None


def _log(
    mlflow: Any,
    name: str,
    facts: Mapping[str, Any],
    comparison: Comparison,
    tables: Tables,
    bundle: Bundle,
    folder: Path,
    sample: pd.DataFrame,
) -> str:
    experiment = _experiment(mlflow, name)
    chosen = comparison.chosen.name
    plain = {"mlflow.user": "eriq", "mlflow.source.name": "eriq train", "eriq.version": facts["eriq_version"]}
    note = f"{facts['sentence']}\n\n{facts['about']}\n\nOpen artifact **report.html**."
    with mlflow.start_run(experiment_id=experiment, run_name=f"{name}: {chosen}", tags={**plain, "kind": "training", "mlflow.note.content": note}) as run:
        mlflow.log_params(_params(facts, comparison))
        mlflow.log_metrics(_metrics(tables, SAVED) | _headline(tables))
        mlflow.log_artifacts(str(folder))
        for contender in comparison.contenders:
            tags = {**plain, "kind": "contender", "chosen": str(contender.name == chosen).lower()}
            with mlflow.start_run(experiment_id=experiment, run_name=contender.name, nested=True, tags=tags):
                mlflow.log_params({"block": contender.block, "estimator": contender.estimator, "columns": len(contender.columns)})
                mlflow.log_metrics(_metrics(tables, contender.name))
        _register(mlflow, bundle, sample, name)
        return str(run.info.run_id)


def _experiment(mlflow: Any, name: str) -> str:
    """Return the id of the experiment of a config; the artefacts lie under mlruns unless a server keeps them."""
    found = mlflow.get_experiment_by_name(name)
    if found:
        return str(found.experiment_id)
    local = tracking_uri().startswith("sqlite")
    place = (HOME / "artifacts" / name).resolve().as_uri() if local else None
    return str(mlflow.create_experiment(name, artifact_location=place))


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


def _metrics(tables: Tables, contender: str) -> dict[str, float]:
    """Return the measures of one contender with their intervals, and its difference from the baseline."""
    measures = tables["measures"]
    mine = measures[(measures["contender"] == contender) & measures["measure"].isin(SHOWN)]
    metrics = {}
    for row in mine.itertuples():
        metrics |= {row.measure: row.estimate, f"{row.measure}_low": row.low, f"{row.measure}_high": row.high}
    differ = tables["differences"]
    auc = differ[(differ["contender"] == contender) & (differ["measure"] == "auc")]
    for row in auc.itertuples():
        metrics |= {"auc_gain": row.estimate, "auc_gain_low": row.low, "auc_gain_high": row.high}
    return {key: float(value) for key, value in metrics.items() if pd.notna(value)}


def _headline(tables: Tables) -> dict[str, float]:
    row = tables["headline"].iloc[0]
    return {"auc_gain": float(row["estimate"]), "auc_gain_low": float(row["low"]), "auc_gain_high": float(row["high"])}


# --- model registry ------------------------------------------------------------------------


def _register(mlflow: Any, bundle: Bundle, sample: pd.DataFrame, name: str) -> None:
    """Log the bundle as a pyfunc without pickle, register it, and point the alias at it."""
    from mlflow.types import ColSpec, Schema

    numbers = sample.select_dtypes("number").columns
    inputs = Schema([ColSpec("double" if c in numbers else "string", c, required=c == "client_id") for c in sample.columns])
    with redirect_stderr(io.StringIO()):  # its notes on registering are said by us
        info = _log_model(mlflow, bundle, inputs, sample, name)
    client = mlflow.MlflowClient()
    client.set_registered_model_alias(f"eriq-{name}", ALIAS, info.registered_model_version)
    client.set_model_version_tag(f"eriq-{name}", str(info.registered_model_version), "bundle", bundle.name)


def _log_model(mlflow: Any, bundle: Bundle, inputs: Any, sample: pd.DataFrame, name: str) -> Any:
    from mlflow.models import ModelSignature

    return mlflow.pyfunc.log_model(
        name="model",
        python_model=str(Path(__file__).with_name("pyfunc.py")),
        artifacts={"bundle": str(bundle.folder)},
        signature=ModelSignature(inputs=inputs),
        input_example=sample,
        pip_requirements=requirements(),
        registered_model_name=f"eriq-{name}",
    )


def requirements() -> list[str]:
    """Return this eriq and the libraries that must have these versions to give these numbers."""
    from importlib.metadata import version

    pinned = ("lightgbm", "numpy", "pandas", "pyarrow", "scikit-learn", "scipy", "skops")
    return [f"eriq=={version('eriq')}", *(f"{name}=={version(name)}" for name in pinned)]


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
        raise TrackingError(f"the registry has no {reference}") from None
    found = sorted(folder.rglob("manifest.json"))
    if len(found) != 1:
        raise TrackingError(f"{reference} is not a model logged by eriq")
    return found[0].parent


def ui_command(port: int) -> list[str]:
    """Return the command that starts the MLflow UI on this machine only, with the right store."""
    import sys

    return [
        *(sys.executable, "-m", "mlflow", "server", "--host", "127.0.0.1", "--port", str(port), "--workers", "1"),
        *("--backend-store-uri", tracking_uri(), "--default-artifact-root", str((HOME / "artifacts").resolve())),
    ]


