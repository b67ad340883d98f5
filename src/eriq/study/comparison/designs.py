"""The declared pair under other circumstances: further validation designs."""

from collections.abc import Sequence

import numpy as np
import pandas as pd

from eriq.config import Experiment
from eriq.errors import CohortError
from eriq.study.comparison.out_of_fold import OutOfFold
from eriq.study.comparison.verdict import headline_pair
from eriq.study.design.folds import Fold, make_folds
from eriq.study.design.study import Study
from eriq.study.evaluation.intervals import one_measure
from eriq.study.learning.progress import Progress, silent
from eriq.study.learning.training import Learning, run_all
from eriq.tables.cohort import require_two_classes
from eriq.tables.results import NOT_POSSIBLE, as_result


def other_designs(
    study: Study, experiment: Experiment, progress: Progress = silent, workers: int | None = None
) -> pd.DataFrame:
    """Return the AUC under the further validation designs of a config, for the headline's contenders.

    A design that these people do not allow has one row that says why.
    """
    home, tables = study.home, []
    for kind in experiment.validation.also:
        try:
            folds = make_folds(home, experiment, study.observe_days, kind)
            tested = np.unique(np.concatenate([f.test for f in folds]))
            require_two_classes(home.outcome[tested[home.known[tested]]], "Only tested rows count.")
        except CohortError as why:
            tables.append(pd.DataFrame([{"design": kind, "contender": NOT_POSSIBLE, "words": str(why)}]))
            continue
        table = declared_auc(study, experiment, folds, progress, workers)
        tables.append(table.assign(design=kind, folds=len(folds)))
    return as_result("designs", pd.concat(tables, ignore_index=True) if tables else pd.DataFrame())


def declared_auc(
    study: Study,
    experiment: Experiment,
    folds: Sequence[Fold],
    progress: Progress = silent,
    workers: int | None = None,
) -> pd.DataFrame:
    """Return the AUC of the headline's two contenders on `folds`, and the rows and clients that were tested."""
    pair, home = headline_pair(experiment.headline, study.contenders), study.home
    few = tuple(c for c in study.contenders if c in pair)
    learning = Learning(study.features, experiment.seed, experiment.tuning)
    log_odds = run_all(few, home, folds, learning, progress=progress, workers=workers)
    tested = OutOfFold(few, home, log_odds, tuple(folds)).forecasts()
    plan = experiment.intervals
    table = one_measure(tested, "auc", replicates=plan.replicates, seed=experiment.seed, level=plan.level)
    return table.rename(columns={"estimate": "auc"}).assign(
        rows=len(tested.outcome), clients=len(np.unique(tested.client))
    )
