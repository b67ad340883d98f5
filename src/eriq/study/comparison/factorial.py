"""What each factor adds, where all unions of factors take part."""

from collections.abc import Sequence
from itertools import combinations

import pandas as pd

from eriq.config import Experiment
from eriq.features import FACTORS
from eriq.study.design.contender import Contender
from eriq.study.evaluation.bootstrap import Replicates
from eriq.study.evaluation.decomposition import decompose
from eriq.study.learning.estimators import ESTIMATORS

SUBSETS = {frozenset(some) for size in range(len(FACTORS) + 1) for some in combinations(FACTORS, size)}


def factors_of(block: str) -> frozenset[str] | None:
    """Return the factors a block is made of, or None if it is not a union of factors.

    >>> sorted(factors_of("client + belief")), factors_of("none"), factors_of("questionnaire")
    (['belief', 'client'], frozenset(), None)
    """
    names = frozenset(name.strip() for name in block.split("+"))
    if names == {"none"}:
        return frozenset()
    return names if names <= set(FACTORS) else None


def decomposition(made: Replicates, contenders: Sequence[Contender], experiment: Experiment) -> pd.DataFrame | None:
    """Return the Shapley value of each factor, or None where a union of factors is missing.

    The estimator is the headline's where it was crossed with all, else the one crossed with most.
    """
    unions = [(c, factors) for c in contenders if (factors := factors_of(c.block)) is not None]
    if not {factors for _, factors in unions} >= SUBSETS:
        return None
    counts = {e: sum(1 for c, factors in unions if c.estimator == e and factors) for e in ESTIMATORS}
    wanted = experiment.headline.estimator
    estimator = wanted if counts[wanted] == len(SUBSETS) - 1 else max(counts, key=lambda e: counts[e])
    by_subset = {factors: c.name for c, factors in unions if c.estimator in (estimator, "prevalence")}
    names = [c.name for c in contenders]
    tables = [decompose(made, names, by_subset, measure, experiment.intervals.level) for measure in ("auc", "log_loss")]
    return pd.concat(tables, ignore_index=True).assign(estimator=estimator)
