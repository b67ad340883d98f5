"""What the caseworker's belief adds: questionnaires with it, without it, and it alone."""

from collections.abc import Sequence
from dataclasses import replace

import numpy as np
import pandas as pd

from eriq.features import Feature
from eriq.study.comparison.out_of_fold import OutOfFold
from eriq.study.design.contender import Contender
from eriq.study.design.design import Design
from eriq.study.evaluation.intervals import one_measure
from eriq.study.explanation.explained import Contributions, Explained
from eriq.study.learning.queue import HERE, Queue
from eriq.study.learning.training import Begun, Learning, begin

SHARE_WORDS = "mean over rows of |belief| / sum of |all|; low and high are the 10 % and 90 % rows"


def begin_belief(explained: Explained, item: str, queue: Queue = HERE) -> tuple[Begun, Begun]:
    """Give the fits with, without and only the belief to a queue: of answers as they are, and within caseworkers.

    Parameters
    ----------
    explained : Explained
    item : str
        Code of the question.
    queue : Queue, optional
    """
    e = explained
    plain, centred = _questions(e.features)
    learning = Learning(e.features, e.experiment.seed, e.experiment.tuning)
    within = within_caseworker(e.design, f"belief.{item}")
    return begin(plain, e.design, e.folds, learning, queue), begin(centred, within, e.folds, learning, queue)


def belief(explained: Explained, found: Contributions, begun: tuple[Begun, Begun]) -> pd.DataFrame:
    """Return the belief question answered directly, each AUC on the same folds.

    Parameters
    ----------
    explained : Explained
    found : Contributions
    begun : tuple of Begun
        What `begin_belief` returned.
    """
    e, plan = explained, explained.experiment.intervals
    contenders = tuple(c for some in begun for c in some.contenders)
    columns = np.column_stack([some.pooled() for some in begun])
    tested = OutOfFold(contenders, e.design, columns, e.folds).forecasts()
    table = one_measure(tested, "auc", replicates=plan.replicates, seed=e.experiment.seed, level=plan.level)
    table = table.rename(columns={"contender": "question", "estimate": "value"}).drop(columns="replicates")
    return pd.concat([table.assign(words="AUC"), _share(found.model, e.used)], ignore_index=True)


def _questions(features: Sequence[Feature]) -> tuple[list[Contender], list[Contender]]:
    """Return what is asked of the answers as they are, and with each caseworker's mean taken off the belief."""
    names = tuple(f.name for f in features if f.part in ("belief", "caseworker_rest", "client"))
    alone = tuple(f.name for f in features if f.part == "belief")
    rest = tuple(name for name in names if name not in alone)
    plain = [
        Contender("questionnaire with the belief", "questionnaire", "logistic", names),
        Contender("questionnaire without the belief", "without", "logistic", rest),
        Contender("only the belief, as rates per answer", "belief", "level_rates", alone),
        Contender("only the belief, linear", "belief", "logistic", alone),
    ]
    centred = [
        Contender("only the belief, caseworker's mean removed", "within", "logistic", alone),
        Contender("questionnaire, caseworker's mean removed from the belief", "within", "logistic", names),
    ]
    return plain, centred


def _share(values: np.ndarray, used: Sequence[Feature]) -> pd.DataFrame:
    """Return how much of a prediction is belief."""
    part = np.abs(values[:, [f.part == "belief" for f in used]].sum(axis=1))
    share = part / np.maximum(np.abs(values).sum(axis=1), 1e-12)
    low, high = np.quantile(share, [0.1, 0.9])
    row = {"question": "share of a prediction that is belief", "value": share.mean(), "low": low, "high": high}
    return pd.DataFrame([row]).assign(words=SHARE_WORDS)


def within_caseworker(design: Design, column: str) -> Design:
    """Return the design with each caseworker's mean taken off `column`.

    What remains compares clients of one caseworker, so that optimism of the rater drops out. The
    mean is over answers, not outcomes; a caseworker of one client keeps no difference at all.
    """
    rater = design.rows["caseworker_id"].fillna("").reset_index(drop=True)
    value = design.matrix[column]
    centred = value - value.groupby(rater.to_numpy()).transform("mean")
    return replace(design, matrix=design.matrix.assign(**{column: centred}))
