"""Finished contenders kept by the digest of everything that went into them."""

import hashlib
import json
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from importlib.metadata import version
from pathlib import Path

import numpy as np

from eriq import __version__
from eriq.config import Experiment
from eriq.config.streams import stream
from eriq.disclosure import about_people
from eriq.study.design.contender import Contender
from eriq.study.design.design import Design
from eriq.study.design.folds import Fold
from eriq.study.learning.progress import Progress, silent
from eriq.study.learning.queue import HERE, Queue
from eriq.study.learning.training import Begun, Learning, begin
from eriq.tables.files import frame_digest

KEPT_DAYS = 30


class Cache:
    """Out-of-fold log-odds of finished contenders, repeat by repeat; numbers only, without ids.

    Always written, so that an interrupted training can be continued; read only when asked. Rows lie in an order that
    follows from the content of the whole design, and in another one for every contender: without the input a row's
    place tells nothing, not even which rows of two contenders are the same person's.
    """

    def __init__(
        self, folder: Path, design: Design, folds: Sequence[Fold], experiment: Experiment, *, enabled: bool
    ) -> None:
        total = hashlib.sha256(__version__.encode())
        followed = () if design.times is None else (design.times.to_numpy("int64"), np.array(design.horizon_days))
        weight = () if design.weight is None else (design.weight,)
        group = () if design.group is None else (design.group,)
        for array in (
            *(design.outcome, design.client, *weight, *followed, *group),
            *(part for f in folds for part in (f.train, f.test)),
        ):
            total.update(np.ascontiguousarray(array).tobytes())
        roles = experiment.source.model_dump(mode="json").get("columns")  # say what is monotone or a category
        libraries = [version(name) for name in ("lightgbm", "numpy", "scikit-learn", "scipy")]
        total.update(json.dumps([experiment.seed, experiment.tuning.model_dump(), roles, libraries]).encode())
        self.design, self.folds = design, folds
        self._folder, self._base, self._enabled = folder, total.hexdigest(), enabled

    def _file(self, contender: Contender) -> Path:
        columns = frame_digest(self.design.matrix[list(contender.columns)]) if contender.columns else "none"
        text = json.dumps(["shuffled", self._base, contender.estimator, list(contender.columns), columns])
        return self._folder / f"{hashlib.sha256(text.encode()).hexdigest()[:32]}.npy"

    def read(self, contender: Contender) -> np.ndarray | None:
        """Return the forecasts of a contender that was finished on the same content."""
        file = self._file(contender)
        if not self._enabled or not file.is_file():
            return None
        try:
            found = np.load(file, allow_pickle=False)
        except (OSError, ValueError, EOFError):
            return None
        repeats = max((fold.repeat for fold in self.folds), default=0) + 1
        if found.shape != (repeats, len(self.design.outcome)):
            return None
        return np.asarray(found[:, np.argsort(self._order(file))])

    def write(self, contender: Contender, log_odds: np.ndarray) -> None:
        """Keep the forecasts of a finished contender; complete or not at all."""
        file = self._file(contender)
        draft = file.with_suffix(".part.npy")
        with about_people():
            self._folder.mkdir(parents=True, exist_ok=True)
            np.save(draft, log_odds[:, self._order(file)], allow_pickle=False)
        draft.replace(file)

    def _order(self, file: Path) -> np.ndarray:
        """Return in which order the rows of a file lie; its key is known to who has the input, and written nowhere."""
        key = hashlib.sha256(f"order {self._base} {file.stem}".encode()).digest()
        return stream(int.from_bytes(key[:8], "little"), "order of rows kept").permutation(len(self.design.outcome))


def forget_old(folder: Path, days: int = KEPT_DAYS) -> int:
    """Remove what was kept for `--resume` for more than `days`, and return how many contenders that were."""
    limit = time.time() - days * 86_400
    old = [file for file in folder.glob("*.npy") if file.stat().st_mtime < limit]
    for file in old:
        file.unlink(missing_ok=True)
    return len(old)


@dataclass(frozen=True, slots=True, eq=False)
class Resumed:
    """Contenders taken over from an earlier run, and those that were begun."""

    contenders: tuple[Contender, ...]
    cache: Cache
    known: Mapping[str, np.ndarray]
    fresh: Begun

    def repeats(self, progress: Progress = silent) -> np.ndarray:
        """Return the log-odds of single models, as `Begun.repeats` does; what is finished now is kept."""
        progress.begin(len(self.known) * len(self.cache.folds))
        for name in self.known:
            for fold in self.cache.folds:
                progress(name, f"{fold.name}, taken over")
        fresh = self.fresh.repeats(progress, self.cache.write)
        found = dict(self.known) | {c.name: fresh[:, :, place] for place, c in enumerate(self.fresh.contenders)}
        return np.stack([found[c.name] for c in self.contenders], axis=-1)


def begin_or_take_over(
    contenders: Sequence[Contender], cache: Cache, learning: Learning, queue: Queue = HERE
) -> Resumed:
    """Give the fits of contenders that no earlier run finished to a queue.

    Parameters
    ----------
    contenders : sequence of Contender
    cache : Cache
        Knows design and folds; what is finished is kept there.
    learning, queue
        As in `run_all`.
    """
    known = {c.name: found for c in contenders if (found := cache.read(c)) is not None}
    missing = [c for c in contenders if c.name not in known]
    return Resumed(tuple(contenders), cache, known, begin(missing, cache.design, cache.folds, learning, queue))
