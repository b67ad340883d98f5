"""Loops over rows and trees, compiled by numba: the only door to it; see `eriq.model.forest` for what they do.

Rows are worked on in blocks, tree after tree, so that a tree and a block stay in the cache; the innermost loops run
over the rows of a block, one column at a time, which the compiler turns into vectors.
"""

# mypy: disable-error-code="no-untyped-def"
from typing import NamedTuple

import numpy as np
from numba import njit

from eriq.model.leaves import ZERO

BLOCK = 256
EVERY = np.uint64(2**64 - 1)
DE_BRUIJN_BITS = 0x03F79D71B4CB0A89
DE_BRUIJN = np.uint64(DE_BRUIJN_BITS)
LOWEST = np.empty(64, "int64")  # which bit is set, by the highest six bits of its product with that number
LOWEST[[(DE_BRUIJN_BITS << bit) % 2**64 >> 58 for bit in range(64)]] = np.arange(64)


class Splits(NamedTuple):
    """Of each split, tree after tree, shape (n_splits,)."""

    feature: np.ndarray  # column of the matrix
    threshold: np.ndarray  # the largest value that goes left
    missing: np.ndarray  # which values go the default way: 0 none, 1 zero, 2 those missing
    default_left: np.ndarray
    kept: np.ndarray  # bits of the leaves, from left to right, that remain for a row that goes right


class Leaves(NamedTuple):
    """Of each leaf, tree after tree, from left to right."""

    value: np.ndarray  # log-odds, shape (n_leaves,)
    slots: np.ndarray  # where the columns on its path begin, shape (n_leaves + 1,)
    tables: np.ndarray  # where its SHAP values begin: for each column, pattern by pattern; shape (n_leaves + 1,)


class Paths(NamedTuple):
    """Of each column on the path of each leaf, shape (n_slots,)."""

    column: np.ndarray
    share: np.ndarray  # of the training rows, those that follow the path on this column
    on_path: np.ndarray  # bits of the splits on it
    to_left: np.ndarray  # those of them that the path leaves to the left


class Tables(NamedTuple):
    """SHAP values of every pattern, and Shapley's weights, shape (widest + 1, widest)."""

    shap: np.ndarray
    weights: np.ndarray


class Lookups(NamedTuple):
    """Tables of one column and of pairs of columns, one after the other."""

    mains: np.ndarray  # by the bin of a column
    main: np.ndarray  # where those of each column begin
    pair: np.ndarray  # the two columns of each pair, shape (n_pairs, 2)
    begin: np.ndarray  # where each pair begins in each of the next three, shape (n_pairs, 3)
    row: np.ndarray  # bin of the first column -> where its row starts in the pair's table
    place: np.ndarray  # bin of the second -> place in that row
    half: np.ndarray  # the tables, halved: what each of the two columns gets


def compiled(function):
    """Return a function as machine code, kept for the next process where there is a place to keep it."""
    try:
        return njit(cache=True, nogil=True, error_model="numpy")(function)
    except RuntimeError:  # neither beside this file nor in the user's folder may be written
        return njit(nogil=True, error_model="numpy")(function)


@compiled
def goes_left(number, threshold, missing, default_left):
    """Return which side a value takes, as LightGBM decides it."""
    unknown = np.isnan(number)
    known = 0.0 if unknown else number
    default = (unknown and missing == 2) or (missing == 1 and -ZERO <= known <= ZERO)
    return default_left if default else known <= threshold


@compiled
def shapley(value, share, pattern, weights, sums, own):
    """Set `own` to the Shapley values of one leaf for one pattern.

    `sums` holds the coefficients of ``prod_k (r_k + i_k z)``: of ``z^s``, the sum over sets of s columns. Each column
    is divided out of it again from the highest power down, which adds no error, as shares are 1 at most.
    """
    width = len(share)
    sums[0] = 1.0
    for k in range(width):
        follows = (pattern >> k) & 1
        sums[k + 1] = 0.0
        for s in range(k + 1, 0, -1):
            sums[s] = sums[s] * share[k] + (sums[s - 1] if follows else 0.0)
        sums[0] *= share[k]
    for k in range(width):
        total = 0.0
        if (pattern >> k) & 1:
            without = sums[width]
            for s in range(width - 1, -1, -1):
                total += without * weights[s]
                without = sums[s] - share[k] * without
            own[k] = value * (1.0 - share[k]) * total
        else:
            for s in range(width):
                total += sums[s] * weights[s]
            own[k] = -value * total


@compiled
def margin(columns, splits, trees, value, lowest, out):
    """Add the value of each row's leaf of every tree, in the order of the trees.

    A split that a row leaves to the right rules out the leaves on its left; of those that remain the leftmost is the
    row's (Lucchese et al. 2015, QuickScorer, SIGIR). A multiplication finds the lowest bit.
    """
    n = columns.shape[1]
    remain = np.empty(BLOCK, np.uint64)
    for begin in range(0, n, BLOCK):
        rows = min(BLOCK, n - begin)
        for tree in range(len(trees) - 1):
            first, leaf = trees[tree]
            remain[:rows] = EVERY
            for k in range(first, trees[tree + 1, 0]):
                given, right = columns[splits.feature[k]], splits.kept[k]
                threshold, missing, default = splits.threshold[k], splits.missing[k], splits.default_left[k]
                for row in range(rows):
                    remain[row] &= EVERY if goes_left(given[begin + row], threshold, missing, default) else right
            for row in range(rows):
                bit = remain[row] & (~remain[row] + np.uint64(1))
                out[begin + row] += value[leaf + lowest[(bit * DE_BRUIJN) >> np.uint64(58)]]


@compiled
def contributions(columns, splits, trees, leaves, paths, tables, out):
    """Add the SHAP values of every leaf: which pattern a row makes on its path is a matter of bits."""
    n, widest = columns.shape[1], tables.weights.shape[1]
    sides, pattern = np.empty(BLOCK, np.uint64), np.empty(BLOCK, np.int64)
    own, sums = np.empty(widest), np.empty(widest + 1)
    for begin in range(0, n, BLOCK):
        rows = min(BLOCK, n - begin)
        for tree in range(len(trees) - 1):
            first, leaf = trees[tree]
            sides[:rows] = 0
            for k in range(first, trees[tree + 1, 0]):
                bit, given = np.uint64(1) << np.uint64(k - first), columns[splits.feature[k]]
                threshold, missing, default = splits.threshold[k], splits.missing[k], splits.default_left[k]
                for row in range(rows):
                    if goes_left(given[begin + row], threshold, missing, default):
                        sides[row] |= bit
            for one in range(leaf, trees[tree + 1, 1]):
                low, width = leaves.slots[one], leaves.slots[one + 1] - leaves.slots[one]
                pattern[:rows] = 0
                for j in range(width):
                    path, way = paths.on_path[low + j], paths.to_left[low + j]
                    for row in range(rows):
                        pattern[row] |= np.int64((sides[row] & path) == way) << j
                if leaves.tables[one + 1] > leaves.tables[one]:
                    for j in range(width):
                        table, sink = tables.shap[leaves.tables[one] + (j << width) :], out[paths.column[low + j]]
                        for row in range(rows):
                            sink[begin + row] += table[pattern[row]]
                else:  # a long path would need a large table
                    share, weights = paths.share[low : low + width], tables.weights[width]
                    for row in range(rows):
                        shapley(leaves.value[one], share, pattern[row], weights, sums, own)
                        for j in range(width):
                            out[paths.column[low + j], begin + row] += own[j]


@compiled
def fill(leaves, paths, tables):
    """Fill in the SHAP values of every pattern of the leaves that have a table."""
    own, sums = np.empty(tables.weights.shape[1]), np.empty(tables.weights.shape[1] + 1)
    for leaf in range(len(leaves.value)):
        low, width = leaves.slots[leaf], leaves.slots[leaf + 1] - leaves.slots[leaf]
        if leaves.tables[leaf + 1] > leaves.tables[leaf]:
            share, weights = paths.share[low : low + width], tables.weights[width]
            for pattern in range(1 << width):
                shapley(leaves.value[leaf], share, pattern, weights, sums, own)
                for j in range(width):
                    tables.shap[leaves.tables[leaf] + (j << width) + pattern] = own[j]


@compiled
def pair_contributions(bins, lookups, out):
    """Set what each column adds: its own table, then half of every pair it is in, in the order of the pairs."""
    width, n = bins.shape
    total = np.empty((width, BLOCK))
    for begin in range(0, n, BLOCK):
        rows = min(BLOCK, n - begin)
        for column in range(width):
            own, sink, mine = lookups.mains[lookups.main[column] :], total[column], bins[column]
            for row in range(rows):
                sink[row] = own[mine[begin + row]]
        for pair in range(len(lookups.pair)):
            first, second = lookups.pair[pair]
            starts, places = lookups.row[lookups.begin[pair, 0] :], lookups.place[lookups.begin[pair, 1] :]
            half, a, b = lookups.half[lookups.begin[pair, 2] :], bins[first], bins[second]
            one, other = total[first], total[second]
            for row in range(rows):
                value = half[starts[a[begin + row]] + places[b[begin + row]]]
                one[row] += value
                other[row] += value
        for row in range(rows):
            for column in range(width):
                out[begin + row, column] = total[column, row]
