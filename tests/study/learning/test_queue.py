"""What is given to a queue comes out the same, wherever it is done."""

import errno
import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pytest

import eriq
from eriq.disclosure import Release, min_people
from eriq.errors import CohortError, OutputError
from eriq.study.learning.queue import Queue, Shared, all_of, as_done


@pytest.fixture(scope="module")
def two() -> Iterator[Queue]:
    """Give a second process, under a rule of ten people."""
    with Queue(Release(min_people=10), 1) as beside:
        yield beside


def refuse() -> None:
    raise CohortError("nobody is left")


def test_the_other_process_works_under_the_same_rule(two: Queue) -> None:
    """It is another one, the release rule holds there, and an error comes back as itself."""
    assert two.start(os.getpid).result() != os.getpid()
    assert two.start(min_people).result() == 10
    with pytest.raises(CohortError, match=r"^nobody is left$"):
        two.start(refuse).result()


def test_with_one_worker_all_is_done_here() -> None:
    """There is no second process, and nothing is called before it is asked for."""
    with Queue(Release(), 0) as beside:
        given = [beside.start(os.getpid), beside.start(refuse)]
        assert given[0].result() == os.getpid()
        beside.warm(refuse)


def test_calls_are_shared_and_keep_their_order(two: Queue) -> None:
    """Results come in the order of the calls, whoever made them; what fails while it makes ready stops nothing."""
    two.warm(refuse)
    assert all_of([two.start(abs, -k) for k in range(20)]) == list(range(20))


@dataclass(frozen=True, slots=True, eq=False, weakref_slot=True)
class Rows:
    values: np.ndarray


def mapped(rows: Shared[Rows]) -> tuple[int, str]:
    return len(rows.get().values), type(rows.get().values).__name__


def test_what_is_shared_is_written_once_for_our_eyes_and_goes_with_the_queue() -> None:
    """The other process maps it into memory; here it stays what it is; the folder is ours alone while it lasts."""
    rows = Rows(np.arange(300_000))
    with Queue(Release(), 1) as queue:
        shared = queue.share(rows)
        file = Path(shared.file)
        assert queue.share(rows) is shared
        assert queue.share(Rows(np.arange(3))).file != shared.file
        assert queue.start(mapped, shared).result() == (300_000, "memmap")
        assert file.stat().st_mode & 0o777 == 0o600
        assert file.parent.stat().st_mode & 0o777 == 0o700
    assert not file.parent.exists()
    assert Queue().share(rows).get() is rows


def test_a_full_disk_is_named_and_what_to_do(monkeypatch: pytest.MonkeyPatch) -> None:
    """The error says where, why and two ways out; nothing of the rows is in it."""

    def full(*given: object) -> None:
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr("joblib.dump", full)
    with Queue(Release(), 1) as queue, pytest.raises(OutputError, match=r"No space left.*TMPDIR.*--workers 1"):
        queue.share(Rows(np.arange(9)))


KILLED = """
import os, signal, sys
import numpy as np
from eriq.disclosure import Release
from eriq.study.learning.queue import Queue
from tests.study.learning.test_queue import Rows

print(Queue(Release(), 1).share(Rows(np.arange(9))).file, flush=True)
os.kill(os.getpid(), signal.SIGKILL)
"""


def test_what_is_shared_goes_also_when_we_are_killed() -> None:
    """A process that outlives ours removes the folder within seconds."""
    root = Path(__file__).resolve().parents[3]
    done = subprocess.run([sys.executable, "-c", KILLED], cwd=root, capture_output=True, text=True, timeout=60)
    assert done.returncode == -signal.SIGKILL
    file = Path(done.stdout.strip())
    assert file.name.endswith(".joblib")
    for _ in range(100):
        if not file.parent.exists():
            break
        time.sleep(0.1)
    assert not file.parent.exists()


def test_results_come_as_they_are_done(two: Queue) -> None:
    """Each with its place, whether it was given away or is made here."""
    given = [two.start(abs, -1), Queue().start(abs, -2), two.start(abs, -3)]
    assert sorted(as_done(given)) == [(0, 1), (1, 2), (2, 3)]


def test_a_training_gives_the_same_with_one_worker_and_two(
    tiny: eriq.Run, tiny_config: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Every table and figure is to the byte that of one process, but for the time in `facts`."""
    alone = Path(tiny.model.folder).parents[1] / "mlruns" / "reports" / "tiny"
    monkeypatch.chdir(tmp_path)
    (tmp_path / "tiny.yaml").write_text(tiny_config, encoding="utf-8")
    eriq.train(tmp_path / "tiny.yaml", models=tmp_path / "models", workers=2)
    shared = tmp_path / "mlruns" / "reports" / "tiny"
    for kind in ("tables/*.csv", "figures/*"):
        names = sorted(file.relative_to(alone) for file in alone.glob(kind))
        assert names == sorted(file.relative_to(shared) for file in shared.glob(kind))
        assert len(names) > 10
        differ = [str(name) for name in names if (alone / name).read_bytes() != (shared / name).read_bytes()]
        assert set(differ) <= {"tables/facts.csv"}
