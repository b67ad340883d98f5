"""Where runs are kept."""

from importlib import metadata
from pathlib import Path

import pytest

from eriq.registry.tracking import connect, installed_as_named, tracking_uri


def test_each_folder_has_a_store_of_its_own(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """One program connects in two folders: MLflow is told of the second store, not of the first again."""
    monkeypatch.delenv("MLFLOW_TRACKING_URI", raising=False)
    for name in ("one", "two"):
        (tmp_path / name).mkdir()
        monkeypatch.chdir(tmp_path / name)
        assert connect().get_tracking_uri() == tracking_uri() == f"sqlite:///{tmp_path / name / 'mlruns' / 'mlflow.db'}"


def test_a_store_that_is_named_is_kept(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """MLFLOW_TRACKING_URI wins over the folder, and stays set."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("MLFLOW_TRACKING_URI", f"sqlite:///{tmp_path / 'named.db'}")
    assert connect().get_tracking_uri() == connect().get_tracking_uri() == tracking_uri()
    assert tracking_uri().endswith("named.db")


def test_a_misspelt_model_gets_the_nearest_name(tmp_path, monkeypatch):
    """A name that is no model is told with the nearest one under models/."""
    from eriq.errors import BundleError
    from eriq.registry.models import load_model

    (tmp_path / "models" / "demo-20260101").mkdir(parents=True)
    monkeypatch.chdir(tmp_path)
    with pytest.raises(BundleError, match="Did you mean 'demo-20260101'"):
        load_model("dmeo-20260101")


def test_no_file_lists_of_packages_are_read(monkeypatch: pytest.MonkeyPatch) -> None:
    """A requirement is held against the metadata of its package, and what MLflow knew is given back."""
    from mlflow.utils import requirements_utils as theirs

    monkeypatch.setattr(theirs, "_MODULES_TO_PACKAGES", None)
    monkeypatch.setattr(theirs.importlib_metadata, "packages_distributions", lambda: pytest.fail("lists were read"))
    with installed_as_named():
        assert theirs._check_requirement_satisfied(f"numpy=={metadata.version('numpy')}") is None
        assert theirs._check_requirement_satisfied("numpy==0.1") is not None
    assert theirs._MODULES_TO_PACKAGES is None
