"""Additive models, opened."""

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from eriq.model.plain import PlainLine

if TYPE_CHECKING:
    from sklearn.pipeline import Pipeline


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
        derived = self.prepare.transform(matrix)
        return np.asarray((derived - self.mean) / self.scale)


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
