"""Which contender is saved, and whether it is worth saving."""

from collections.abc import Sequence

import numpy as np

from eriq.errors import ConfigError
from eriq.study.comparison.out_of_fold import OutOfFold
from eriq.study.design.contender import Contender
from eriq.study.evaluation.bootstrap import Replicates
from eriq.study.learning.estimators import ESTIMATORS
from eriq.study.learning.training import margin_loss

# A bootstrap of fixed forecasts does not see that folds train each other. Where two contenders are about as good, which
# is where a tie matters, what it misses varies as much as what it sees: see docs/method.md on the verdict.
REFITTED = 2**0.5


def choose(contenders: Sequence[Contender], made: Replicates, choose_from: Sequence[str] = ()) -> Contender:
    """Return the contender to save: lowest out-of-fold log loss on the block of the config, ties to the simpler way.

    Without `choose_from` the block is the largest one: what is asked is decided before looking, and that a smaller
    block did as well by chance is no reason to drop questions. A tie is a paired difference from the best within one
    standard error of it, refitting included, and only between estimators on the same columns. Left out are the
    yardstick of prevalence, estimators that cannot be saved without pickle, blocks that need earlier waves, and those
    with columns kept for audit.

    Parameters
    ----------
    contenders : sequence of Contender
    made : Replicates
        With their log loss, in the same order.
    choose_from : sequence of str
        Blocks the saved model may use; none: the one with most columns.

    Raises
    ------
    ConfigError
        When nobody is left.

    References
    ----------
    Breiman, Friedman, Olshen and Stone (1984), Classification and Regression Trees, section 3.4.3.
    """
    able = [place for place, c in enumerate(contenders) if _can_be_saved(c, choose_from)]
    if not able:
        raise ConfigError("no contender can be saved: name an estimator such as logistic, or check choose_from")
    if not choose_from:
        largest = max(able, key=lambda place: len(contenders[place].columns))  # the first of several
        able = [place for place in able if contenders[place].columns == contenders[largest].columns]
    loss = made.place("log_loss")
    estimate, draws = made.estimate[loss], made.draws[loss][made.usable]
    best = min(able, key=lambda place: estimate[place])

    def tied(place: int) -> bool:
        error = REFITTED * float((draws[:, place] - draws[:, best]).std())
        same = contenders[place].columns == contenders[best].columns
        return same and bool(estimate[place] - estimate[best] <= error)

    same = [place for place in able if tied(place)]
    return contenders[
        min(same, key=lambda place: (ESTIMATORS[contenders[place].estimator].simplicity, estimate[place]))
    ]


def why_not(held: OutOfFold, log_odds: np.ndarray) -> str:
    """Return why forecasts are not worth saving, or nothing: those of the overall rate must be worse.

    Parameters
    ----------
    held : OutOfFold
        Whose folds the forecasts are from; the rate is that of each fold's training rows.
    log_odds : ndarray of shape (n_rows,)
        As the saved model would give them; NaN where no fold tested.
    """
    total, count = np.zeros(len(log_odds)), np.zeros(len(log_odds))
    design = held.design
    weight = np.ones(len(log_odds)) if design.weight is None else design.weight
    for fold in held.folds:
        total[fold.test] += np.average(design.outcome[fold.train], weights=weight[fold.train])
        count[fold.test] += 1
    rows = np.flatnonzero((count > 0) & ~np.isnan(log_odds) & design.known)
    outcome, rate = design.outcome[rows], total[rows] / count[rows]
    plain = float(np.average(margin_loss(outcome, np.log(rate / (1 - rate))), weights=weight[rows]))
    loss = float(np.average(margin_loss(outcome, log_odds[rows]), weights=weight[rows]))
    if loss < plain:
        return ""
    return (
        f"its log loss on people it was not fitted on is {loss:.4f}, and that of the overall rate for everyone "
        f"{plain:.4f}: it tells nothing that can be used"
    )


def savable(contender: Contender) -> bool:
    """Return whether a contender may be saved, and not only compared: its estimator, and what it knows, allow it."""
    return ESTIMATORS[contender.estimator].savable and not contender.compared_only


def _can_be_saved(contender: Contender, choose_from: Sequence[str]) -> bool:
    return (
        savable(contender)
        and contender.estimator != "prevalence"
        and (not choose_from or contender.block in choose_from)
    )
