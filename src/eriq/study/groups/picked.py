"""Who would be picked: from one end of the forecasts, from the other, or from the middle."""

from dataclasses import dataclass

import numpy as np
from scipy.stats import rankdata

from eriq.config import Capacity, Groups, Pick
from eriq.study.evaluation.decisions import flagged

WORDS = {"highest": "the highest forecasts", "lowest": "the lowest forecasts", "middle": "forecasts in the middle"}


@dataclass(frozen=True, slots=True)
class Rule:
    """A declared rule for who is picked, and the threshold of the net benefit."""

    pick: Pick
    share: float  # room, as a share of the rows; not used where there are thresholds
    thresholds: tuple[float, ...]
    benefit_threshold: float

    @property
    def words(self) -> str:
        """The rule in words."""
        if not self.thresholds:
            return f"the {100 * self.share:g} % of questionnaires with {WORDS[self.pick]}"
        ends = " to ".join(f"{100 * t:g} %" for t in self.thresholds)
        side = {"highest": " or more", "lowest": " or less", "middle": ""}[self.pick]
        return f"questionnaires with a forecast of {ends}{side}"

    @property
    def at(self) -> str:
        """Where the rule cuts, as tables write it."""
        return " to ".join(f"{t:g}" for t in self.thresholds) if self.thresholds else f"{100 * self.share:g}%"


def rule_of(groups: Groups, capacity: Capacity) -> Rule:
    """Return who is picked: by the thresholds of the config, its share, or the middle one of its capacities.

    >>> rule_of(Groups(), Capacity()).words
    'the 10 % of questionnaires with the highest forecasts'
    """
    share = groups.share or _middle(capacity.shares) or 0.10
    return Rule(groups.pick, share, groups.thresholds, groups.benefit_threshold or _middle(capacity.thresholds) or 0.10)


def picked(probability: np.ndarray, rule: Rule, weights: np.ndarray | None = None) -> np.ndarray:
    """Return how much of each row is picked, of shape (n,): 1, 0, or a share where rows tie at the cut.

    >>> rule = Rule("middle", 0.5, (), 0.1)
    >>> picked(np.array([0.1, 0.2, 0.3, 0.9]), rule).tolist()
    [0.0, 1.0, 1.0, 0.0]
    """
    if not rule.thresholds:
        return flagged(order_of(probability, rule.pick), rule.share, weights)
    low, high = {
        "highest": (rule.thresholds[0], 1.0),
        "lowest": (0.0, rule.thresholds[0]),
        "middle": (rule.thresholds[0], rule.thresholds[-1]),
    }[rule.pick]
    return ((probability >= low) & (probability <= high)).astype(np.float64)


def case_of(outcome: np.ndarray, pick: Pick) -> np.ndarray:
    """Return who should have been picked: with the outcome from the top of the list, without it from elsewhere."""
    return outcome.astype(np.float64) if pick == "highest" else 1.0 - outcome


def benefit(outcome: np.ndarray, probability: np.ndarray, rule: Rule) -> np.ndarray:
    """Return what each row adds to the net benefit of acting from the threshold on, upwards or downwards.

    References
    ----------
    Vickers and Elkin (2006), Medical Decision Making 26, 565-574.
    """
    t = rule.benefit_threshold
    if rule.pick == "lowest":  # acting on the others from 1 - t on
        outcome, probability, t = 1 - outcome, 1 - probability, 1 - t
    return np.asarray((probability >= t) * (outcome - (1 - outcome) * t / (1 - t)), dtype=np.float64)


def order_of(probability: np.ndarray, pick: Pick) -> np.ndarray:
    """Return a score whose highest values are picked first."""
    if pick == "middle":
        place = rankdata(probability)
        return np.asarray(-np.abs(place - (len(place) + 1) / 2))
    return probability if pick == "highest" else -probability


def _middle(values: tuple[float, ...]) -> float | None:
    return sorted(values)[len(values) // 2] if values else None
