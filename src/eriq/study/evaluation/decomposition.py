"""What each block of information adds, averaged over every order in which blocks could be added.

The gain from the questionnaire depends on what is already there. The Shapley value of a block is its
mean gain over all orders; the values of all blocks add up to the gain of everything over nothing.
"""

from collections.abc import Mapping, Sequence
from itertools import combinations
from math import factorial

import numpy as np
import numpy.typing as npt
import pandas as pd

from eriq.study.evaluation.bootstrap import Replicates
from eriq.study.evaluation.intervals import percentiles

FloatArray = npt.NDArray[np.float64]

LOWER_IS_BETTER = ("log_loss", "brier")


def shapley(
    blocks: Sequence[str], value: Mapping[frozenset[str], float | np.floating | FloatArray]
) -> dict[str, FloatArray]:
    """Return the Shapley value of each block, exactly, from the value of every subset.

    Parameters
    ----------
    blocks : sequence of str
        The k blocks.
    value : mapping of frozenset of str to float or ndarray of shape (R,)
        What each of the 2^k subsets reaches, the empty one included; arrays hold one value per
        replicate. More is better. Other keys are not looked at.

    Returns
    -------
    dict of str to ndarray
        Shape () for numbers, (R,) for arrays; over the blocks they add up to full less empty.

    Raises
    ------
    ValueError
        If a block is named twice or a subset has no value.

    References
    ----------
    Shapley (1953), A value for n-person games, Contributions to the Theory of Games II, 307-317.

    Examples
    --------
    >>> auc = {frozenset(): 0.5, frozenset({"client"}): 0.6, frozenset({"register"}): 0.7}
    >>> auc[frozenset({"client", "register"})] = 0.75
    >>> {block: round(float(gain), 3) for block, gain in shapley(["client", "register"], auc).items()}
    {'client': 0.075, 'register': 0.175}
    """
    if len(set(blocks)) != len(blocks):
        raise ValueError("a block is named twice")
    subsets = [frozenset(some) for size in range(len(blocks) + 1) for some in combinations(blocks, size)]
    if missing := sum(subset not in value for subset in subsets):
        raise ValueError(f"{missing} of the {len(subsets)} subsets of {len(blocks)} blocks have no value")
    worth = {subset: np.asarray(value[subset], dtype=np.float64) for subset in subsets}
    gains: dict[str, FloatArray] = {}
    for block in blocks:
        gain = np.zeros_like(worth[frozenset()])
        for before in (subset for subset in subsets if block not in subset):
            # The share of all orders in which exactly `before` stands ahead of `block`.
            orders = factorial(len(before)) * factorial(len(blocks) - len(before) - 1) / factorial(len(blocks))
            gain = gain + orders * (worth[before | {block}] - worth[before])
        gains[block] = gain
    return gains


def decompose(
    replicates: Replicates,
    names: Sequence[str],
    names_by_subset: Mapping[frozenset[str], str],
    measure: str = "auc",
    level: float = 0.95,
) -> pd.DataFrame:
    """Return how much each block adds to `measure`, with percentile intervals.

    Positive means better also where a low score is good: for log loss and Brier the sign is turned.

    Parameters
    ----------
    replicates : Replicates
        As `bootstrap` returns it.
    names : sequence of str
        One name per contender, in the order of the columns.
    names_by_subset : mapping of frozenset of str to str
        The contender of each subset of the blocks, the empty one included.
    measure : str
        Name of one of `replicates.measures`.
    level : float
        As in `summarise`.

    Returns
    -------
    DataFrame
        Columns block, measure, estimate, low, high; blocks in alphabetical order.

    Raises
    ------
    ValueError
        If a subset or its contender is missing, or the measure was not computed.

    Examples
    --------
    >>> from eriq.study.evaluation.bootstrap import bootstrap
    >>> forecast = [[0.5, 0.2], [0.5, 0.7], [0.5, 0.6], [0.5, 0.6]]
    >>> made = bootstrap([0, 1, 0, 1], forecast, [1, 2, 3, 4], replicates=50, seed=1)
    >>> subsets = {frozenset(): "nobody", frozenset({"belief"}): "belief"}
    >>> decompose(made, ["nobody", "belief"], subsets).drop(columns="low")
        block measure  estimate  high
    0  belief     auc     0.375   0.5
    """
    if len(names) != replicates.estimate.shape[1]:
        raise ValueError(f"{replicates.estimate.shape[1]} names are needed, got {len(names)}")
    column = {name: position for position, name in enumerate(names)}
    if unknown := sum(name not in column for name in names_by_subset.values()):
        raise ValueError(f"{unknown} subset(s) name a contender that is not there")
    sign = -1.0 if measure in LOWER_IS_BETTER else 1.0
    row = replicates.place(measure)
    blocks = sorted(frozenset().union(*names_by_subset))
    # The sample itself goes first, its replicates follow.
    reached = sign * np.vstack([replicates.estimate[row], replicates.draws[row][replicates.usable]])
    gains = shapley(blocks, {subset: reached[:, column[name]] for subset, name in names_by_subset.items()})
    table = np.column_stack([gains[block] for block in blocks])
    low, high = percentiles(table[None, 1:], level)
    return pd.DataFrame(
        {"block": blocks, "measure": measure, "estimate": table[0], "low": low[0], "high": high[0]},
    )
