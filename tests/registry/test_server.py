"""A team's tracking server: PostgreSQL behind it, artefacts through it, `eriq` in front."""

import os
import re
import socket
import subprocess
import sys
import time
import uuid
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from urllib.error import URLError
from urllib.request import urlopen

import pandas as pd
import pytest
import sqlalchemy as sa
import yaml

from eriq.errors import TrackingError
from eriq.registry.models import find_version, model_folder
from eriq.registry.tracking import SETTINGS, connect, is_remote, ui_command
from eriq.scoring.databases.sql import open_engine

URL = "ERIQ_TEST_POSTGRES"
needs_postgres = pytest.mark.skipif(not os.environ.get(URL), reason=f"{URL} is not set: see .ci/postgres")
CONFIG = {
    "version": 1,
    "name": "tiny",
    "question": "Does a team's server take it?",
    "source": {"kind": "simulated", "preset": "claim", "clients": 300, "seed": 7},
    "contenders": [{"blocks": ["questionnaire", "register_full"], "estimators": ["logistic"]}],
    "headline": {"with": "questionnaire", "without": "register_full"},
    "choose_from": ["questionnaire"],
    "validation": {"folds": 2},
    "intervals": {"replicates": 50, "refit_replicates": 20},
    "explain": {"rows": 50, "refits": 0, "instability_refits": 0},
}


@dataclass(frozen=True)
class Server:
    """A running server, and what it keeps where."""

    uri: str
    artifacts: Path
    database: sa.URL
    folder: Path  # where a data scientist works

    def eriq(self, *words: str, **more: str) -> subprocess.CompletedProcess[str]:
        environment = {**os.environ, "MLFLOW_TRACKING_URI": self.uri, "OMP_NUM_THREADS": "1", **more}
        environment.pop(URL, None)
        return subprocess.run(
            [sys.executable, "-m", "eriq", *words], cwd=self.folder, env=environment, capture_output=True, text=True
        )


@pytest.fixture(scope="module")
def database() -> Iterator[sa.URL]:
    """Make a database of the server's own."""
    name = f"mlflow_{uuid.uuid4().hex[:12]}"
    engine = open_engine(URL).execution_options(isolation_level="AUTOCOMMIT")
    with engine.connect() as connection:
        connection.exec_driver_sql(f"CREATE DATABASE {name}")
    yield engine.url.set(database=name)
    with engine.connect() as connection:
        connection.exec_driver_sql(f"DROP DATABASE {name} WITH (FORCE)")


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory, database: sa.URL) -> Iterator[Server]:
    """Start `mlflow server` on a loopback port, as docs/tracking-server.md has it."""
    place = tmp_path_factory.mktemp("server")
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    command = [
        *(sys.executable, "-m", "mlflow", "server", "--host", "127.0.0.1", "--port", str(port), "--workers", "1"),
        *("--serve-artifacts", "--artifacts-destination", str(place / "artifacts")),
    ]
    store = {"MLFLOW_BACKEND_STORE_URI": database.render_as_string(hide_password=False)}
    log = (place / "server.log").open("w")
    process = subprocess.Popen(
        command, cwd=place, env={**SETTINGS, **os.environ, **store}, stdout=log, stderr=subprocess.STDOUT
    )
    try:
        wait_for(f"http://127.0.0.1:{port}/health", process, place / "server.log")
        (place / "work").mkdir()
        (place / "work" / "tiny.yaml").write_text(yaml.safe_dump(CONFIG))
        yield Server(f"http://127.0.0.1:{port}", place / "artifacts", database, place / "work")
    finally:
        process.terminate()
        process.wait(30)
        log.close()


def wait_for(address: str, process: subprocess.Popen[bytes], log: Path) -> None:
    for _ in range(240):
        assert process.poll() is None, log.read_text()[-2000:]
        try:
            with urlopen(address, timeout=2) as answer:
                assert answer.status == 200
                return
        except (URLError, TimeoutError, ConnectionError):
            time.sleep(0.5)
    raise AssertionError(f"no answer from the server: {log.read_text()[-2000:]}")


@pytest.fixture(scope="module")
def trained(server: Server) -> str:
    """Train against the server, and return what was printed."""
    done = server.eriq("train", "tiny.yaml")
    assert done.returncode == 0, done.stderr
    return done.stdout


@needs_postgres
def test_a_training_is_kept_by_the_server(server: Server, trained: str) -> None:
    """Runs stand in PostgreSQL, artefacts in the server's folder, and none of both in the folder of work."""
    engine = sa.create_engine(server.database, poolclass=sa.NullPool)
    with engine.connect() as connection:
        runs = connection.execute(sa.text("SELECT name FROM runs ORDER BY start_time")).scalars().all()
        versions = connection.execute(sa.text("SELECT name, version FROM model_versions")).all()
        places = connection.execute(
            sa.text("SELECT artifact_location FROM experiments WHERE name = 'tiny'")
        ).scalar_one()
    (whole,) = [name for name in runs if name.startswith("tiny: questionnaire | logistic")]
    assert sorted(runs) == sorted([whole, "questionnaire | logistic", "register_full | logistic"])
    assert [tuple(v) for v in versions] == [("eriq-tiny", 1)]
    assert places.startswith("mlflow-artifacts:/")
    kept = {path.name for path in server.artifacts.rglob("*") if path.is_file()}
    assert {"report.html", "manifest.json", "MLmodel"} <= kept
    assert "forecasts.parquet" not in kept  # rows of people stay on the machine that trained
    assert not list(server.folder.rglob("mlflow.db"))
    assert not list(server.folder.rglob("MLmodel"))


@needs_postgres
def test_scores_from_the_registry_equal_those_of_the_folder(server: Server, trained: str) -> None:
    """The same 60 people by models:/eriq-tiny@candidate and by the folder of the training."""
    folder = next((server.folder / "models").iterdir())
    assert server.eriq("simulate", "--out", "new", "--clients", "60", "--seed", "3").returncode == 0
    made = {}
    for out, model in (("registry.csv", "models:/eriq-tiny@candidate"), ("folder.csv", str(folder))):
        done = server.eriq("score", model, "new", "--out", out)
        assert done.returncode in (0, 3), done.stderr
        made[out] = pd.read_csv(server.folder / out)
    assert len(made["folder.csv"]) > 50
    pd.testing.assert_frame_equal(made["registry.csv"], made["folder.csv"])


@needs_postgres
def test_a_model_is_promoted_through_the_server(server: Server, trained: str) -> None:
    """The first model of an alias; afterwards it is scored by that alias."""
    (server.folder / "gates.yaml").write_text("version: 1\ncalibration_slope: null\n")
    done = server.eriq("promote", "models:/eriq-tiny@candidate", "--to", "champion", "--gates", "gates.yaml")
    assert done.returncode == 0, done.stderr
    assert "eriq-tiny version 1 is now champion, the first one" in done.stdout
    done = server.eriq("promote", "models:/eriq-tiny@candidate")
    assert done.returncode == 20
    assert "version 1 is champion already" in done.stderr
    assert server.eriq("simulate", "--out", "others", "--clients", "60", "--seed", "4").returncode == 0
    done = server.eriq("score", "models:/eriq-tiny@champion", "others", "--out", "champion.csv")
    assert done.returncode in (0, 3), done.stderr


@needs_postgres
def test_nothing_of_the_database_is_told_to_those_who_use_the_server(server: Server, trained: str) -> None:
    """Neither output nor files of a training hold the password of the server's database."""
    password = str(server.database.password)
    texts = [trained, *(p.read_text(errors="replace") for p in server.folder.rglob("*") if p.is_file())]
    assert not any(password in text for text in texts)


@needs_postgres
def test_a_database_may_be_used_without_a_server(server: Server, database: sa.URL) -> None:
    """MLFLOW_TRACKING_URI is the database itself: the registry answers, and says what it does not have."""
    uri = database.render_as_string(hide_password=False)
    done = server.eriq("promote", "models:/eriq-tiny@nobody", MLFLOW_TRACKING_URI=uri)
    assert done.returncode == 22
    assert re.search(r"the registry has no models:/eriq-tiny@nobody", done.stderr)


# --- without PostgreSQL --------------------------------------------------------------------


def test_a_server_that_does_not_answer_is_named_within_a_minute(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    """Nobody listens on port 9 of this machine; name and password in the address are not repeated."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("MLFLOW_TRACKING_URI", "http://somebody:SECRET-77@127.0.0.1:9")
    monkeypatch.setenv("MLFLOW_HTTP_REQUEST_MAX_RETRIES", "1")
    connect()
    with pytest.raises(TrackingError, match="could not be asked") as caught:
        find_version("models:/eriq-tiny@candidate")
    with pytest.raises(TrackingError, match="cannot be reached"):
        model_folder("models:/eriq-tiny@candidate")
    assert "SECRET-77" not in str(caught.value)


def test_the_pages_of_a_server_are_its_own(monkeypatch: pytest.MonkeyPatch) -> None:
    """`eriq ui` starts nothing where a server keeps the runs."""
    monkeypatch.setenv("MLFLOW_TRACKING_URI", "http://127.0.0.1:5000")
    assert is_remote()
    with pytest.raises(TrackingError, match="open that in a browser"):
        ui_command(5001)


def test_a_password_is_no_argument_of_the_pages_command(monkeypatch: pytest.MonkeyPatch) -> None:
    """Arguments are seen by everybody on a machine; the environment is not."""
    monkeypatch.setenv("MLFLOW_TRACKING_URI", "postgresql+psycopg://eriq:SECRET-77@127.0.0.1/mlflow")
    monkeypatch.setenv("MLFLOW_BACKEND_STORE_URI", "")
    monkeypatch.delenv("MLFLOW_BACKEND_STORE_URI")
    assert not is_remote()
    assert not any("SECRET-77" in word for word in ui_command(5001))
    assert os.environ["MLFLOW_BACKEND_STORE_URI"].endswith("/mlflow")
