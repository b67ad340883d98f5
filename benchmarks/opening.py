"""What opening a saved model costs: met for the first time, remembered, and signed by a trusted key.

Prints medians in seconds of runs that alternate in one process; made-up model of 9 boosters.
"""

import os
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from statistics import median

sys.path.insert(0, str(Path(__file__).parents[1]))
PLACE = Path(tempfile.mkdtemp())
os.environ["XDG_CACHE_HOME"] = str(PLACE / "cache")

from tests.scoring.conftest import save_small  # noqa: E402

from eriq.model import tried  # noqa: E402 - after the cache is set
from eriq.model.bundle import open_bundle  # noqa: E402
from eriq.model.manifest import MANIFEST  # noqa: E402
from eriq.model.signature import new_key, private_key, read_keys, sign  # noqa: E402

ROUNDS = 5


def main() -> None:
    """Print the medians."""
    folder = save_small(PLACE / "models", refits=8).folder
    public, _ = new_key(PLACE / "key.pem")
    sign(folder, (folder / MANIFEST).read_bytes(), private_key(PLACE / "key.pem"))
    keys = read_keys([public])

    def forget() -> None:
        tried._known.clear()
        for mark in (PLACE / "cache" / "eriq" / "tried").iterdir():
            mark.unlink()

    ways: dict[str, tuple[Callable[[], None], Callable[[], object]]] = {
        "met for the first time": (forget, lambda: open_bundle(folder)),
        "remembered on disk": (tried._known.clear, lambda: open_bundle(folder)),
        "remembered by the process": (lambda: None, lambda: open_bundle(folder)),
        "signed by a trusted key": (lambda: None, lambda: open_bundle(folder, keys)),
    }
    taken: dict[str, list[float]] = {name: [] for name in ways}
    for _ in range(ROUNDS):
        for name, (before, opening) in ways.items():
            before()
            begin = time.perf_counter()
            opening()
            taken[name].append(time.perf_counter() - begin)
    for name, seconds in taken.items():
        print(f"{name:<26} {median(seconds):6.2f} s")


if __name__ == "__main__":
    main()
