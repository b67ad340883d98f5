"""How much of the declared gain rests on one item: the same comparison without its strongest one.

A gain that one item carries alone may be real, as a caseworker's forecast can be; it may also be an item that was
written down, or changed, when the outcome was known. No forecast tells the two apart, so the item is named.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np

from eriq.config import Experiment
from eriq.features import Feature
from eriq.features.matrix import to_matrix
from eriq.features.sensitive import SENSITIVE_LABEL
from eriq.model.calibrator import Calibrator
from eriq.study.comparison.out_of_fold import OutOfFold
from eriq.study.comparison.verdict import headline_pair
from eriq.study.design.contender import Contender
from eriq.study.design.design import Design
from eriq.study.design.folds import Fold
from eriq.study.evaluation.intervals import differences
from eriq.study.evaluation.wanted import Wanted
from eriq.study.learning.estimators import ESTIMATORS
from eriq.study.learning.final import as_model
from eriq.study.learning.progress import Progress, silent
from eriq.study.learning.queue import HERE, Given, Queue, Shared
from eriq.study.learning.training import Learning, columns_of, fit, run_all

TOGETHER = "over all test rows together"


@dataclass(frozen=True, slots=True)
class WithoutStrongest:
    """The declared difference in AUC, with every item and without the strongest one."""

    columns: tuple[str, ...]  # that were left out
    label: str  # as people call the item; health and justice are not told apart
    whole: float
    estimate: float  # without it, with the interval of these fitted models on these folds
    low: float
    high: float
    over: str = TOGETHER  # or averaged within periods or centres

    @property
    def sentence(self) -> str:
        """The line for the report."""
        line = (
            f'Without its strongest item, "{self.label}", the gain in AUC {self.over} is '
            f"{self.estimate:+.3f} ({self.low:+.3f} to {self.high:+.3f}) instead of {self.whole:+.3f}."
        )
        if self.whole <= 0:
            return line
        share = min(max(1 - self.estimate / self.whole, 0.0), 1.0)
        line += f" That is {share:.0%} less; other answers stand in for what it tells.".replace("%", " %")
        if share > 0.5:
            line += " Make sure that it was written down on the answer date and not changed later."
        return line


def without_strongest(
    found: OutOfFold,
    experiment: Experiment,
    features: Sequence[Feature],
    *,
    queue: Queue = HERE,
    progress: Progress = silent,
    begun: "Given[dict[str, float]] | None" = None,
) -> WithoutStrongest | None:
    """Return the declared difference when the strongest item of the contender with is left out, on the same folds.

    Strongest is the item with the largest mean absolute contribution to the log-odds among those that only the
    contender with has: a column that both have carries no gain. One fit finds it, and one cross-validation of one
    contender refits without it; trying each item would cost as many cross-validations as there are items, and an item
    that outweighs the others, which this line is for, is found either way.

    Parameters
    ----------
    found : OutOfFold
        With the forecasts of both declared contenders.
    experiment : Experiment
        Headline, tuning, intervals and seed.
    features : sequence of Feature
        All of the study.
    queue, progress
        As in `run_all`.
    begun : Given, optional
        What `begin_strengths` returned, where it was begun before.

    Returns
    -------
    WithoutStrongest, or None where the contender with has no more than one item of its own.
    """
    with_, without = headline_pair(experiment.headline, found.contenders)
    added = [f for f in columns_of(with_, features) if f.name not in without.columns]
    items = list(dict.fromkeys(_item(f) for f in added))
    if len(items) < 2:
        return None
    begun = begun or begin_strengths(with_, found.design, found.folds, features, experiment.seed)
    strength = begun.result()
    weight = {item: sum(strength[f.name] for f in added if _item(f) == item) for item in items}
    strongest = max(items, key=lambda item: weight[item])
    gone = [f for f in added if _item(f) == strongest]
    rest = replace(
        with_,
        name=f"{with_.name}, without its strongest item",
        columns=tuple(name for name in with_.columns if name not in {f.name for f in gone}),
    )
    learning = Learning(features, experiment.seed, experiment.tuning)
    again = run_all([rest], found.design, found.folds, learning, queue=queue, progress=progress)
    log_odds = np.column_stack([found.of(with_), found.of(without), again[:, 0]])
    tested = OutOfFold((with_, without, rest), found.design, log_odds, found.folds).forecasts()
    plan = experiment.intervals
    made = tested.bootstrap(Wanted(("auc",)), replicates=plan.replicates, seed=experiment.seed)
    table = differences(made, tested.names, without.name, plan.level)  # with, then rest
    (whole, _, _), (estimate, low, high) = table[["estimate", "low", "high"]].to_numpy("float64").tolist()
    label = SENSITIVE_LABEL.in_("en") if any(f.sensitive for f in gone) else gone[0].labels.in_("en")
    over = f"averaged within {found.unit}s" if found.unit else TOGETHER
    return WithoutStrongest(tuple(f.name for f in gone), label, whole, estimate, low, high, over)


def begin_strengths(
    contender: Contender,
    design: Design,
    folds: Sequence[Fold],
    features: Sequence[Feature],
    seed: int,
    queue: Queue = HERE,
) -> Given[dict[str, float]]:
    """Give `mean_contributions` on every row that some fold trains on to a queue."""
    learned = np.unique(np.concatenate([fold.train for fold in folds]))
    return queue.start(_strengths, contender, queue.share(design, Design.bare), learned, features, seed)


def _strengths(
    contender: Contender, rows: Shared[Design], learned: np.ndarray, features: Sequence[Feature], seed: int
) -> dict[str, float]:
    design = rows.get().only(contender.columns, learned)
    return mean_contributions(contender, design, features, seed)


def mean_contributions(
    contender: Contender, design: Design, features: Sequence[Feature], seed: int
) -> dict[str, float]:
    """Return the mean absolute contribution of each column of a contender fitted on `design`.

    An estimator that is only compared cannot be opened; the ridge logistic model on its columns stands for it.
    """
    if ESTIMATORS[contender.estimator].kind is None:
        contender = replace(contender, estimator="logistic", settings=())
    design = design.judged()
    model = as_model(fit(contender, design, features, seed=seed), Calibrator(0.0, 1.0))
    given = model.contributions(to_matrix(design.matrix, contender.columns).to_numpy())
    return dict(zip(contender.columns, np.abs(given[:, :-1]).mean(axis=0).tolist(), strict=True))


def _item(feature: Feature) -> str:
    """Return what a column belongs to: whether the caseworker gave a forecast goes with the forecast."""
    return "belief" if feature.part == "belief" else feature.name
