"""What can be said of a gap between groups: four verdicts, and how many people it would take to tell."""

import math

from scipy.stats import norm

SHOWN, NONE = "gap shown", "no gap shown"
FEW, NOT = "insufficient evidence", "not assessable"
VERDICTS = (SHOWN, FEW, NOT, NONE)  # from what asks for most attention
MOST = 1e9  # people that are ever said to be needed
POWER = 0.8  # with which groups that are alike are to be found so


def verdict_of(low: float, high: float, tolerance: float) -> str:
    """Return what the simultaneous interval of a gap says.

    An interval within the tolerance shows that the gap is no larger than was declared to be small, also where it leaves
    0 out: with people enough any gap can be told from 0. An interval that leaves 0 out and reaches beyond the tolerance
    shows a gap. Every other interval is too wide to tell, however few people it comes from.

    Parameters
    ----------
    low, high : float
        Limits of the interval; NaN where there is none.
    tolerance : float
        The gap, to either side, up to which groups count as alike; declared in advance.

    Examples
    --------
    >>> [verdict_of(*ends, tolerance=0.05) for ends in ((-0.04, 0.03), (0.01, 0.04), (0.01, 0.08), (-0.2, 0.3))]
    ['no gap shown', 'no gap shown', 'gap shown', 'insufficient evidence']
    >>> verdict_of(math.nan, math.nan, tolerance=0.05)
    'not assessable'
    """
    if math.isnan(low) or math.isnan(high):
        return NOT
    if -tolerance < low and high < tolerance:
        return NONE
    return SHOWN if low > 0 or high < 0 else FEW


def people_needed(people: int, se: float, width: float, tolerance: float) -> int:
    """Return how many people a group needs, the rest growing alike, to be found alike four times in five if it is.

    Then the interval of a gap of 0 has to end within the tolerance on both sides, each of which it does nine times in
    ten. Rounded up to two digits.

    >>> people_needed(100, se=0.05, width=3.0, tolerance=0.05)
    1900
    """
    needed = min(people * (se * (width + float(norm.ppf((1 + POWER) / 2))) / tolerance) ** 2, MOST)
    step = 10.0 ** max(math.floor(math.log10(needed)) - 1, 0)
    return int(math.ceil(needed / step) * step)
