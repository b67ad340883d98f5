"""Where runs are kept, and the only door to MLflow."""

import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from types import ModuleType
from unittest import mock

from eriq.errors import OutputError, TrackingError

HOME = Path("mlruns")
REMOTE = ("http://", "https://", "databricks", "uc:")
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


def tracking_uri() -> str:
    """Return where runs are kept: MLFLOW_TRACKING_URI, or a SQLite database under mlruns."""
    return os.environ.get("MLFLOW_TRACKING_URI") or f"sqlite:///{(HOME / 'mlflow.db').resolve()}"


def is_remote() -> bool:
    """Return whether a server keeps runs and artefacts, and not a database that we open ourselves."""
    return tracking_uri().startswith(REMOTE)


def connect() -> ModuleType:
    """Return MLflow, set to the right store and quiet."""
    for name, value in SETTINGS.items():
        os.environ.setdefault(name, value)
    import logging
    import warnings

    warnings.filterwarnings("ignore", module="mlflow")
    warnings.filterwarnings("ignore", message="IProgress not found")  # of a notebook without widgets
    import mlflow

    for chatty in ("mlflow", "alembic"):  # after the import, which sets its own levels
        logging.getLogger(chatty).setLevel(logging.ERROR)

    if not is_remote():
        try:
            HOME.mkdir(parents=True, exist_ok=True)
        except OSError as why:
            raise OutputError(f"{HOME} cannot be made: {why.strerror}") from None
    door: ModuleType = mlflow
    given = os.environ.get("MLFLOW_TRACKING_URI")
    door.set_tracking_uri(tracking_uri())
    if not given:  # MLflow sets it, and a program that moves to another folder would stay with the store of this one
        os.environ.pop("MLFLOW_TRACKING_URI", None)
    return door


def ready() -> None:
    """Import MLflow and open the store, so that the first run need not."""
    connect().search_experiments(max_results=1)


@contextmanager
def installed_as_named() -> Iterator[None]:
    """Keep MLflow from reading the file lists of all that is installed to find which package brings which module.

    It wants that for requirements without a version that the metadata know; ours are named from these metadata.
    """
    from mlflow.utils import requirements_utils as theirs

    with mock.patch.object(theirs, "_MODULES_TO_PACKAGES", {}, create=True):
        yield


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
