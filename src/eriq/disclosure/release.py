"""The release rule in force: how many people a number must rest on, and to what counts are rounded."""

from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass

MIN_PEOPLE = 5  # smallest publishable count where a config says nothing else
WITHHELD = "withheld"


@dataclass(frozen=True, slots=True)
class Release:
    """A release rule."""

    min_people: int = MIN_PEOPLE
    round_to: int | None = None  # counts are told to the nearest multiple of it


_USUAL = Release()
_RELEASE: ContextVar[Release] = ContextVar("release", default=_USUAL)


@contextmanager
def in_force(release: Release) -> Iterator[None]:
    """Let a rule hold until the end of the block, as `decimal.localcontext` does for precision.

    >>> with in_force(Release(min_people=10, round_to=5)):
    ...     count_words(9), count_words(133)
    ('<10', '135')
    """
    before = _RELEASE.set(release)
    try:
        yield
    finally:
        _RELEASE.reset(before)


def min_people() -> int:
    """Return the smallest count that may be told."""
    return _RELEASE.get().min_people


def round_to() -> int | None:
    """Return to what counts are rounded, if they are."""
    return _RELEASE.get().round_to


def rounded(count: int) -> int:
    """Return a count as it is told; halves go up.

    >>> with in_force(Release(round_to=5)):
    ...     rounded(12), rounded(13)
    (10, 15)
    """
    base = round_to()
    return count if base is None else (2 * count + base) // (2 * base) * base


def count_words(count: int) -> str:
    """Return a count as it may be printed; nobody at all is no secret.

    >>> count_words(0), count_words(4), count_words(15818)
    ('0', '<5', '15,818')
    """
    return f"<{min_people()}" if 0 < count < min_people() else f"{rounded(count):,}"
