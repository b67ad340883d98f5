"""What lies beside a model in the registry: the code it was logged with, and nothing that runs instead."""

import hashlib
from pathlib import Path

import pytest
import yaml

from eriq.errors import BundleError
from eriq.model.manifest import Manifest
from eriq.registry.logged import LOADER, check_logged

CODE = b"# what an endpoint runs\n"
TOLD = Manifest(pyfunc=hashlib.sha256(CODE).hexdigest())
RUNS = {
    "loader_module": LOADER,
    "model_code_path": "/where/it/was/pyfunc.py",
    "code": None,
    "artifacts": {"bundle": {"path": "artifacts/m-1"}},
}


@pytest.fixture
def bundle(tmp_path: Path) -> Path:
    """Lay out a logged model as MLflow does, and return the folder of the bundle in it."""
    (tmp_path / "artifacts" / "m-1").mkdir(parents=True)
    (tmp_path / "pyfunc.py").write_bytes(CODE)
    note(tmp_path)
    return tmp_path / "artifacts" / "m-1"


def note(folder: Path, **change: object) -> None:
    """Write MLflow's note on what an endpoint runs."""
    (folder / "MLmodel").write_text(yaml.safe_dump({"flavors": {"python_function": {**RUNS, **change}}}))


def test_a_model_as_it_was_logged_passes_and_so_does_one_outside_the_registry(bundle: Path, tmp_path: Path) -> None:
    """Where MLflow keeps nothing beside a bundle there is no code to compare."""
    check_logged(bundle, TOLD)
    (tmp_path / "MLmodel").unlink()
    (tmp_path / "pyfunc.py").write_text("anything")
    check_logged(bundle, TOLD)
    check_logged(Path("/"), TOLD)


@pytest.mark.parametrize("content", [CODE + b"\n", b"", None])
def test_other_code_is_refused(bundle: Path, tmp_path: Path, content: bytes | None) -> None:
    """A byte more, none, or no file."""
    (tmp_path / "pyfunc.py").unlink()
    if content is not None:
        (tmp_path / "pyfunc.py").write_bytes(content)
    with pytest.raises(BundleError, match=r"pyfunc\.py"):
        check_logged(bundle, TOLD)


@pytest.mark.parametrize("name", ["more.py", "sitecustomize.py", "python_model.pkl", "code"])
def test_more_than_was_logged_is_refused(bundle: Path, tmp_path: Path, name: str) -> None:
    """A module or a pickle beside the code."""
    (tmp_path / name).touch()
    with pytest.raises(BundleError, match=r"1 file\(s\) that eriq did not log"):
        check_logged(bundle, TOLD)


@pytest.mark.parametrize(
    "change",
    [
        {"loader_module": "mlflow.sklearn"},
        {"model_code_path": "more.py"},
        {"code": "code"},
        {"artifacts": {"bundle": {"path": "artifacts/m-2"}}},
        {"artifacts": None},
    ],
)
def test_a_note_that_would_have_something_else_run_is_refused(bundle: Path, tmp_path: Path, change: dict) -> None:  # type: ignore[type-arg]
    """Another loader, other code, a folder of code, another bundle, none."""
    note(tmp_path, **change)
    with pytest.raises(BundleError, match="something else"):
        check_logged(bundle, TOLD)
