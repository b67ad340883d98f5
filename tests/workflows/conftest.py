"""A store of runs that is there already: to make one takes MLflow two seconds."""

import shutil
from collections.abc import Callable
from pathlib import Path

import pytest

from eriq.registry.tracking import connect


@pytest.fixture(scope="session")
def with_store(tmp_path_factory: pytest.TempPathFactory) -> Callable[[Path], Path]:
    """Give what puts an empty store of runs into a folder, as the first run there would, and returns the folder."""
    home = tmp_path_factory.mktemp("store")
    with pytest.MonkeyPatch.context() as patch:
        patch.delenv("MLFLOW_TRACKING_URI", raising=False)
        patch.chdir(home)
        connect().search_experiments()

    def put(folder: Path) -> Path:
        (folder / "mlruns").mkdir()
        shutil.copy(home / "mlruns" / "mlflow.db", folder / "mlruns")
        return folder

    return put
