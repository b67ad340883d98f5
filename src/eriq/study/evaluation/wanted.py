"""What a bootstrap is to measure: names of measures, capacities and thresholds."""

from dataclasses import dataclass
from typing import NamedTuple

RANKED = ("auc", "average_precision")
LISTED = ("precision", "recall", "lift")
AVERAGED = ("log_loss", "brier")


class Measure(NamedTuple):
    """What is measured, and where on a scale if it has one: ("auc", None), ("precision", "10%")."""

    name: str
    at: str | None = None


@dataclass(frozen=True, slots=True)
class Wanted:
    """What a bootstrap is to measure; what is not wanted is not computed.

    A capacity is a share of the rows, not rounded, or a number of rows, at most all; each one gives precision, recall
    and lift of the list that fills it. Each threshold gives the net benefit of acting from that forecast on.

    Raises
    ------
    ValueError
        If nothing is wanted, a measure is not known, or a capacity or threshold is out of range.

    Examples
    --------
    >>> [*Wanted(("auc",), shares=(0.1,)).measured]  # doctest: +NORMALIZE_WHITESPACE
    [Measure(name='auc', at=None), Measure(name='precision', at='10%'), Measure(name='recall', at='10%'),
     Measure(name='lift', at='10%')]
    """

    measures: tuple[str, ...] = (*RANKED, *AVERAGED)
    shares: tuple[float, ...] = ()  # in (0, 1]
    numbers: tuple[int, ...] = ()  # from 1 on
    thresholds: tuple[float, ...] = ()  # in (0, 1)

    def __post_init__(self) -> None:
        if unknown := sorted(set(self.measures) - {*RANKED, *AVERAGED}):
            raise ValueError(f"measures are {', '.join((*RANKED, *AVERAGED))}, not {', '.join(unknown)}")
        if not all(0 < share <= 1 for share in self.shares) or not all(number >= 1 for number in self.numbers):
            raise ValueError("capacities must be shares in (0, 1] or numbers from 1 on")
        if not all(0 < threshold < 1 for threshold in self.thresholds):
            raise ValueError("thresholds must lie between 0 and 1")
        if not self.measured:
            raise ValueError("nothing is wanted of the bootstrap")

    @property
    def ranked(self) -> tuple[Measure, ...]:
        """What needs the rows in the order of the forecast."""
        capacities = [share_label(share) for share in self.shares] + [str(number) for number in self.numbers]
        listed = (Measure(name, capacity) for name in LISTED for capacity in capacities)
        return (*(Measure(name) for name in RANKED if name in self.measures), *listed)

    @property
    def averaged(self) -> tuple[Measure, ...]:
        """What is a mean over the rows."""
        benefits = (Measure("net_benefit", f"{threshold:g}") for threshold in self.thresholds)
        return (*(Measure(name) for name in AVERAGED if name in self.measures), *benefits)

    @property
    def measured(self) -> tuple[Measure, ...]:
        """Every measure, in the order in which tables have them."""
        return self.ranked + self.averaged


def share_label(share: float) -> str:
    """Return a share of the rows as the tables write it.

    >>> share_label(0.1), share_label(0.125)
    ('10%', '12.5%')
    """
    return f"{100 * share:g}%"
