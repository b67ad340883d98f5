"""The declared pair under other circumstances: further validation designs."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd

from eriq.config import Experiment
from eriq.errors import CohortError
from eriq.study.comparison.by_fold import fold_tables
from eriq.study.comparison.out_of_fold import OutOfFold
from eriq.study.comparison.verdict import headline_pair
from eriq.study.design.design import Design
from eriq.study.design.folds import Fold, make_folds
from eriq.study.design.study import Study
from eriq.study.evaluation.intervals import one_measure
from eriq.study.learning.progress import Progress, silent
from eriq.study.learning.queue import HERE, Queue
from eriq.study.learning.training import Begun, Learning, begin
from eriq.tables.cohort import require_two_classes
from eriq.tables.results import NOT_POSSIBLE, Results, as_result


@dataclass(frozen=True, slots=True, eq=False)
class OtherDesign:
    """A further validation design, begun, or why these people do not allow it."""

    kind: str
    begun: Begun | None
    why: str = ""


def begin_designs(study: Study, experiment: Experiment, queue: Queue = HERE) -> tuple[OtherDesign, ...]:
    """Give the fits of the headline's contenders under the further validation designs of a config to a queue."""
    home, made = study.home, []
    for kind in experiment.validation.also:
        try:
            folds = make_folds(home, experiment, study.observe_days, kind)
            tested = np.unique(np.concatenate([f.test for f in folds]))
            require_two_classes(home.outcome[tested[home.known[tested]]], "Only tested rows count.")
            made.append(OtherDesign(kind, begin_pair(study, experiment, folds, queue)))
        except CohortError as why:
            made.append(OtherDesign(kind, None, str(why)))
    return tuple(made)


def other_designs(
    study: Study,
    experiment: Experiment,
    main: OutOfFold | None = None,
    progress: Progress = silent,
    begun: Sequence[OtherDesign] | None = None,
) -> Results:
    """Return the AUC of the headline's contenders under the further validation designs of a config.

    A design that these people do not allow has one row that says why. Beside it come the same contenders by period and
    centre, and how much centres differ, also of the `main` design where its folds are such.
    """
    tables: list[pd.DataFrame] = []
    judged: dict[str, OutOfFold] = {} if main is None else {experiment.validation.design: main}
    for one in begin_designs(study, experiment) if begun is None else begun:
        try:
            if one.begun is None:
                raise CohortError(one.why)
            held = as_held(one.begun, study.home, progress)
            unit = held.forecasts().unit
            counted = 0 if unit is None else len(np.unique(unit[unit >= 0]))
        except CohortError as why:
            tables.append(pd.DataFrame([{"design": one.kind, "contender": NOT_POSSIBLE, "words": str(why)}]))
            continue
        judged[one.kind] = held
        words = f"mean of AUCs within {counted} {held.unit}s"
        tables.append(declared_auc(held, experiment).assign(design=one.kind, folds=len(held.folds), words=words))
    designs = as_result("designs", pd.concat(tables, ignore_index=True) if tables else pd.DataFrame())
    return {"designs": designs, **fold_tables(judged, experiment)}


def begin_pair(study: Study, experiment: Experiment, folds: Sequence[Fold], queue: Queue = HERE) -> Begun:
    """Give the fits of the headline's two contenders on `folds` at home to a queue."""
    pair = headline_pair(experiment.headline, study.contenders)
    few = tuple(c for c in study.contenders if c in pair)
    return begin(few, study.home, folds, Learning(study.features, experiment.seed, experiment.tuning), queue)


def as_held(begun: Begun, design: Design, progress: Progress = silent) -> OutOfFold:
    """Return the out-of-fold forecasts of what was begun on `design`."""
    return OutOfFold(begun.contenders, design, begun.pooled(progress), begun.folds)


def declared_auc(held: OutOfFold, experiment: Experiment) -> pd.DataFrame:
    """Return the AUC of each contender, within periods or centres where folds are such, and who was tested."""
    tested, plan = held.forecasts(), experiment.intervals
    table = one_measure(tested, "auc", replicates=plan.replicates, seed=experiment.seed, level=plan.level)
    return table.rename(columns={"estimate": "auc"}).assign(
        rows=len(tested.outcome), clients=len(np.unique(tested.client))
    )
