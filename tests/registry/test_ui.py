"""The MLflow UI: what it opens with, that it ends with eriq, and that it answers nobody but this machine."""

import json
import os
import shutil
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from urllib.error import HTTPError, URLError
from urllib.request import Request, urlopen

import pytest
from tests.registry import made_up

from eriq.registry.training_run import log_training
from eriq.registry.view import run_link

# A server that starts another process, as MLflow does, and writes down both.
SERVER = """
import os, pathlib, subprocess, sys, time
child = subprocess.Popen([sys.executable, "-c", "import time; time.sleep(600)"])
pathlib.Path("pids.draft").write_text(f"{os.getpid()} {child.pid}")
os.rename("pids.draft", "pids")
time.sleep(600)
"""
CHROMIUM = shutil.which("chromium")
COLUMNS = ("contender in words", "AUC with interval", "log_loss", "calibration_slope", "verdict")  # left to right
EVIL = "http://evil.example"


def wait_until(done: Callable[[], bool], seconds: float = 60) -> bool:
    """Return whether something came true in time."""
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        if done():
            return True
        time.sleep(0.1)
    return False


def gone(pid: int) -> bool:
    """Return whether a process has ended, taken note of or not."""
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] in ("Z", "X")
    except OSError:
        return True


@pytest.mark.parametrize("last", [signal.SIGTERM, signal.SIGHUP, signal.SIGINT, signal.SIGKILL])
def test_whatever_ends_eriq_ends_its_server_and_what_that_started(tmp_path: Path, last: signal.Signals) -> None:
    """Both processes of a server are gone soon after a signal to eriq alone, also one that no handler sees."""
    # Started by nohup, as CI may be, children would ignore the first of these signals.
    heard = "import signal, sys; signal.signal(signal.SIGHUP, signal.SIG_DFL); from eriq.registry.ui import run_ui"
    program = f"{heard}; sys.exit(run_ui([sys.executable, '-c', {SERVER!r}]))"
    ours = subprocess.Popen([sys.executable, "-c", program], cwd=tmp_path, stderr=subprocess.DEVNULL)
    assert wait_until((tmp_path / "pids").is_file)
    pids = [int(pid) for pid in (tmp_path / "pids").read_text().split()]
    assert not any(map(gone, pids))
    ours.send_signal(last)
    ours.wait(30)
    assert wait_until(lambda: all(map(gone, pids)), 30)


def test_a_server_that_ends_by_itself_gives_its_exit_code() -> None:
    """What the server says in the end is what eriq says."""
    from eriq.registry.ui import run_ui

    assert run_ui([sys.executable, "-c", "raise SystemExit(7)"]) == 7


def answer(address: str, **headers: str) -> int:
    """Return the status of a request; one with an origin is a post."""
    posted = b'{"name": "made elsewhere"}' if "Origin" in headers else None
    kind = {"Content-Type": "application/json"} if posted else {}
    try:
        with urlopen(Request(address, posted, {**kind, **headers}), timeout=10) as given:
            return int(given.status)
    except HTTPError as refused:
        return refused.code


@pytest.fixture(scope="module")
def ui(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[subprocess.Popen[bytes], int, str]]:
    """Start `eriq ui` once on a store with a made-up training; give the process, its port and what it printed first."""
    folder = tmp_path_factory.mktemp("ui")
    with pytest.MonkeyPatch.context() as patch:
        patch.chdir(folder)
        patch.delenv("MLFLOW_TRACKING_URI", raising=False)
        log_training(made_up.finished(Path("mlruns/reports/made-up")))
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    plain = {k: v for k, v in os.environ.items() if not k.startswith("MLFLOW_")}
    with (folder / "log").open("w") as log:
        ours = subprocess.Popen(
            [sys.executable, "-m", "eriq", "ui", "--port", str(port)], cwd=folder, env=plain, stdout=log, stderr=log
        )

    def listens() -> bool:
        assert ours.poll() is None, (folder / "log").read_text()[-2000:]
        try:
            return answer(f"http://127.0.0.1:{port}/health") == 200
        except (URLError, OSError):
            return False

    try:
        assert wait_until(listens, 120)
        yield ours, port, next(line for line in (folder / "log").read_text().splitlines() if line.startswith("http"))
    finally:
        ours.terminate()
        ours.wait(30)


@pytest.mark.skipif(CHROMIUM is None, reason="no chromium is installed (apt-get install chromium)")
def test_the_printed_link_opens_on_the_columns_that_matter(ui) -> None:
    """In a fresh browser: the view of model training, contenders in words, AUC with interval, log loss, verdict."""
    from playwright.sync_api import sync_playwright

    _, port, link = ui
    assert (
        link == f"http://127.0.0.1:{port}/#/experiments/1/runs?workflowType=machine_learning&viewStateShareKey=newest"
    )
    with sync_playwright() as play:
        browser = play.chromium.launch(executable_path=CHROMIUM, args=["--no-sandbox", "--disable-gpu"])
        page = browser.new_page(viewport={"width": 1920, "height": 1000})
        page.goto(link)
        page.get_by_text("0.860 (0.840 to 0.880)").first.wait_for(timeout=60_000)
        boxes = [page.get_by_text(name, exact=True).first.bounding_box(timeout=10_000) for name in COLUMNS]
        cells = page.locator(".ag-cell").all_inner_texts()
        around = page.inner_text("body")
        page.goto(f"http://127.0.0.1:{port}/{run_link('1', newest(port), 'report.html')}")
        page.frame_locator("iframe").get_by_text("the report itself").wait_for(timeout=30_000)
        browser.close()

    lefts = [box["x"] for box in boxes if box]
    assert lefts == sorted(lefts)
    assert len(lefts) == len(COLUMNS)
    assert {"Questionnaire · ridge logistic", "Gain shown, small."} <= {cell.strip() for cell in cells}
    assert "Model registry" in around
    assert "Sessions" not in around  # of the view of chat traces


def newest(port: int) -> str:
    """Return the id of the training, from the server."""
    asked = json.dumps({"experiment_ids": ["1"], "filter": "tags.kind = 'training'"}).encode()
    address, kind = f"http://127.0.0.1:{port}/api/2.0/mlflow/runs/search", {"Content-Type": "application/json"}
    with urlopen(Request(address, asked, kind), timeout=10) as given:
        return str(json.load(given)["runs"][0]["info"]["run_id"])


def test_the_ui_answers_this_machine_alone_and_ends_with_eriq(ui) -> None:
    """Another name of the host and a post from another page get 403; after SIGTERM nobody listens any more."""
    ours, port, _ = ui

    def silent() -> bool:
        with socket.socket() as door:
            return door.connect_ex(("127.0.0.1", port)) != 0

    search = f"http://127.0.0.1:{port}/api/2.0/mlflow/experiments/search?max_results=1"
    assert answer(search) == 200
    assert answer(search, Host="evil.example") == 403
    assert answer(f"http://127.0.0.1:{port}/api/2.0/mlflow/experiments/create", Origin=EVIL) == 403
    ours.terminate()
    ours.wait(30)
    assert wait_until(silent, 30)
