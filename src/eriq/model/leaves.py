"""The leaves of a boosted model of depth 2, read from LightGBM's dump: values, and the splits that lead there."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np

ZERO = float(np.float32(1e-35))  # LightGBM takes what is no further from 0 than this for 0
HUGE = 1e300  # a dump has this where the threshold is infinite: any number to the left, missing to the right
BELOW_ZERO = float(np.nextafter(-ZERO, -np.inf))


class CollapseError(ValueError):
    """A model is not a sum of functions of at most two columns, as far as this module can tell."""


@dataclass(frozen=True, slots=True)
class Step:
    """One split on the way to a leaf."""

    feature: int
    threshold: float
    missing: str  # None, NaN or Zero: which values go the default way
    default_left: bool
    left: bool  # the side the path takes
    share: float  # of the training rows at the split, those that take it
    names: frozenset[int] | None = None  # of a split by category: those that go left; all else, and a gap, goes right

    def cuts(self) -> tuple[float, ...]:
        """Return the upper ends, included, of the intervals on which this split is constant.

        LightGBM cuts the decimals off a category, so category 2 is all from 2 to just below 3, and 0 begins above -1.
        """
        if self.names is not None:
            ends = ((below(k) if k else -1.0, below(k + 1)) for k in self.names)
            return tuple(end for pair in ends for end in pair)
        if self.missing == "Zero":
            return (BELOW_ZERO, ZERO, self.threshold)
        return (self.threshold,)

    def follows(self, values: np.ndarray) -> np.ndarray:
        """Return which of `values` take the side of the path."""
        if self.names is not None:
            with np.errstate(invalid="ignore"):
                whole = np.trunc(values)
            named: np.ndarray = (np.isin(whole, list(self.names)) & (values > -1)) == self.left
            return named
        unknown = np.isnan(values)
        number = np.where(unknown, 0.0, values)
        left = number <= self.threshold
        if self.missing == "NaN":
            left = np.where(unknown, self.default_left, left)
        elif self.missing == "Zero":
            left = np.where(np.abs(number) <= ZERO, self.default_left, left)
        follows: np.ndarray = left == self.left
        return follows


def below(value: float) -> float:
    """Return the next smaller number."""
    return float(np.nextafter(value, -np.inf))


def leaves_of(node: Mapping[str, Any], path: tuple[Step, ...]) -> Iterator[tuple[float, tuple[Step, ...]]]:
    """Yield the value of every leaf under `node` with the splits that lead there."""
    if "split_feature" not in node:
        yield constant(node), path
        return
    if len(path) == 2:
        raise CollapseError("a tree is deeper than 2; fit with max_depth=2 and num_leaves=4 at most")
    for side, step in zip((node["left_child"], node["right_child"]), steps_of(node), strict=True):
        yield from leaves_of(side, (*path, step))


def constant(leaf: Mapping[str, Any]) -> float:
    """Return the value of a leaf."""
    if "leaf_coeff" in leaf:
        raise CollapseError("leaves are linear models; only constant leaves can be collapsed")
    return float(leaf["leaf_value"])


def steps_of(node: Mapping[str, Any]) -> tuple[Step, Step]:
    """Return a split as a path to the left and one to the right take it."""
    names = None
    if node["decision_type"] == "==":
        names = frozenset(int(name) for name in str(node["threshold"]).split("||"))
    threshold = np.inf if names is not None else float(node["threshold"])
    if abs(threshold) <= ZERO:  # every value this near to 0 is taken for 0, so it goes one way
        threshold = ZERO if threshold >= 0 else BELOW_ZERO
    if threshold >= HUGE:
        threshold = np.inf
    left, right = (
        Step(
            feature=int(node["split_feature"]),
            threshold=threshold,
            missing=str(node["missing_type"]),
            default_left=bool(node["default_left"]),
            left=side == "left_child",
            share=_cover(node[side]) / _cover(node),
            names=names,
        )
        for side in ("left_child", "right_child")
    )
    return left, right


def _cover(node: Mapping[str, Any]) -> float:
    cover = float(node.get("internal_count", node.get("leaf_count", 0)))
    if cover <= 0:
        raise CollapseError("a node has no cover (count of training rows), so no expected value is defined")
    return cover
