"""The form of a config has a number; an older form is brought up step by step, and each step says what it changed."""

from collections.abc import Callable, Mapping
from typing import Any

Step = Callable[[Mapping[str, Any]], tuple[dict[str, Any], str]]


def _from_no_version(content: Mapping[str, Any]) -> tuple[dict[str, Any], str]:
    """Name the form that configs had before they said it: it is that of version 1."""
    return {"version": 1, **content}, "version: 1 was added; nothing else changed"


# Step n leads from version n to n + 1; a config that names no version is version 0.
STEPS: tuple[Step, ...] = (_from_no_version,)


def current() -> int:
    """Return the version that this eriq reads and writes.

    >>> current()
    1
    """
    return len(STEPS)


def migrated(content: Mapping[str, Any], steps: tuple[Step, ...] = STEPS) -> tuple[dict[str, Any], tuple[str, ...]]:
    """Return a config in the present form, and what each step changed; one of another kind of version stays.

    Parameters
    ----------
    content : mapping
        As read; left as it is.
    steps : tuple of callable
        Step n takes version n and returns it as n + 1 with a sentence.

    Examples
    --------
    >>> migrated({"name": "mine"})
    ({'version': 1, 'name': 'mine'}, ('version: 1 was added; nothing else changed',))
    >>> migrated({"version": 1, "name": "mine"})[1]
    ()
    """
    said: list[str] = []
    moved = dict(content)
    version = moved.get("version", 0)
    if isinstance(version, int) and not isinstance(version, bool) and 0 <= version < len(steps):
        for step in steps[version:]:
            moved, words = step(moved)
            said.append(words)
    return moved, tuple(said)
