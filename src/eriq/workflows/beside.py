"""Work beside a training: one process more, which is warm by the time it is needed.

While contenders are compared it imports what draws and what tracks, and opens the store; then it draws figures and
tells MLflow. What it is given runs there or here and gives the same: with one worker, or where no process can be
started, all of it runs here.
"""

import os
from collections.abc import Callable, Sequence
from concurrent.futures import Executor, Future
from dataclasses import dataclass
from typing import Any, Generic, Self, TypeVar

from eriq.disclosure import Release, in_force

T = TypeVar("T")


@dataclass(frozen=True, slots=True, eq=False)
class Given(Generic[T]):
    """A call that was given away, or that waits to be made here."""

    call: Callable[[], T]
    future: "Future[T] | None"

    def result(self) -> T:
        """Return what the call gives, waiting for it; what it raises is raised here."""
        return self.call() if self.future is None else self.future.result()

    def result_of_either(self) -> T:
        """Return what the call gives, made here if nobody began with it."""
        return self.call() if self.future is not None and self.future.cancel() else self.result()


class Beside:
    """A second process for the length of a `with` block.

    Parameters
    ----------
    release : Release
        The release rule that holds there too.
    workers : int, optional
        With 1 there is no second process; without it there is, on more than one core.

    Examples
    --------
    >>> with Beside(Release(), workers=1) as beside:
    ...     beside.start(max, 1, 2).result()
    2
    """

    def __init__(self, release: Release, workers: int | None = None) -> None:
        self._release = release
        self._pool: Executor | None = None
        if (workers or os.cpu_count() or 1) > 1:
            from joblib.externals.loky import ProcessPoolExecutor

            try:
                self._pool = ProcessPoolExecutor(max_workers=1)
            except (OSError, NotImplementedError):  # no semaphores here
                self._pool = None

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        if self._pool is not None:
            self._pool.shutdown(wait=True, kill_workers=True)  # type: ignore[call-arg]

    def start(self, call: Callable[..., T], *given: object) -> Given[T]:
        """Give a call away: a function of a module, with what it takes."""
        future = None if self._pool is None else self._pool.submit(_under, self._release, call, given)
        return Given(lambda: call(*given), future)

    def warm(self, *calls: Callable[[], object]) -> None:
        """Let the other process make ready; nothing is done where there is none, and what fails fails again later."""
        if self._pool is not None:
            self._pool.submit(_quietly, calls)


def all_of(parts: Sequence[Given[T]]) -> list[T]:
    """Return what several calls give, in their order: the other process takes the first ones, this one the last."""
    return [part.result_of_either() for part in reversed(parts)][::-1]


def _under(release: Release, call: Callable[..., T], given: Sequence[Any]) -> T:
    from eriq.study.learning.training import one_thread

    with one_thread(), in_force(release):
        return call(*given)


def _quietly(calls: Sequence[Callable[[], object]]) -> None:
    from contextlib import suppress

    for call in calls:
        with suppress(Exception):
            call()
