"""What MLflow is told of a look at a model in use: verdicts, page and tables."""

from dataclasses import dataclass
from pathlib import Path

from eriq.errors import TrackingError
from eriq.registry.tracking import HOME, connect, is_remote


@dataclass(frozen=True, slots=True)
class OtherRun:
    """A run that is no training."""

    name: str
    tags: dict[str, str]
    metrics: dict[str, float]
    folder: Path  # of page and tables, cleared


def log_monitoring(run: OtherRun) -> str:
    """Log a run and return its id.

    Raises
    ------
    TrackingError
        When the store cannot be reached; page and tables stay.
    """
    mlflow = connect()
    try:
        found = mlflow.get_experiment_by_name(run.name)
        place = None if is_remote() else (HOME / "artifacts" / run.name).resolve().as_uri()
        known = found.experiment_id if found else mlflow.create_experiment(run.name, artifact_location=place)
        plain = {"mlflow.user": "eriq", "mlflow.source.name": "eriq monitor", "kind": "monitoring"}
        with mlflow.start_run(experiment_id=known, run_name=run.name, tags={**plain, **run.tags}) as active:
            mlflow.log_metrics(run.metrics)
            mlflow.log_artifacts(str(run.folder))
            return str(active.info.run_id)
    except mlflow.exceptions.MlflowException as why:
        raise TrackingError(f"MLflow could not log the run ({why.error_code}); results are in {run.folder}") from None
