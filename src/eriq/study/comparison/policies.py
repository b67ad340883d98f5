"""The declared pair under other circumstances: other ways of treating missing answers."""

import pandas as pd

from eriq.config import Experiment
from eriq.study.comparison.designs import declared_auc, declared_held
from eriq.study.design.folds import make_folds
from eriq.study.design.prepare import prepare
from eriq.study.design.study import Study
from eriq.study.learning.progress import Progress, silent
from eriq.tables.results import as_result

POLICIES = ("indicator", "worst", "drop")


def missing_policies(
    study: Study, experiment: Experiment, workers: int | None = None, progress: Progress = silent
) -> pd.DataFrame:
    """Return the AUC of the headline's contenders under every declared way of treating missing answers."""
    tables = []
    for policy in POLICIES:
        other = experiment.model_copy(update={"missing_policy": policy})
        again = prepare(other, study.intake)
        kind = None if again.external is None else "grouped_kfold"
        folds = make_folds(again.home, other, again.observe_days, kind)
        table = declared_auc(declared_held(again, other, folds, progress, workers), other)
        tables.append(table.drop(columns="clients").assign(policy=policy))
    return as_result("missing_policies", pd.concat(tables, ignore_index=True))
