"""Boosted trees of any depth as flat arrays: the library's margins to the last bit, and its SHAP values.

A leaf of value w is a game: with ``i_j`` whether a row follows the path on its j-th column, and ``r_j`` the share of
the training rows (cover) that do, ``v(S) = w prod_{j in S} i_j prod_{j not in S} r_j``. Its Shapley values depend on
the row only through the d bits ``i``, so they are worked out once for each of the ``2^d`` patterns of a leaf, and a row
costs one look-up a leaf (the second algorithm of Yang 2021, "Fast TreeSHAP", arXiv 2109.09847).
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise
from math import factorial
from typing import TYPE_CHECKING, Any

import numpy as np

from eriq.model.leaves import CollapseError, Step, constant, steps_of

if TYPE_CHECKING:
    from eriq.model.kernels import Leaves, Paths, Splits, Tables

MOST_NODES = 63  # splits of a tree: their outcomes are bits of one word
WIDEST = 9  # columns on a path that has a table; the values of longer ones are worked out row by row
MOST_CELLS = 8_000_000  # numbers in all tables together (64 MB): of large models only shorter paths have one
MISSING = {"None": 0, "Zero": 1, "NaN": 2}


@dataclass(frozen=True, slots=True, eq=False)
class Forest:
    """A sum of trees of numeric splits.

    Attributes
    ----------
    splits, leaves, paths, tables
        See `eriq.model.kernels`.
    trees : ndarray of shape (n_trees + 1, 2)
        Where the splits and the leaves of each tree begin.
    expected : float
        The expected margin over the training rows (cover-weighted), in log-odds.
    n_columns : int
    """

    splits: "Splits"
    leaves: "Leaves"
    paths: "Paths"
    tables: "Tables"
    trees: np.ndarray
    expected: float
    n_columns: int

    @classmethod
    def of(cls, dump: Mapping[str, Any]) -> "Forest":
        """Return the flat arrays of what ``Booster.dump_model()`` of LightGBM returns.

        Raises
        ------
        CollapseError
            If a tree splits by category, has more than `MOST_NODES` splits or linear leaves, if trees are averaged or
            outputs several.
        """
        from eriq.model import kernels  # loads numba

        if dump["num_tree_per_iteration"] != 1 or dump.get("average_output"):
            raise CollapseError("only one output that is a sum of trees can be flattened")
        grown = _Grown()
        for tree in dump["tree_info"]:
            grown.add(tree["tree_structure"])
        slots = np.cumsum([0, *grown.widths])
        starts = np.cumsum([0, *_sizes(grown.widths)])
        leaves = kernels.Leaves(np.array(grown.value, "float64"), slots, starts)
        paths = kernels.Paths(
            np.array(grown.column, "int32"),
            np.array(grown.share, "float64"),
            np.array(grown.on_path, "uint64"),
            np.array(grown.to_left, "uint64"),
        )
        tables = kernels.Tables(np.empty(starts[-1]), _weights(max(grown.widths, default=0)))
        kernels.fill(leaves, paths, tables)
        whole = [np.prod(paths.share[a:b]) for a, b in pairwise(slots)]
        return cls(
            kernels.Splits(*(np.array([split[k] for split in grown.splits], kind) for k, kind in enumerate(_KINDS))),
            leaves,
            paths,
            tables,
            np.array(grown.trees, "int64"),
            expected=float(leaves.value @ np.array(whole, "float64")),
            n_columns=dump["max_feature_idx"] + 1,
        )

    def margin(self, matrix: np.ndarray) -> np.ndarray:
        """Return the log-odds of each row, added up in the order of the library."""
        from eriq.model import kernels

        out = np.zeros(len(matrix))
        kernels.margin(self._columns(matrix), self.splits, self.trees, self.leaves.value, kernels.LOWEST, out)
        return out

    def contributions(self, matrix: np.ndarray) -> np.ndarray:
        """Return path-dependent SHAP values, shape (n_rows, n_columns + 1); the last column is the expected margin.

        References
        ----------
        Lundberg et al. (2020), Nature Machine Intelligence 2, 56-67; Yang (2021), arXiv 2109.09847.
        """
        from eriq.model import kernels

        out = np.zeros((self.n_columns + 1, len(matrix)))
        out[-1] = self.expected
        kernels.contributions(self._columns(matrix), self.splits, self.trees, self.leaves, self.paths, self.tables, out)
        return np.ascontiguousarray(out.T)

    def _columns(self, matrix: np.ndarray) -> np.ndarray:
        if matrix.ndim != 2 or matrix.shape[1] != self.n_columns:
            raise ValueError(f"the matrix needs {self.n_columns} columns and has shape {matrix.shape}")
        return np.ascontiguousarray(matrix.T, dtype="float64")


_KINDS = ("int32", "float64", "uint8", "bool", "uint64")  # of the five numbers of a split


class _Grown:
    """Trees read one after the other."""

    def __init__(self) -> None:
        self.splits: list[list[Any]] = []
        self.value: list[float] = []
        self.widths: list[int] = []  # columns on the path of each leaf
        self.column: list[int] = []
        self.share: list[float] = []  # of the training rows, those that follow a path on a column
        self.on_path: list[int] = []
        self.to_left: list[int] = []
        self.trees: list[tuple[int, int]] = [(0, 0)]

    def add(self, root: Mapping[str, Any]) -> None:
        """Read one tree."""
        self._node(root, ())
        if len(self.splits) - self.trees[-1][0] > MOST_NODES:
            raise CollapseError(f"a tree has more than {MOST_NODES} splits")
        self.trees.append((len(self.splits), len(self.value)))

    def _node(self, node: Mapping[str, Any], path: tuple[tuple[int, Step], ...]) -> None:
        if "split_feature" not in node:
            self._leaf(constant(node), path)
            return
        left, right = steps_of(node)
        if left.names is not None:
            raise CollapseError("a split by category is followed by the library alone")
        first_split, first_leaf = self.trees[-1]
        split = [left.feature, left.threshold, MISSING[left.missing], left.default_left, 0]
        bit, begin = len(self.splits) - first_split, len(self.value) - first_leaf
        self.splits.append(split)
        self._node(node["left_child"], (*path, (bit, left)))
        end = len(self.value) - first_leaf
        split[4] = 2**64 - 1 - ((1 << end) - (1 << begin))
        self._node(node["right_child"], (*path, (bit, right)))

    def _leaf(self, value: float, path: tuple[tuple[int, Step], ...]) -> None:
        self.value.append(value)
        columns = sorted({step.feature for _, step in path})
        self.widths.append(len(columns))
        for column in columns:
            own = [(bit, step) for bit, step in path if step.feature == column]
            self.column.append(column)
            self.share.append(float(np.prod([step.share for _, step in own])))
            self.on_path.append(sum(1 << bit for bit, _ in own))
            self.to_left.append(sum(1 << bit for bit, step in own if step.left))


def _sizes(widths: Sequence[int]) -> list[int]:
    """Return the numbers in the table of each leaf; none where its path is too long for one."""
    for widest in range(WIDEST, -1, -1):
        sizes = [width << width if width <= widest else 0 for width in widths]
        if sum(sizes) <= MOST_CELLS:
            break
    return sizes


def _weights(most: int) -> np.ndarray:
    """Return Shapley's weights: of s others among d columns, ``s! (d - 1 - s)! / d!``, shape (most + 1, most)."""
    weights = np.zeros((most + 1, max(most, 1)))
    for d in range(1, most + 1):
        weights[d, :d] = [factorial(s) * factorial(d - 1 - s) / factorial(d) for s in range(d)]
    return weights
