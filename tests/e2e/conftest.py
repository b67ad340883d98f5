"""One small training, shared by all end-to-end tests of a worker."""

import atexit
import fcntl
import os
import shutil
import sqlite3
import subprocess
import sys
from collections.abc import Callable
from contextlib import closing
from functools import cache
from pathlib import Path

import pytest

from tests.e2e.zygote import Zygote

ROOT = Path(__file__).resolve().parents[2]
SHARED = ROOT.parent / "shared" / "data"
Run = Callable[..., subprocess.CompletedProcess[str]]


def eriq(*words: object, cwd: Path, code: int | None = 0) -> subprocess.CompletedProcess[str]:
    """Run the command line as a user would; fail with its text if the exit code is another."""
    env = {**os.environ, "PYTHONWARNINGS": "default"}
    env.pop("MLFLOW_TRACKING_URI", None)
    given = [str(word) for word in words]
    if given[:1] == ["train"] and "--workers" not in given:  # the other core runs other tests; numbers are the same
        given += ["--workers", "1"]
    if zygote().fits(env):
        done = zygote().run(given, cwd, env)
    else:
        line = [sys.executable, "-m", "eriq", *given]
        done = subprocess.run(line, cwd=cwd, env=env, capture_output=True, text=True, check=False)
    if code is not None:
        assert done.returncode == code, done.stdout + done.stderr
    assert "Traceback" not in done.stderr
    return done


@cache
def zygote() -> Zygote:
    """Return what starts command lines, one for each process of tests; it ends when that one does."""
    made = Zygote()
    atexit.register(made.close)
    return made


@pytest.fixture(scope="session")
def training(tmp_path_factory: pytest.TempPathFactory, worker_id: str) -> Callable[[str], Path]:
    """Give a function from a shipped config to a folder in which it was trained, once for all tests of all workers.

    `ERIQ_DEMO_HOME` names a folder in which `make demo` ran already. Who changes the folder works on a copy.
    """
    everybodys = tmp_path_factory.getbasetemp() if worker_id == "master" else tmp_path_factory.getbasetemp().parent

    def trained(name: str) -> Path:
        if name == "demo" and (there := os.environ.get("ERIQ_DEMO_HOME")):
            return Path(there)
        folder = everybodys / f"trained-{name}"
        with (everybodys / f"{name}.lock").open("w") as lock:
            fcntl.flock(lock, fcntl.LOCK_EX)
            if not (folder / "done").exists():
                folder.mkdir()
                eriq(
                    "train", ROOT / "configs" / "experiments" / f"{name}.yaml", "--workers", 1, cwd=folder
                )  # cores are shared
                (folder / "done").touch()
        return folder

    return trained


@pytest.fixture(scope="session")
def home(tmp_path_factory: pytest.TempPathFactory, training: Callable[[str], Path]) -> Path:
    """Give a copy of the folder in which the quick config was trained; the store of runs is moved with it."""
    there, folder = training("quick"), tmp_path_factory.mktemp("home") / "quick"
    shutil.copytree(there, folder)
    with closing(sqlite3.connect(folder / "mlruns" / "mlflow.db")) as store:
        for table, column in store.execute("select m.name, c.name from sqlite_master m, pragma_table_info(m.name) c"):
            store.execute(f'update "{table}" set "{column}" = replace("{column}", ?, ?)', (str(there), str(folder)))
        store.commit()
    return folder


@pytest.fixture(scope="session")
def model(home: Path) -> Path:
    """Give the folder of the model that was saved."""
    return next((home / "models").glob("quick-*"))
