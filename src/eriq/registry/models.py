"""Models in the registry: register, find, point an alias at one, fetch its folder."""

import io
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager, redirect_stderr
from dataclasses import dataclass
from importlib.metadata import version
from pathlib import Path
from types import ModuleType
from typing import Any, Protocol

import pandas as pd

from eriq.errors import BundleError, TrackingError, nearest
from eriq.model.bundle import Bundle, open_bundle
from eriq.model.signature import trusted_keys
from eriq.registry.logged import check_logged
from eriq.registry.tracking import HOME, connect, installed_as_named, is_remote

MODELS = Path("models")
ALIAS = "candidate"
NOT_SAVED = "eriq.not_saved"  # of a training whose forecasts were not worth saving: why
NOT_THERE = ("RESOURCE_DOES_NOT_EXIST", "INVALID_PARAMETER_VALUE")  # what MLflow says of a name it does not know
PINNED = ("lightgbm", "numpy", "pandas", "pyarrow", "scikit-learn", "scipy", "skops")


class _Stored(Protocol):
    """A version as MLflow describes it."""

    name: str
    version: str
    run_id: str | None
    model_id: str | None


class _Registered(Protocol):
    """A registered model as MLflow describes it."""

    aliases: Mapping[str, str]


class _Client(Protocol):
    """What we ask of MLflow's client of the registry."""

    def get_run(self, run_id: str) -> Any: ...
    def get_registered_model(self, name: str) -> _Registered: ...
    def get_model_version(self, name: str, version: str) -> _Stored: ...
    def get_model_version_by_alias(self, name: str, alias: str) -> _Stored: ...
    def search_model_versions(self, filter_string: str) -> Sequence[_Stored]: ...
    def log_model_artifact(self, model_id: str | None, local_path: str, artifact_path: str) -> None: ...
    def set_model_version_tag(self, name: str, version: str, key: str, value: str) -> None: ...
    def set_registered_model_tag(self, name: str, key: str, value: str) -> None: ...
    def update_registered_model(self, name: str, description: str) -> object: ...
    def update_model_version(self, name: str, version: str, description: str) -> object: ...
    def set_registered_model_alias(self, name: str, alias: str, version: str) -> None: ...


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


def no_model(contender: str, why: str) -> str:
    """Return the sentence that stands for a model where none is saved.

    >>> no_model("belief | logistic", "it tells nothing")
    'No model is saved. The best that could be, belief | logistic, is not worth it: it tells nothing.'
    """
    return f"No model is saved. The best that could be, {contender}, is not worth it: {why}."


# --- in ------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Described:
    """What the registry says of a model and of one version of it."""

    model: str
    version: str
    tags: Mapping[str, str]  # on both: the version keeps them, the model shows the newest


def register(mlflow: ModuleType, bundle: Bundle, name: str, run: str, texts: Described) -> None:
    """Log a bundle in a run as a pyfunc without pickle, register and describe it, and point the alias at it."""
    from eriq.registry.inputs import column_types
    from eriq.registry.pyfunc import signature

    # Its notes on registering are said by us.
    with redirect_stderr(io.StringIO()), mlflow.start_run(run_id=run), installed_as_named():
        info = mlflow.pyfunc.log_model(
            name="model",
            python_model=str(Path(__file__).with_name("pyfunc.py")),
            artifacts={"bundle": str(bundle.folder)},
            signature=signature(bundle),
            metadata={"columns": dict(column_types(bundle))},
            input_example=bundle.example_rows(),
            pip_requirements=requirements(),
            registered_model_name=f"eriq-{name}",
        )
    client: _Client = mlflow.MlflowClient()
    model, number = f"eriq-{name}", str(info.registered_model_version)
    client.set_registered_model_alias(model, ALIAS, number)
    client.update_registered_model(model, texts.model)
    client.update_model_version(model, number, texts.version)
    for key, value in {**texts.tags, "bundle": bundle.name}.items():
        client.set_model_version_tag(model, number, key, value)
    for key, value in texts.tags.items():
        client.set_registered_model_tag(model, key, value)


def requirements() -> list[str]:
    """Return this eriq and the libraries that must have these versions to give these numbers."""
    return [f"{name}=={version(name)}" for name in ("eriq", *PINNED)]


def point_alias(found: Version, alias: str, tags: Mapping[str, str]) -> None:
    """Point an alias at a version, and write down on the version why."""
    with _registry(found.reference) as client:
        for key, value in tags.items():
            client.set_model_version_tag(found.name, found.number, key, value)
        client.set_registered_model_alias(found.name, alias, found.number)


def add_to_logged(reference: str, file: Path) -> None:
    """Put one more file into the folder of a bundle in the registry, where a server keeps it; elsewhere it is there."""
    if not (reference.startswith(("models:/", "runs:/")) and is_remote()):
        return
    found = find_version(reference)
    with _registry(found.reference) as client:
        version = client.get_model_version(found.name, found.number)
        place = file.parent.relative_to(file.parents[2]).as_posix()
        client.log_model_artifact(version.model_id, str(file), artifact_path=place)


# --- out -----------------------------------------------------------------------------------


@contextmanager
def _registry(what: str) -> Iterator[_Client]:
    """Give a client of the registry; what it refuses is named."""
    mlflow = connect()
    try:
        yield mlflow.MlflowClient()
    except mlflow.exceptions.MlflowException as why:
        if why.error_code in NOT_THERE:
            raise TrackingError(f"the registry has no {what}{_hint(mlflow, what)}") from None
        raise TrackingError(f"the tracking server could not be asked for {what} ({why.error_code})") from None


def find_version(reference: str) -> Version:
    """Return a registered version: by ``models:/name@alias``, ``models:/name/3``, ``runs:/id``, or its bundle's name.

    Raises
    ------
    TrackingError
        When there is none, as of a training whose model was not worth saving, or the registry cannot be reached.
    """
    with _registry(reference) as client:
        if reference.startswith("runs:/"):
            return _of_run(client, reference.removeprefix("runs:/").partition("/")[0])
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


def _of_run(client: _Client, run: str) -> Version:
    """Return the version that a training registered."""
    why = client.get_run(run).data.tags.get(NOT_SAVED)
    if why:
        raise TrackingError(f"runs:/{run} left no model. {why}")
    found = client.search_model_versions(f"run_id = '{run.replace(chr(39), '')}'")
    if not found:
        raise TrackingError(f"runs:/{run} registered no model; is it a training, and not one of its contenders?")
    return _version(found[0])


def _hint(mlflow: ModuleType, what: str) -> str:
    """Return why the newest training of a name left no model, if that is why the registry has none."""
    name = what.removeprefix("models:/eriq-").partition("@")[0].partition("/")[0]
    runs = mlflow.search_runs(
        experiment_names=[name],
        filter_string="tags.kind = 'training'",
        order_by=["start_time DESC"],
        max_results=1,
        output_format="list",
    )
    why = runs[0].data.tags.get(NOT_SAVED) if runs else None
    return f". {why}" if why else ""


def _version(found: _Stored) -> Version:
    return Version(str(found.name), str(found.version), str(found.run_id))


def version_at(name: str, alias: str) -> Version | None:
    """Return the version an alias points at, or None when it points nowhere."""
    with _registry(f"{name}@{alias}") as client:
        registered = client.get_registered_model(name)
        if alias not in registered.aliases:
            return None
        return _version(client.get_model_version_by_alias(name, alias))


def model_folder(reference: str) -> Path:
    """Return the local folder of a bundle: a path, or ``models:/name@alias`` or ``runs:/id`` from the registry.

    An alias is resolved once, so that a job keeps the version it began with.
    """
    if reference.startswith("runs:/"):
        reference = find_version(reference).reference
    if not reference.startswith("models:/"):
        return Path(reference)
    mlflow = connect()
    try:
        folder = Path(mlflow.artifacts.download_artifacts(reference))
    except (mlflow.exceptions.MlflowException, OSError) as error:
        why = _hint(mlflow, reference) if getattr(error, "error_code", "") in NOT_THERE else ""
        raise TrackingError(f"the registry has no {reference}, or cannot be reached{why}") from None
    found = sorted(folder.rglob("manifest.json"))
    if len(found) != 1:
        raise TrackingError(f"{reference} is not a model logged by eriq")
    return found[0].parent


def load_model(reference: str, trusted: Sequence[Path] | None = None) -> Bundle:
    """Open a model by folder, by name under models/, or from the registry.

    Parameters
    ----------
    reference : str
    trusted : sequence of Path, optional
        Public key files, one of which must have signed it; none: those that ERIQ_TRUSTED_KEYS names.

    Raises
    ------
    TrackingError, BundleError, ConfigError
        By cause.
    """
    return open_signed(folder_of(reference), trusted)


def open_signed(folder: Path, trusted: Sequence[Path] | None = None) -> Bundle:
    """Open a model as `load_model` does; one that must be signed must have been logged with its own code too."""
    bundle = open_bundle(folder, trusted_keys(trusted))
    if bundle.trusted:
        check_logged(folder, bundle.manifest)
    return bundle


def folder_of(reference: str) -> Path:
    """Return the local folder of a model by folder, by name under models/, or from the registry."""
    registered = reference.startswith(("models:/", "runs:/"))
    if not registered and not Path(reference).exists() and (MODELS / reference).is_dir():
        return MODELS / reference
    folder = model_folder(reference)
    if not folder.exists():
        there = [place.name for place in MODELS.iterdir() if place.is_dir()] if MODELS.is_dir() else []
        raise BundleError(f"there is no model {reference}, here or under models/.{nearest(reference, there)}")
    return folder


# --- what stays on this machine ------------------------------------------------------------


def held_out_file(run_id: str) -> Path:
    """Return where the held-out forecasts of a training stay: on this machine, never in MLflow."""
    return HOME / "held_out" / f"{run_id}.parquet"


def held_out_forecasts(found: Version) -> pd.DataFrame | None:
    """Return the forecasts kept here by the training of a version, or None if it ran elsewhere."""
    file = held_out_file(found.run_id)
    return pd.read_parquet(file) if file.is_file() else None
