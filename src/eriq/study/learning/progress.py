"""How work that takes long tells that it goes on."""

from collections.abc import Callable

Progress = Callable[[str, str], None]  # (what, which): one unit of work is done


def silent(what: str, which: str) -> None:
    """Tell nobody."""
