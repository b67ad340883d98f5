"""Which contender is saved."""

from collections.abc import Sequence

from eriq.errors import ConfigError
from eriq.study.design.contender import Contender
from eriq.study.evaluation.bootstrap import Replicates
from eriq.study.learning.estimators import ESTIMATORS


def choose(contenders: Sequence[Contender], made: Replicates, choose_from: Sequence[str] = ()) -> Contender:
    """Return the contender to save: lowest out-of-fold log loss, ties to the simpler.

    A tie is a paired difference from the best within one bootstrap standard error of it. Left
    out are the yardstick of prevalence, estimators that cannot be saved without pickle, blocks
    that need the client's earlier waves, and those with columns kept for audit.

    Parameters
    ----------
    contenders : sequence of Contender
    made : Replicates
        With their log loss, in the same order.
    choose_from : sequence of str
        Blocks the saved model may use; none: all.

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
    loss = made.place("log_loss")
    estimate, draws = made.estimate[loss], made.draws[loss][made.usable]
    best = min(able, key=lambda place: estimate[place])
    behind = {place: estimate[place] - estimate[best] for place in able}
    tied = [place for place in able if behind[place] <= float((draws[:, place] - draws[:, best]).std())]

    def simplicity(place: int) -> tuple[int, int, float]:
        contender = contenders[place]
        return ESTIMATORS[contender.estimator].simplicity, len(contender.columns), behind[place]

    return contenders[min(tied, key=simplicity)]


def savable(contender: Contender) -> bool:
    """Return whether a contender may be saved, and not only compared: its estimator, and what it knows, allow it."""
    return ESTIMATORS[contender.estimator].savable and not contender.compared_only


def _can_be_saved(contender: Contender, choose_from: Sequence[str]) -> bool:
    return (
        savable(contender)
        and contender.estimator != "prevalence"
        and not any(name.startswith("changes.") for name in contender.columns)
        and (not choose_from or contender.block in choose_from)
    )
