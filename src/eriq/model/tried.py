"""Text of boosted trees is read by another process first: a crafted one can end the process that reads it.

Once per text and machine: what was read is remembered by its digest, in this process and in the user's cache.
"""

import hashlib
import json
import os
import stat
import subprocess
import sys
from collections.abc import Sequence
from contextlib import suppress
from importlib.metadata import version
from pathlib import Path

from eriq.errors import BundleError

SECONDS, BYTES = 30, 4 * 2**30  # of the processor and of memory; most of both goes into importing LightGBM
PROGRAM = """
import json, resource, sys
for what, most in ((resource.RLIMIT_CORE, 0), (resource.RLIMIT_CPU, {seconds}), (resource.RLIMIT_AS, {bytes})):
    resource.setrlimit(what, (most, most))
import lightgbm, numpy
given = json.load(sys.stdin)
rows = numpy.repeat([[numpy.nan], [-1e300], [0.0], [1.0], [2.0], [1e300]], given["columns"], axis=1)
for text in given["texts"]:
    booster = lightgbm.Booster(model_str=text)
    booster.dump_model()
    booster.predict(rows, raw_score=True)
    booster.predict(rows, pred_contrib=True)
"""
_known: set[str] = set()


def try_out(texts: Sequence[str], columns: int, folder: Path) -> None:
    """Have texts of boosted trees read and used by a process of its own, unless that was done before.

    Parameters
    ----------
    texts : sequence of str
    columns : int
        Of the model.
    folder : Path
        The saved model's, for the error.

    Raises
    ------
    BundleError
        When that process ends otherwise than it should, or needs more time or memory than it gets.
    """
    told = digest_of(texts, columns)
    if not texts or told in _known or _remembered(told):
        return
    program = PROGRAM.format(seconds=SECONDS, bytes=BYTES)
    one = dict.fromkeys(("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS"), "1")
    try:
        done = subprocess.run(
            [sys.executable, "-P", "-c", program],
            input=json.dumps({"columns": columns, "texts": list(texts)}).encode(),
            env={**os.environ, **one},
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            timeout=4 * SECONDS,
            check=False,
        )
        sound = done.returncode == 0
    except (OSError, subprocess.TimeoutExpired):
        sound = False
    if not sound:
        raise BundleError(
            f"{folder.name} is not a LightGBM model that can be read: a process that tried did not end well within "
            f"{SECONDS} seconds and {BYTES // 2**30} GB"
        )
    remember(texts, columns)


def remember(texts: Sequence[str], columns: int) -> None:
    """Keep in mind, here and in the user's cache if it can be written, that texts can be read."""
    told, place = digest_of(texts, columns), _cache()
    _known.add(told)
    with suppress(OSError):
        place.mkdir(mode=0o700, parents=True, exist_ok=True)
        if _ours(place):
            (place / told).touch(mode=0o600)


def digest_of(texts: Sequence[str], columns: int) -> str:
    """Return what tells texts, read by this LightGBM, from any others."""
    content = json.dumps([version("lightgbm"), columns, list(texts)])
    return hashlib.sha256(content.encode()).hexdigest()


def _cache() -> Path:
    return Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache") / "eriq" / "tried"


def _remembered(told: str) -> bool:
    with suppress(OSError, RuntimeError):
        return _ours(_cache()) and (_cache() / told).is_file()
    return False


def _ours(place: Path) -> bool:
    """Return whether nobody else can have put anything into a folder."""
    found = place.lstat()
    return stat.S_ISDIR(found.st_mode) and found.st_uid == os.getuid() and not found.st_mode & 0o022
