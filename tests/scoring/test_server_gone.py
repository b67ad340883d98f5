"""A PostgreSQL server that ends during a job: one named error, or the finished result; never a fault of ours."""

import os
import re
import signal
import subprocess
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pandas as pd
import pytest
import sqlalchemy as sa

from eriq import cli
from eriq.config import ScoringJob
from eriq.errors import DatabaseError
from eriq.model.bundle import Bundle
from eriq.scoring.databases.sql import open_engine
from eriq.workflows import score as workflow
from tests.scoring.conftest import Backlog

ROOT = Path(__file__).resolve().parents[2]
URL = "ERIQ_TEST_POSTGRES"
pytestmark = pytest.mark.skipif(not os.environ.get(URL), reason=f"{URL} is not set: see .ci/postgres")


@pytest.fixture
def server(monkeypatch: pytest.MonkeyPatch) -> Iterator[int]:
    """Start a server of the test's own, with its address in the environment; give the id of its process."""
    said = subprocess.run([ROOT / ".ci/postgres", "start"], capture_output=True, text=True, check=True).stdout
    told = dict(re.findall(r"export (\w+)='(.*)'", said))
    monkeypatch.setenv("ERIQ_TEST_GONE", told[URL])
    monkeypatch.setenv("ERIQ_TEST_GONE_HOME", told[f"{URL}_HOME"])
    home = Path(told[f"{URL}_HOME"])
    main = int((home / "data" / "postmaster.pid").read_text().split()[0])
    yield main
    subprocess.run([ROOT / ".ci/postgres", "stop"], env={**os.environ, f"{URL}_HOME": str(home)}, check=False)
    subprocess.run(["rm", "-rf", home], check=True)


@pytest.mark.parametrize("after", [0, 3])
@pytest.mark.parametrize("sink", ["file", "sql"])
def test_a_server_that_ends_is_one_paragraph(
    server: int,
    sink: str,
    after: int,
    tmp_path: Path,
    backlog: Backlog,
    small_bundle: Bundle,
    monkeypatch: pytest.MonkeyPatch,
    capfd: pytest.CaptureFixture[str],
) -> None:
    """Ended after the first or the last of 4 chunks: exit 23 and one paragraph, or all is done and nothing is said."""
    engine = open_engine("ERIQ_TEST_GONE")
    backlog(4000).to_sql("answers", engine, index=False)
    engine.dispose()
    out = f"{{kind: file, path: {tmp_path}/out.csv}}"
    if sink == "sql":
        out = "{kind: sql, url_env: ERIQ_TEST_GONE, table: scores}"
    job = tmp_path / "job.yaml"
    job.write_text(
        f"{{version: 1, name: night, model: {small_bundle.folder}, chunk_rows: 1000, sink: {out}, "
        "source: {kind: sql, url_env: ERIQ_TEST_GONE, table: answers}}"
    )
    real = workflow.run_job

    def ended(*given: Any, on_chunk: Any, **more: Any) -> Any:
        def stop(done: Any) -> None:
            if done.chunk == after:
                os.kill(server, signal.SIGQUIT)
                _gone(server)

        return real(*given, on_chunk=stop, **more)

    monkeypatch.setattr(workflow, "run_job", ended)
    monkeypatch.setattr("sys.argv", ["eriq", "score", str(job), "--workers", "1"])
    with pytest.raises(SystemExit) as end:
        cli.run()
    told = capfd.readouterr().err
    assert "Traceback" not in told
    if sink == "file" and after == 3:  # every row was read before
        assert end.value.code == 0
        assert (tmp_path / "out.csv").exists()
        return
    assert end.value.code == 23
    assert re.fullmatch(r"eriq: the .*database of ERIQ_TEST_GONE .*\n", told)
    assert not (tmp_path / "out.csv").exists()


def _gone(server: int) -> None:
    """Wait until nothing answers."""
    engine = open_engine("ERIQ_TEST_GONE")
    for _ in range(100):
        try:
            engine.connect().close()
        except sa.exc.OperationalError as why:
            if "refused" in str(why):
                return


def test_a_server_that_was_killed_and_started_again_takes_the_job_to_its_end(
    server: int, backlog: Backlog, small_bundle: Bundle, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Killed after the second of 4 chunks and started again: resumed, tables equal those of an undisturbed job."""
    engine = open_engine("ERIQ_TEST_GONE")
    backlog(4000).to_sql("answers", engine, index=False)
    engine.dispose()
    job = {"version": 1, "name": "night", "model": str(small_bundle.folder), "chunk_rows": 1000, "today": "2026-01-01"}
    source = {"kind": "sql", "url_env": "ERIQ_TEST_GONE", "table": "answers"}
    sink = {"kind": "sql", "url_env": "ERIQ_TEST_GONE"}
    whole, broken = (
        ScoringJob.model_validate(
            {**job, "consent": "not_collected", "source": source, "sink": {**sink, "table": f"{name}_scores"}}
        )
        for name in ("whole", "broken")
    )
    workflow.run(whole, workers=1)

    def ended(done: Any) -> None:
        if done.chunk == 1:
            os.kill(server, signal.SIGQUIT)
            _gone(server)

    with pytest.raises(DatabaseError):
        workflow.run(broken, workers=1, on_chunk=ended)
    home = os.environ["ERIQ_TEST_GONE_HOME"]
    subprocess.run([ROOT / ".ci/postgres", "restart"], env={**os.environ, f"{URL}_HOME": home}, check=True)
    workflow.run(broken, workers=1, resume=True)
    assert len(_table("whole_scores")) > 0
    pd.testing.assert_frame_equal(_table("broken_scores"), _table("whole_scores"))
    pd.testing.assert_frame_equal(_table("broken_scores_rejected"), _table("whole_scores_rejected"))


def _table(name: str) -> pd.DataFrame:
    engine = open_engine("ERIQ_TEST_GONE")
    found = pd.read_sql(f"SELECT * FROM {name} ORDER BY row", engine)
    engine.dispose()
    return found
