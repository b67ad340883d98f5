"""The MLflow UI: it ends with eriq, and answers nobody but this machine."""

import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path
from urllib.error import HTTPError, URLError
from urllib.request import Request, urlopen

import pytest

# A server that starts another process, as MLflow does, and writes down both.
SERVER = """
import os, pathlib, subprocess, sys, time
child = subprocess.Popen([sys.executable, "-c", "import time; time.sleep(600)"])
pathlib.Path("pids.draft").write_text(f"{os.getpid()} {child.pid}")
os.rename("pids.draft", "pids")
time.sleep(600)
"""
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


def test_the_ui_answers_this_machine_alone_and_ends_with_eriq(tmp_path: Path) -> None:
    """Another name of the host and a post from another page get 403; after SIGTERM nobody listens any more."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    plain = {k: v for k, v in os.environ.items() if not k.startswith("MLFLOW_")}
    with (tmp_path / "log").open("w") as log:
        ours = subprocess.Popen(
            [sys.executable, "-m", "eriq", "ui", "--port", str(port)], cwd=tmp_path, env=plain, stdout=log, stderr=log
        )

    def listens() -> bool:
        assert ours.poll() is None, (tmp_path / "log").read_text()[-2000:]
        try:
            return answer(f"http://127.0.0.1:{port}/health") == 200
        except (URLError, OSError):
            return False

    def silent() -> bool:
        with socket.socket() as door:
            return door.connect_ex(("127.0.0.1", port)) != 0

    try:
        assert wait_until(listens, 120)
        search = f"http://127.0.0.1:{port}/api/2.0/mlflow/experiments/search?max_results=1"
        assert answer(search) == 200
        assert answer(search, Host="evil.example") == 403
        assert answer(f"http://127.0.0.1:{port}/api/2.0/mlflow/experiments/create", Origin=EVIL) == 403
    finally:
        ours.terminate()
        ours.wait(30)
    assert wait_until(silent, 30)
