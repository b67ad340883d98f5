"""The declared pair under other circumstances: other ways of treating missing answers."""

from collections.abc import Sequence
from dataclasses import dataclass

import pandas as pd

from eriq.config import Experiment
from eriq.study.comparison.designs import as_held, begin_pair, declared_auc
from eriq.study.design.design import Design
from eriq.study.design.folds import make_folds
from eriq.study.design.prepare import prepare
from eriq.study.design.study import Study
from eriq.study.learning.progress import Progress, silent
from eriq.study.learning.queue import HERE, Queue
from eriq.study.learning.training import Begun
from eriq.tables.results import as_result

POLICIES = ("indicator", "worst", "drop")


@dataclass(frozen=True, slots=True, eq=False)
class Policy:
    """A way of treating missing answers, begun."""

    name: str
    design: Design  # without its matrix, which only fits look at
    begun: Begun


def begin_policies(study: Study, experiment: Experiment, queue: Queue = HERE) -> tuple[Policy, ...]:
    """Give the fits of the headline's contenders under every way of treating missing answers to a queue."""
    made = []
    for policy in POLICIES:
        other = experiment.model_copy(update={"missing_policy": policy})
        again = prepare(other, study.intake)
        kind = None if again.external is None else "grouped_kfold"
        folds = make_folds(again.home, other, again.observe_days, kind)
        made.append(Policy(policy, again.home.only(()), begin_pair(again, other, folds, queue)))
    return tuple(made)


def missing_policies(
    study: Study, experiment: Experiment, progress: Progress = silent, begun: Sequence[Policy] | None = None
) -> pd.DataFrame:
    """Return the AUC of the headline's contenders under every declared way of treating missing answers."""
    tables = []
    for one in begin_policies(study, experiment) if begun is None else begun:
        table = declared_auc(as_held(one.begun, one.design, progress), experiment)
        tables.append(table.drop(columns="clients").assign(policy=one.name))
    return as_result("missing_policies", pd.concat(tables, ignore_index=True))
