"""What MLflow is told of runs that train nothing: name, tags, numbers and a folder of what was cleared."""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from eriq import __version__
from eriq.errors import TrackingError
from eriq.registry.tracking import HOME, connect, is_remote


@dataclass(frozen=True, slots=True, eq=False)
class OtherRun:
    """A run without a model: of aggregates alone, and the files that hold them."""

    experiment: str  # name of the config
    kind: str  # of the run, such as psychometrics
    sentence: str  # what was found
    tags: Mapping[str, str]
    metrics: Mapping[str, float]  # cleared
    folder: Path  # tables and page, cleared where they were written
    only: tuple[str, ...] = ()  # files of the folder, where others may lie beside them that are not told; none: all


def log_other(done: OtherRun) -> str:
    """Log one run and return its id.

    Raises
    ------
    TrackingError
        When the store cannot be reached; what was computed stays in its folder.
    """
    mlflow = connect()
    plain = {"mlflow.user": "eriq", "mlflow.source.name": f"eriq {done.kind}", "eriq.version": __version__}
    try:
        found = mlflow.get_experiment_by_name(done.experiment)
        place = None if is_remote() else (HOME / "artifacts" / done.experiment).resolve().as_uri()
        kind = {"mlflow.experimentKind": "custom_model_development"}  # opens as runs with metrics, not as chat traces
        number = (
            found.experiment_id
            if found
            else mlflow.create_experiment(done.experiment, artifact_location=place, tags=kind)
        )
        tags = {**plain, **done.tags, "kind": done.kind, "mlflow.note.content": done.sentence}
        with mlflow.start_run(experiment_id=number, run_name=f"{done.experiment}: {done.kind}", tags=tags) as run:
            mlflow.log_metrics(dict(done.metrics))
            for name in done.only:
                mlflow.log_artifact(str(done.folder / name))
            if not done.only:
                mlflow.log_artifacts(str(done.folder))
            return str(run.info.run_id)
    except mlflow.exceptions.MlflowException as why:
        raise TrackingError(f"MLflow could not log the run ({why.error_code}); results are in {done.folder}") from None
