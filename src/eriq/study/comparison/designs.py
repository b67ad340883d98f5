"""The declared pair under other circumstances: further validation designs."""

from collections.abc import Sequence

import numpy as np
import pandas as pd

from eriq.config import Experiment
from eriq.errors import CohortError
from eriq.study.comparison.by_fold import fold_tables
from eriq.study.comparison.out_of_fold import OutOfFold
from eriq.study.comparison.verdict import headline_pair
from eriq.study.design.folds import Fold, make_folds
from eriq.study.design.study import Study
from eriq.study.evaluation.intervals import one_measure
from eriq.study.learning.progress import Progress, silent
from eriq.study.learning.training import Learning, run_all
from eriq.tables.cohort import require_two_classes
from eriq.tables.results import NOT_POSSIBLE, Results, as_result


def other_designs(
    study: Study,
    experiment: Experiment,
    main: OutOfFold | None = None,
    progress: Progress = silent,
    workers: int | None = None,
) -> Results:
    """Return the AUC of the headline's contenders under the further validation designs of a config.

    A design that these people do not allow has one row that says why. Beside it come the same contenders by period and
    centre, and how much centres differ, also of the `main` design where its folds are such.
    """
    home, tables = study.home, []
    judged: dict[str, OutOfFold] = {} if main is None else {experiment.validation.design: main}
    for kind in experiment.validation.also:
        try:
            folds = make_folds(home, experiment, study.observe_days, kind)
            tested = np.unique(np.concatenate([f.test for f in folds]))
            require_two_classes(home.outcome[tested[home.known[tested]]], "Only tested rows count.")
            held = declared_held(study, experiment, folds, progress, workers)
            unit = held.forecasts().unit
            counted = 0 if unit is None else len(np.unique(unit[unit >= 0]))
        except CohortError as why:
            tables.append(pd.DataFrame([{"design": kind, "contender": NOT_POSSIBLE, "words": str(why)}]))
            continue
        judged[kind] = held
        words = f"mean of AUCs within {counted} {held.unit}s"
        tables.append(declared_auc(held, experiment).assign(design=kind, folds=len(folds), words=words))
    designs = as_result("designs", pd.concat(tables, ignore_index=True) if tables else pd.DataFrame())
    return {"designs": designs, **fold_tables(judged, experiment)}


def declared_held(
    study: Study,
    experiment: Experiment,
    folds: Sequence[Fold],
    progress: Progress = silent,
    workers: int | None = None,
) -> OutOfFold:
    """Return the out-of-fold forecasts of the headline's two contenders on `folds`."""
    pair, home = headline_pair(experiment.headline, study.contenders), study.home
    few = tuple(c for c in study.contenders if c in pair)
    learning = Learning(study.features, experiment.seed, experiment.tuning)
    log_odds = run_all(few, home, folds, learning, progress=progress, workers=workers)
    return OutOfFold(few, home, log_odds, tuple(folds))


def declared_auc(held: OutOfFold, experiment: Experiment) -> pd.DataFrame:
    """Return the AUC of each contender, within periods or centres where folds are such, and who was tested."""
    tested, plan = held.forecasts(), experiment.intervals
    table = one_measure(tested, "auc", replicates=plan.replicates, seed=experiment.seed, level=plan.level)
    return table.rename(columns={"estimate": "auc"}).assign(
        rows=len(tested.outcome), clients=len(np.unique(tested.client))
    )
