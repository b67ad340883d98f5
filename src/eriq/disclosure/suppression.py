"""Which cells go: small ones, and those that would give a small one away beside a total."""

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from eriq.disclosure.release import WITHHELD, count_words, min_people


def is_small(counts: NDArray[np.float64]) -> NDArray[np.bool_]:
    """Return true for counts of some people and fewer than may be told; an unknown count counts as small.

    >>> is_small(np.array([0, 4, 5, np.nan])).tolist()
    [False, True, False, True]
    """
    return np.asarray(np.isnan(counts) | ((counts > 0) & (counts < min_people())))


def with_company(counts: NDArray[np.float64]) -> tuple[NDArray[np.bool_], bool]:
    """Return which parts of a total are hidden, and whether the total may stand beside them.

    A part goes where one of its counts is small. One blank beside a total gives itself away by subtraction, so the
    next smallest parts go as well, until the blanks together leave room for doubt in every count. If they never do,
    the total has to go.

    Parameters
    ----------
    counts : ndarray of shape (n_parts, n_counts)
        What each part rests on; the first count puts parts in order.

    Returns
    -------
    hidden : ndarray of shape (n_parts,)
    total_may_show : bool

    Examples
    --------
    >>> with_company(np.array([[120.0], [3.0], [40.0]]))[0].tolist()
    [False, True, True]
    """
    hidden = np.asarray(is_small(counts).any(axis=1))

    def told_by_total() -> bool:
        lost = np.nansum(counts[hidden], axis=0)
        return bool(((lost > 0) & (lost < 2 * min_people())).any())

    for place in np.argsort(counts[:, 0], kind="stable"):
        if not told_by_total():
            break
        hidden[place] |= counts[place, 0] > 0
    return hidden, not told_by_total()


def hide_parts(counts: Sequence[int]) -> tuple[list[str], bool]:
    """Return the parts of a known total as they may be printed, and whether the total may stand beside them.

    Parameters
    ----------
    counts : sequence of int
        Parts of one total, none negative.

    Returns
    -------
    words : list of str
        One per part: the count, "<5", or "withheld".
    total_may_show : bool

    Examples
    --------
    >>> hide_parts([120, 3, 40])
    (['120', '<5', 'withheld'], True)
    >>> hide_parts([3]), hide_parts([0, 12])
    ((['<5'], False), (['0', '12'], True))
    """
    hidden, total_may_show = with_company(np.array(counts, "float64").reshape(-1, 1))
    gone = hidden & (np.array(counts) >= min_people())
    return [WITHHELD if h else count_words(n) for n, h in zip(counts, gone, strict=True)], total_may_show
