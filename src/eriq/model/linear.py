"""Additive models, opened."""

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from eriq.model.plain import PlainLine

BLOCK = 1024  # rows worked on at once: what is derived from them stays in the cache
if TYPE_CHECKING:
    from sklearn.pipeline import Pipeline


def blocks(n: int) -> Iterator[slice]:
    """Yield parts of n rows that fit into the cache, none of them small unless n is: small products round otherwise.

    >>> list(blocks(3000))
    [slice(0, 1024, None), slice(1024, 3000, None)]
    """
    several = max(n // BLOCK, 1)
    for k in range(several):
        yield slice(k * BLOCK, (k + 1) * BLOCK if k < several - 1 else n)


@dataclass(frozen=True, slots=True, eq=False)
class LinearSteps:
    """An impute-widen-scale-logistic pipeline as arrays, and which input owns each derived column."""

    prepare: Any
    mean: np.ndarray
    scale: np.ndarray
    weights: np.ndarray
    intercept: float
    owner: np.ndarray  # (n_derived, n_columns), 1 where the derived column comes from the input

    @classmethod
    def of(cls, pipeline: "Pipeline | PlainLine") -> "LinearSteps":
        """Return a fitted pipeline as arrays, or one that was read as such."""
        if isinstance(pipeline, PlainLine):
            line = pipeline
            return cls(line, line.mean, line.scale, line.weights, line.intercept, line.owner)
        scaler, model = pipeline.named_steps["scale"], pipeline.named_steps["model"]
        prepare = pipeline.named_steps["prepare"]
        return cls(prepare, scaler.mean_, scaler.scale_, model.coef_[0], float(model.intercept_[0]), owners(prepare))

    def scaled(self, matrix: np.ndarray) -> np.ndarray:
        """Return the derived columns with mean 0 over the training rows."""
        scaled = np.asarray(self.prepare.transform(matrix) - self.mean)
        scaled /= self.scale
        return scaled

    def margin(self, matrix: np.ndarray) -> np.ndarray:
        """Return the log-odds of each row."""
        out = np.empty(len(matrix))
        for rows in self._blocks(len(matrix)):
            out[rows] = self.scaled(matrix[rows]) @ self.weights + self.intercept
        return out

    def effects(self, matrix: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """Return `margin`, and what each input adds to it against the training mean, shape (n_rows, n_columns)."""
        out, added = np.empty(len(matrix)), np.empty((len(matrix), self.owner.shape[1]))
        for rows in self._blocks(len(matrix)):
            scaled = self.scaled(matrix[rows])
            out[rows] = scaled @ self.weights + self.intercept
            scaled *= self.weights
            np.matmul(scaled, self.owner, out=added[rows])
        return out, added

    def _blocks(self, n: int) -> Iterable[slice]:
        return blocks(n) if isinstance(self.prepare, PlainLine) else [slice(n)]  # a call of scikit-learn is dear


def owners(prepare: Any) -> np.ndarray:
    """Return which input each derived column comes from, as a 0/1 matrix.

    Each transformer names its outputs after numbered inputs: "c12", "c12_sp_3", "c12_2.0",
    "missingindicator_c12".
    """
    pieces: list[int] = []
    for _, transformer, places in prepare.transformers_:
        if not isinstance(transformer, str):  # "drop" of a remainder
            generic = np.array([f"c{place}" for place in places], dtype=object)
            named = transformer.get_feature_names_out(generic)
            pieces += [int(re.search(r"c(\d+)(?:_|$)", name).group(1)) for name in named]  # type: ignore[union-attr]
    owner = np.zeros((len(pieces), prepare.n_features_in_))
    owner[np.arange(len(pieces)), pieces] = 1.0
    return owner
