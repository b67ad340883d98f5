"""Killed at any point, a resumed run ends with the bytes of an undisturbed one."""

import json
import random
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from eriq.model.bundle import Bundle
from tests.scoring.conftest import Backlog, ready


@pytest.fixture
def short_night(tmp_path: Path, backlog: Backlog, small_bundle: Bundle) -> dict[str, Any]:
    """Prepare a job of 2 chunks, and what it must give."""
    return ready(tmp_path, backlog, small_bundle, 60)


# One interpreter is warmed up, without starting a thread; each trial is a fork of it.
TRIALS = """
import os, random, signal, sys, time, json, shutil, hashlib
from pathlib import Path
os.environ["OMP_WAIT_POLICY"] = "passive"
from eriq.config import ScoringJob
from eriq.workflows.score import run
from eriq.scoring.sinks import files as sinks
import lightgbm, skops.io, pyarrow.parquet, pyarrow.csv

emptied = shutil.rmtree
job = ScoringJob.model_validate_json(sys.argv[1])
points = json.loads(sys.argv[2])
out = Path(job.sink.path)

def digests():
    ends = ("", ".rejected.csv", ".manifest.json")
    return [hashlib.sha256(out.with_name(out.name + end).read_bytes()).hexdigest() for end in ends]

def forked(work):
    child = os.fork()
    if not child:
        try:
            work()
            os._exit(0)
        except BaseException as error:
            print(type(error).__name__, error, file=sys.stderr, flush=True)
            os._exit(1)
    return child

def suicidal(count):
    left = [count]
    def counted(real):
        def call(*given, **more):
            left[0] -= 1
            if left[0] < 0:
                os.kill(os.getpid(), signal.SIGKILL)
            return real(*given, **more)
        return call
    os.fsync, Path.replace, Path.unlink = counted(os.fsync), counted(Path.replace), counted(Path.unlink)
    shutil.rmtree = counted(shutil.rmtree)
    run(job, workers=1, resume=True)

steps = isinstance(points, int)  # else: seconds
for point in range(points) if steps else points:
    emptied(out.parent, ignore_errors=True)
    out.parent.mkdir()
    if steps:
        child = forked(lambda: suicidal(point))
    else:
        child = forked(lambda: run(job, workers=2, resume=True))
        time.sleep(point)
        try:
            os.kill(child, signal.SIGKILL)
        except ProcessLookupError:
            pass
    status = os.waitpid(child, 0)[1]
    whole = out.exists()
    first = digests()[0] if whole else None
    again = os.waitpid(forked(lambda: run(job, workers=1, resume=True)), 0)[1]
    left = sorted(p.name for p in out.parent.iterdir() if p.name.startswith("."))
    print(json.dumps({"killed": os.WIFSIGNALED(status), "whole": whole, "first": first, "again": again,
                      "made": digests(), "left": left}), flush=True)
    if steps and not os.WIFSIGNALED(status):
        break
"""


def trials(night: dict[str, Any], points: int | list[float]) -> list[dict[str, Any]]:
    """Kill the job before each durable step, up to so many, or after so many seconds; resume it; say what came out."""
    given = [night["job"].model_dump_json(), json.dumps(points)]
    done = subprocess.run([sys.executable, "-c", TRIALS, *given], capture_output=True, text=True, check=False)
    found = [json.loads(line) for line in done.stdout.splitlines()]
    assert found, done.stderr[-2000:]
    assert done.returncode == 0, done.stderr[-2000:]
    return found


def check_trials(found: list[dict[str, Any]], expected: list[str]) -> None:
    for one in found:
        assert one["first"] in (None, expected[0])  # under the final name: all or nothing
        assert one["again"] == 0
        assert one["made"] == expected
    # A kill while the folder of a finished job is being removed may leave it, empty of anything to resume.
    assert sum(bool(one["left"]) for one in found) <= 2


def test_kill_before_every_durable_step(short_night: dict[str, Any]) -> None:
    """Killed before the 1st, 2nd, ... fsync, rename and removal, to the very end: resumed, the bytes are the same."""
    found = trials(short_night, 200)
    check_trials(found, short_night["expected"])
    assert sum(one["killed"] for one in found) >= 20
    assert not found[-1]["killed"]  # the last point lies behind the end: no step was left out


@pytest.mark.long
def test_kill_at_random_times(tmp_path: Path, backlog: Backlog, small_bundle: Bundle) -> None:
    """Killed at 20 times spread over a run of 6 chunks, with two workers: resumed, the bytes are the same."""
    night = ready(tmp_path, backlog, small_bundle, 20)
    rng = random.Random(7)
    found = trials(night, [rng.uniform(0.0, 0.5) for _ in range(20)])
    check_trials(found, night["expected"])
    assert len(found) == 20
    assert sum(one["killed"] for one in found) >= 5
