"""One queue for the work of a training: processes that take calls in the order in which they were given away.

What does not depend on other results is given away at the start, so that the cores stay busy while results are looked
at. What is given away runs there or here and gives the same: with one worker, or where no process can be started, all
of it runs here, and not before it is asked for.
"""

import os
import shutil
import tempfile
import warnings
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import Executor, Future, as_completed
from contextlib import AbstractContextManager, suppress
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Any, Generic, Self, TypeVar, cast
from weakref import WeakKeyDictionary

from eriq.disclosure import Release, about_people, in_force
from eriq.errors import OutputError

T = TypeVar("T")


@dataclass(frozen=True, slots=True, eq=False)
class Given(Generic[T]):
    """A call that was given away, or that waits to be made here."""

    call: Callable[[], T]
    future: "Future[T] | None" = None

    def result(self) -> T:
        """Return what the call gives, waiting for it; what it raises is raised here."""
        return self.call() if self.future is None else self.future.result()

    def result_of_either(self) -> T:
        """Return what the call gives, made here if nobody began with it."""
        return self.call() if self.future is not None and self.future.cancel() else self.result()


@dataclass(frozen=True, slots=True, eq=False)
class Shared(Generic[T]):
    """Something large that many calls take: itself, or a file whose arrays processes map into memory and never copy."""

    value: T | None
    file: str = ""

    def get(self) -> T:
        """Return it."""
        return cast(T, _read(self.file) if self.file else self.value)


class Queue:
    """Processes for the length of a `with` block, or none.

    Parameters
    ----------
    release : Release, optional
        The release rule that holds there too; without one nothing is given away.
    processes : int
        How many; with less than one all is done here.

    Examples
    --------
    >>> with Queue(Release(), processes=0) as queue:
    ...     queue.start(max, 1, 2).result()
    2
    """

    def __init__(self, release: Release | None = None, processes: int = 0) -> None:
        self.processes = processes if release else 0
        self._release = release
        self._pool: Executor | None = None
        self._folder: Path | None = None
        self._written = 0
        self._shared: WeakKeyDictionary[Any, Shared[Any]] = WeakKeyDictionary()
        if self.processes > 0:
            from joblib.externals.loky import ProcessPoolExecutor

            # One that holds much memory after a call is replaced by a fresh one, which is no news to anybody.
            warnings.filterwarnings("ignore", message="A worker stopped while some jobs were given")
            try:
                self._pool = ProcessPoolExecutor(max_workers=self.processes)
            except (OSError, NotImplementedError):  # no semaphores here
                self._pool, self.processes = None, 0

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        if self._pool is not None:
            self._pool.shutdown(wait=True, kill_workers=True)  # type: ignore[call-arg]
        if self._folder is not None:
            from joblib.externals.loky.backend import resource_tracker

            shutil.rmtree(self._folder, ignore_errors=True)
            resource_tracker.unregister(str(self._folder), "folder")
        self._shared.clear()

    def start(self, call: Callable[..., T], *given: object) -> Given[T]:
        """Give a call away: a function of a module, with what it takes."""
        if self._pool is None or self._release is None:
            return Given(lambda: call(*given))
        return Given(lambda: call(*given), self._pool.submit(_under, self._release, call, given))

    def warm(self, *calls: Callable[[], object]) -> None:
        """Let another process make ready; nothing is done where there is none, and what fails fails again later."""
        if self._pool is not None:
            self._pool.submit(_quietly, calls)

    def share(self, value: T, lean: Callable[[T], T] = lambda value: value) -> Shared[T]:
        """Return where calls that are given away find something, as `lean` makes it; the same thing is written once.

        Raises
        ------
        OutputError
            Where temporary files cannot be written.
        """
        if self._pool is None:
            return Shared(value)
        if value not in self._shared:
            import joblib

            self._written += 1
            try:
                file = str(self._place() / f"{self._written}.joblib")
                with about_people():
                    joblib.dump(lean(value), file)
            except OSError as why:
                where = tempfile.gettempdir()
                raise OutputError(
                    f"rows cannot be put aside for other processes in {where}: {why.strerror}; "
                    "set TMPDIR to a folder with room, or --workers 1"
                ) from None
            self._shared[value] = Shared(None, file)
        return cast("Shared[T]", self._shared[value])

    def _place(self) -> Path:
        """Return a folder for our own eyes, which goes with us even if we are killed."""
        if self._folder is None:
            from joblib.externals.loky.backend import resource_tracker

            self._folder = Path(tempfile.mkdtemp(prefix="eriq-"))
            resource_tracker.register(str(self._folder), "folder")
        return self._folder


HERE = Queue()


def workers_of(workers: int | None) -> int:
    """Return how many processes are meant: as many as said, or one per core; none where that is one."""
    several = workers or os.cpu_count() or 1
    return several if several > 1 else 0


def all_of(parts: Sequence[Given[T]]) -> list[T]:
    """Return what several calls give, in their order: other processes take the first ones, this one the last."""
    return [part.result_of_either() for part in reversed(parts)][::-1]


def as_done(parts: Sequence[Given[T]]) -> Iterator[tuple[int, T]]:
    """Yield the place and the result of each call, those first that are done first."""
    places = {part.future: place for place, part in enumerate(parts) if part.future is not None}
    for future in as_completed(places):
        yield places[future], future.result()
    for place, part in enumerate(parts):
        if part.future is None:
            yield place, part.call()


@lru_cache(maxsize=8)
def _read(file: str) -> object:
    import joblib

    return joblib.load(file, mmap_mode="r")


def one_thread() -> AbstractContextManager[object]:
    """Keep native libraries to one thread: one level of parallelism at a time."""
    from threadpoolctl import threadpool_limits

    limited: AbstractContextManager[object] = threadpool_limits(limits=1)
    return limited


def _under(release: Release, call: Callable[..., T], given: Sequence[Any]) -> T:
    with one_thread(), in_force(release):
        return call(*given)


def _quietly(calls: Sequence[Callable[[], object]]) -> None:
    for call in calls:
        with suppress(Exception):
            call()
