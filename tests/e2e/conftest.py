"""One small training, shared by all end-to-end tests of a worker."""

import os
import subprocess
import sys
from collections.abc import Callable
from functools import cache
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
SHARED = ROOT.parent / "shared" / "data"
Run = Callable[..., subprocess.CompletedProcess[str]]


def eriq(*words: object, cwd: Path, code: int | None = 0) -> subprocess.CompletedProcess[str]:
    """Run the command line as a user would; fail with its text if the exit code is another."""
    env = {**os.environ, "PYTHONWARNINGS": "default"}
    env.pop("MLFLOW_TRACKING_URI", None)
    done = subprocess.run(
        [sys.executable, "-m", "eriq", *map(str, words)], cwd=cwd, env=env, capture_output=True, text=True, check=False
    )
    if code is not None:
        assert done.returncode == code, done.stdout + done.stderr
    assert "Traceback" not in done.stderr
    return done


@pytest.fixture(scope="session")
def training(tmp_path_factory: pytest.TempPathFactory) -> Callable[[str], Path]:
    """Give a function from a shipped config to a folder in which it was trained, once for all tests of a worker.

    `ERIQ_DEMO_HOME` names a folder in which `make demo` ran already.
    """

    @cache
    def trained(name: str) -> Path:
        if name == "demo" and (there := os.environ.get("ERIQ_DEMO_HOME")):
            return Path(there)
        folder = tmp_path_factory.mktemp(name)
        eriq("train", ROOT / "configs" / "experiments" / f"{name}.yaml", cwd=folder)
        return folder

    return trained


@pytest.fixture(scope="session")
def home(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Give a folder in which the quick config was trained."""
    folder = tmp_path_factory.mktemp("home")
    eriq("train", "quick", cwd=folder)
    return folder


@pytest.fixture(scope="session")
def model(home: Path) -> Path:
    """Give the folder of the model that was saved."""
    return next((home / "models").glob("quick-*"))
