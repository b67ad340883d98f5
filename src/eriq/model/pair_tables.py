"""Boosted trees of depth 2, collapsed into tables: exact margins and SHAP values by look-up.

Few rows are looked up by plain numpy: many short gathers, in which two threads lose to the interpreter lock what they
gain (measured). Contributions of many rows are looked up by compiled loops in the same order.

A path of depth 2 meets at most two features, so every leaf is a function of one or two columns and the
whole model is an intercept, one table per feature and one table per pair. (A tree may still hold three
features, another one on each side of its root, so leaves are collected and not trees.)

With ``i`` and ``j`` true where a row follows the path on features a and b, and ``r`` and ``s`` the shares of
training rows (cover) that do, path-dependent TreeSHAP takes a leaf of value w for the game v({}) = w r s,
v(a) = w i s, v(b) = w r j, v(ab) = w i j. Its Shapley values are exactly

    phi_a = w s (i - r) + w (i - r)(j - s) / 2,    phi_b = w r (j - s) + w (i - r)(j - s) / 2,

a main effect and half of a pure interaction; both are sums over leaves, so tables can be added up.
"""

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd

from eriq.model.leaves import CollapseError, Step, leaves_of

FEW = 64  # up to so many cuts, comparing with each is faster than a binary search
MOST_CELLS = 1_000_000  # of one pair; LightGBM makes 255 intervals of a column at most unless asked for more
MANY_ROWS = 5000  # from here on compiled loops explain sooner, the same to the last bit
CHUNK = 8192  # rows worked on at once: enough to hide the interpreter, few enough to stay in the cache


@dataclass(frozen=True, slots=True, eq=False)
class Pair:
    """The pure interaction of two features, on the margin (log-odds) scale.

    Attributes
    ----------
    first, second : int
        Columns, ``first < second``.
    first_cuts, second_cuts : ndarray of shape (n_first,) and (n_second,)
        Upper ends, included, of the intervals; the last is infinity.
    table : ndarray of shape (n_first + 1, n_second + 1)
        The interaction; the last row and the last column are for a missing value.
    """

    first: int
    second: int
    first_cuts: np.ndarray
    second_cuts: np.ndarray
    table: np.ndarray


@dataclass(frozen=True, slots=True, eq=False)
class _Gather:
    """A pair, ready for look-up by the bins of the whole model."""

    first: int
    second: int
    first_start: np.ndarray  # bin of the first feature -> where its row starts in the flat table
    second_place: np.ndarray  # bin of the second feature -> place in that row
    half: np.ndarray  # the flat table, halved: what each of the two features gets


@dataclass(frozen=True, slots=True, eq=False)
class PairTables:
    """A model of depth 2 as tables; what it says about a row is a sum of look-ups.

    Attributes
    ----------
    feature_names : tuple of str
        The p columns, in the order of the matrix.
    intercept : float
        Expected margin over the training rows (cover-weighted), in log-odds.
    cuts : tuple of p arrays
        Upper ends, included, of the intervals of each feature; the last is infinity.
    mains : tuple of p arrays
        Main effect per interval, one longer than `cuts`: the last entry is for a missing value.
    pairs : tuple of Pair
        Pure interactions.
    """

    feature_names: tuple[str, ...]
    intercept: float
    cuts: tuple[np.ndarray, ...]
    mains: tuple[np.ndarray, ...]
    pairs: tuple[Pair, ...]
    _gathers: tuple[_Gather, ...]

    @classmethod
    def of(
        cls,
        feature_names: tuple[str, ...],
        intercept: float,
        cuts: tuple[np.ndarray, ...],
        mains: tuple[np.ndarray, ...],
        pairs: tuple[Pair, ...],
    ) -> "PairTables":
        """Return tables ready for look-up; the ends of each pair are among those of its columns."""
        return cls(feature_names, intercept, cuts, mains, pairs, tuple(_gather(pair, cuts) for pair in pairs))

    def margin(self, matrix: np.ndarray) -> np.ndarray:
        """Return the raw score of each row, as ``Booster.predict(raw_score=True)`` does.

        Parameters
        ----------
        matrix : ndarray of shape (n_rows, p)
            Float64, NaN where unknown.

        Returns
        -------
        ndarray of shape (n_rows,)
            Log-odds.

        Raises
        ------
        ValueError
            If the matrix does not have p columns.
        """
        matrix = self._checked(matrix)
        out = np.full(len(matrix), self.intercept)
        for start in range(0, len(matrix), CHUNK):
            bins = self.bins(matrix[start : start + CHUNK])
            total = out[start : start + CHUNK]
            for main, place in zip(self.mains, bins, strict=True):
                total += main[place]
            for _, values in self._halves(bins):
                total += values
                total += values
        return out

    def contributions(self, matrix: np.ndarray) -> np.ndarray:
        """Return SHAP values: as collapsed, those of path-dependent TreeSHAP (``Booster.predict(pred_contrib=True)``).

        Parameters
        ----------
        matrix : ndarray of shape (n_rows, p)
            Float64, NaN where unknown.

        Returns
        -------
        ndarray of shape (n_rows, p + 1)
            Log-odds per feature, then the intercept; a row sums to its margin.

        Raises
        ------
        ValueError
            If the matrix does not have p columns.

        References
        ----------
        Lundberg, Erion and Lee (2018), arXiv:1802.03888; Lundberg et al. (2020), Nature Machine
        Intelligence 2, 56-67.
        """
        matrix = self._checked(matrix)
        out = np.empty((len(matrix), matrix.shape[1] + 1))
        out[:, -1] = self.intercept
        for start in range(0, len(matrix), CHUNK):
            bins = self.bins(matrix[start : start + CHUNK])
            if len(matrix) >= MANY_ROWS:
                self._by_loops(bins, out[start : start + CHUNK])
                continue
            total = np.empty(bins.shape)
            for feature, main in enumerate(self.mains):
                np.take(main, bins[feature], out=total[feature], mode="clip")
            for gather, values in self._halves(bins):
                total[gather.first] += values
                total[gather.second] += values
            out[start : start + CHUNK, :-1] = total.T
        return out

    def interactions(self, matrix: np.ndarray) -> pd.DataFrame:
        """Return how strongly each pair of features interacts over the rows of `matrix`.

        Parameters
        ----------
        matrix : ndarray of shape (n_rows, p)
            Float64, NaN where unknown.

        Returns
        -------
        DataFrame with columns first, second, strength
            Strength is the mean absolute pure interaction in log-odds, twice the off-diagonal SHAP
            interaction value; strongest first. Pairs that share no path are left out: theirs is 0.
        """
        matrix = self._checked(matrix)
        strength = np.zeros(len(self.pairs))
        for start in range(0, len(matrix), CHUNK):
            bins = self.bins(matrix[start : start + CHUNK])
            strength += [2 * np.abs(values).sum() for _, values in self._halves(bins)]
        names = self.feature_names
        table = pd.DataFrame(
            {
                "first": [names[pair.first] for pair in self.pairs],
                "second": [names[pair.second] for pair in self.pairs],
                "strength": strength / max(len(matrix), 1),
            }
        )
        return table.sort_values("strength", ascending=False, kind="stable", ignore_index=True)

    def main_effect(self, feature: str) -> pd.DataFrame:
        """Return the main effect of one feature as steps to draw.

        Parameters
        ----------
        feature : str
            One of `feature_names`.

        Returns
        -------
        DataFrame with columns above, up_to, effect
            One row per interval ``above < value <= up_to`` in log-odds; the last row, with neither end, is
            for a missing value.

        Raises
        ------
        KeyError
            If the model has no such feature.
        """
        if feature not in self.feature_names:
            raise KeyError(feature)
        place = self.feature_names.index(feature)
        upper = self.cuts[place]
        return pd.DataFrame(
            {
                "above": np.concatenate([[-np.inf], upper[:-1], [np.nan]]),
                "up_to": np.append(upper, np.nan),
                "effect": self.mains[place],
            }
        )

    def named(self, feature_names: Sequence[str]) -> "PairTables":
        """Return the same tables for columns of other names."""
        return PairTables.of(tuple(feature_names), self.intercept, self.cuts, self.mains, self.pairs)

    def with_numbers(self, intercept: float, mains: tuple[np.ndarray, ...], pairs: tuple[Pair, ...]) -> "PairTables":
        """Return tables on the same intervals that hold other numbers."""
        return PairTables.of(self.feature_names, intercept, self.cuts, mains, pairs)

    def _by_loops(self, bins: np.ndarray, out: np.ndarray) -> None:
        """Set the contributions of all columns by compiled loops, which other threads need not wait for."""
        from eriq.model import kernels  # loads numba

        def joined(arrays: Iterable[np.ndarray], kind: str) -> tuple[np.ndarray, np.ndarray]:
            parts = [np.empty(0, kind), *arrays]
            return np.concatenate(parts), np.cumsum([len(part) for part in parts])

        mains, main = joined(self.mains, "float64")
        row, rows = joined((g.first_start for g in self._gathers), "int64")
        place, places = joined((g.second_place for g in self._gathers), "int64")
        half, halves = joined((g.half for g in self._gathers), "float64")
        pair = np.array([(g.first, g.second) for g in self._gathers], dtype="int64").reshape(-1, 2)
        begin = np.column_stack([rows, places, halves])
        kernels.pair_contributions(bins, kernels.Lookups(mains, main, pair, begin, row, place, half), out)

    def _checked(self, matrix: np.ndarray) -> np.ndarray:
        matrix = np.asarray(matrix, dtype=np.float64)
        if matrix.ndim != 2 or matrix.shape[1] != len(self.feature_names):
            raise ValueError(f"the matrix needs {len(self.feature_names)} columns and has shape {matrix.shape}")
        return matrix

    def bins(self, matrix: np.ndarray) -> np.ndarray:
        """Return the interval each value lies in, shape (p, n_rows)."""
        columns = np.ascontiguousarray(matrix.T)
        bins = np.empty(columns.shape, dtype=np.intp)
        for feature, upper in enumerate(self.cuts):
            if len(upper) > FEW:
                bins[feature] = np.searchsorted(upper, columns[feature])  # NaN sorts behind infinity
            else:
                reached = np.zeros(len(matrix), dtype=np.uint8)  # a byte holds FEW
                for cut in upper:
                    reached += columns[feature] <= cut
                bins[feature] = len(upper) - reached  # infinity reaches the last cut, NaN none
        return bins

    def _halves(self, bins: np.ndarray) -> Iterator[tuple[_Gather, np.ndarray]]:
        """Yield each pair with half its interaction in every row; the array is overwritten by the next."""
        place, second = np.empty(bins.shape[1], dtype=np.intp), np.empty(bins.shape[1], dtype=np.intp)
        values = np.empty(bins.shape[1])
        for gather in self._gathers:  # bins are in range; "clip" only spares numpy a buffer
            np.take(gather.first_start, bins[gather.first], out=place, mode="clip")
            np.take(gather.second_place, bins[gather.second], out=second, mode="clip")
            place += second
            np.take(gather.half, place, out=values, mode="clip")
            yield gather, values


def collapse(booster_dump: Mapping[str, Any], feature_names: Sequence[str]) -> PairTables:
    """Return the tables that say the same as a LightGBM model of depth 2.

    Parameters
    ----------
    booster_dump : mapping
        What ``Booster.dump_model()`` returns: one output, depth 2 at most.
    feature_names : sequence of str
        Names of the p columns, in the order of the matrix.

    Returns
    -------
    PairTables

    Raises
    ------
    CollapseError
        If a path is deeper than 2, leaves are linear models, there are several outputs, trees are averaged, the cover
        is missing, or the names do not fit in number.

    Examples
    --------
    >>> leaf = {"leaf_value": -1.0, "leaf_count": 3}, {"leaf_value": 3.0, "leaf_count": 1}
    >>> root = {"split_feature": 0, "threshold": 0.5, "decision_type": "<=", "missing_type": "NaN"}
    >>> root |= {"default_left": True, "internal_count": 4, "left_child": leaf[0], "right_child": leaf[1]}
    >>> dump = {"max_feature_idx": 0, "num_tree_per_iteration": 1, "tree_info": [{"tree_structure": root}]}
    >>> collapse(dump, ["belief"]).contributions(np.array([[0.0], [1.0], [np.nan]])).tolist()
    [[-1.0, 0.0], [3.0, 0.0], [-1.0, 0.0]]
    """
    names = tuple(feature_names)
    if len(names) != booster_dump["max_feature_idx"] + 1:
        raise CollapseError(f"{len(names)} names are given for {booster_dump['max_feature_idx'] + 1} features")
    if booster_dump["num_tree_per_iteration"] != 1:
        raise CollapseError("the model has several outputs; only one can be collapsed")
    if booster_dump.get("average_output"):
        raise CollapseError("the trees are averaged (random forest mode); only sums can be collapsed")
    leaves = [leaf for tree in booster_dump["tree_info"] for leaf in leaves_of(tree["tree_structure"], ())]
    cuts = tuple(_cuts([s for _, path in leaves for s in path if s.feature == f]) for f in range(len(names)))
    mains = tuple(np.zeros(len(upper) + 1) for upper in cuts)
    by_pair: defaultdict[tuple[int, ...], list[tuple[float, tuple[Step, ...]]]] = defaultdict(list)
    intercept = 0.0
    for value, path in leaves:
        features = tuple(sorted({step.feature for step in path}))
        centred = {f: _centred(path, f, cuts[f]) for f in features}
        whole = float(np.prod([step.share for step in path]))
        intercept += value * whole
        for feature, (share, indicator) in centred.items():
            mains[feature][:] += value * (whole / share) * indicator
        if len(features) == 2:
            by_pair[features].append((value, path))
    pairs = tuple(_pair(first, second, by_pair[first, second]) for first, second in sorted(by_pair))
    return PairTables.of(names, intercept, cuts, mains, pairs)


def _cuts(steps: Sequence[Step]) -> np.ndarray:
    """Return the upper ends of the intervals on which all `steps` are constant."""
    return np.unique([np.inf, *(cut for step in steps for cut in step.cuts())])


def _centred(path: tuple[Step, ...], feature: int, upper: np.ndarray) -> tuple[float, np.ndarray]:
    """Return the cover share of `feature` on `path`, and per interval whether it is followed less that share."""
    values = np.append(upper, np.nan)  # an interval behaves as its upper end
    follows, share = np.ones(len(values), dtype=bool), 1.0
    for step in path:
        if step.feature == feature:
            follows &= step.follows(values)
            share *= step.share
    return share, follows - share


def _pair(first: int, second: int, leaves: Sequence[tuple[float, tuple[Step, ...]]]) -> Pair:
    """Return the summed interaction of `leaves`, on their own thresholds so that the table stays small."""
    first_cuts = _cuts([step for _, path in leaves for step in path if step.feature == first])
    second_cuts = _cuts([step for _, path in leaves for step in path if step.feature == second])
    if (len(first_cuts) + 1) * (len(second_cuts) + 1) > MOST_CELLS:
        raise CollapseError(f"a pair of columns makes more than {MOST_CELLS:,} cells")
    table = np.zeros((len(first_cuts) + 1, len(second_cuts) + 1))
    for value, path in leaves:
        table += value * np.outer(_centred(path, first, first_cuts)[1], _centred(path, second, second_cuts)[1])
    return Pair(first, second, first_cuts, second_cuts, table)


def _gather(pair: Pair, cuts: Sequence[np.ndarray]) -> _Gather:
    """Return `pair` with the intervals of the whole model led to its own."""
    row = np.searchsorted(pair.first_cuts, np.append(cuts[pair.first], np.nan))
    place = np.searchsorted(pair.second_cuts, np.append(cuts[pair.second], np.nan))
    return _Gather(pair.first, pair.second, row * pair.table.shape[1], place, pair.table.ravel() / 2)
