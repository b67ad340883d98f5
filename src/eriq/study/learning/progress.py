"""How work that takes long tells that it goes on: part by part, each with as many steps as it announced."""

from collections.abc import Callable
from dataclasses import dataclass


def _nobody(*told: object) -> None:
    """Tell nobody."""


@dataclass(frozen=True, slots=True)
class Progress:
    """Told how many steps a part of the work takes before it begins, and each step once it is done.

    How many parts there are follows from what earlier ones find, so no total is known when the work begins.

    >>> told = []
    >>> progress = Progress(lambda steps: told.append(steps), lambda what, which: told.append((what, which)))
    >>> progress.begin(1); progress("saved model", "all rows")
    >>> told
    [1, ('saved model', 'all rows')]
    """

    begin: Callable[[int], None] = _nobody
    step: Callable[[str, str], None] = _nobody

    def __call__(self, what: str, which: str) -> None:
        """Tell that a step is done."""
        self.step(what, which)


silent = Progress()
