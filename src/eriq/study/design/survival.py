"""Kaplan-Meier, for entries and for the end of follow-up."""

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

Floats = npt.NDArray[np.float64]


@dataclass(frozen=True, slots=True, eq=False)
class Curve:
    """The share that is left after each day; it falls on the days in `days` and stays in between."""

    days: Floats  # (k,), rising
    left: Floats  # (k,), the share left after that day

    def after(self, day: npt.ArrayLike) -> Floats:
        """Return the share left after a day.

        >>> kaplan_meier(np.array([1, 2, 2]), np.array([True, True, False])).after([0, 1, 2]).round(4).tolist()
        [1.0, 0.6667, 0.3333]
        """
        return self._left[np.searchsorted(self.days, np.asarray(day), side="right")]

    def before(self, day: npt.ArrayLike) -> Floats:
        """Return the share left just before a day: what falls on the day itself does not count.

        >>> kaplan_meier(np.array([1, 2, 2]), np.array([True, True, False])).before([1, 2, 3]).round(4).tolist()
        [1.0, 0.6667, 0.3333]
        """
        return self._left[np.searchsorted(self.days, np.asarray(day), side="left")]

    @property
    def _left(self) -> Floats:
        return np.concatenate([[1.0], self.left])


def kaplan_meier(days: npt.ArrayLike, event: npt.ArrayLike) -> Curve:
    """Return the share without an event by day; who is censored on a day was at risk on it.

    Parameters
    ----------
    days : array-like of shape (n,)
        To the event or the end of follow-up.
    event : array-like of shape (n,)
        Whether it was the event.

    Raises
    ------
    ValueError
        If there are no rows.

    References
    ----------
    Kaplan and Meier (1958), Journal of the American Statistical Association 53, 457-481.
    """
    when, count, total = _tallies(days, event)
    at_risk = np.cumsum(total[::-1])[::-1]
    return _product(when, count, at_risk)


def censoring_curve(days: npt.ArrayLike, event: npt.ArrayLike) -> Curve:
    """Return the share still followed by day; whose event came on a day was not at risk of censoring on it.

    An event is seen if follow-up reaches its day, so of an event and an end of follow-up on one day the event is first.

    Parameters and errors as in `kaplan_meier`.

    Examples
    --------
    >>> float(censoring_curve([5, 5, 9], [True, False, False]).after(5))
    0.5
    """
    when, censored, total = _tallies(days, ~np.asarray(event, dtype=bool))
    at_risk = np.cumsum(total[::-1])[::-1] - (total - censored)
    return _product(when, censored, at_risk)


def _tallies(days: npt.ArrayLike, event: npt.ArrayLike) -> tuple[Floats, Floats, Floats]:
    """Return distinct days, and how many events and how many rows fall on each."""
    given, happened = np.asarray(days, dtype=np.float64), np.asarray(event, dtype=bool)
    if not len(given):
        raise ValueError("there are no rows")
    when, place = np.unique(given, return_inverse=True)
    return when, np.bincount(place, happened).astype(np.float64), np.bincount(place).astype(np.float64)


def _product(when: Floats, count: Floats, at_risk: Floats) -> Curve:
    falls = count > 0
    return Curve(when[falls], np.cumprod(1 - count[falls] / at_risk[falls], dtype=np.float64))
