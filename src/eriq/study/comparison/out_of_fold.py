"""What every contender forecasts for people it did not train on."""

from dataclasses import dataclass

import numpy as np

from eriq.config import Experiment
from eriq.study.design.contender import Contender
from eriq.study.design.design import Design
from eriq.study.design.folds import Fold, make_folds
from eriq.study.design.study import Study
from eriq.study.evaluation.forecasts import Forecasts
from eriq.study.learning.progress import Progress, silent
from eriq.study.learning.training import Learning, pooled, run_repeats


@dataclass(frozen=True, slots=True, eq=False)
class OutOfFold:
    """Out-of-fold log-odds of contenders on the rows of one design."""

    contenders: tuple[Contender, ...]
    design: Design
    log_odds: np.ndarray  # shape (n_rows, n_contenders); NaN where no fold tested
    folds: tuple[Fold, ...]
    single: np.ndarray | None = None  # of single models, shape (n_repeats, n_rows, n_contenders); none: one repeat

    @classmethod
    def of_repeats(
        cls, contenders: tuple[Contender, ...], design: Design, single: np.ndarray, folds: tuple[Fold, ...]
    ) -> "OutOfFold":
        """Return what single models forecast, and their mean over repeats."""
        return cls(contenders, design, pooled(single, contenders, folds), folds, single)

    @property
    def tested(self) -> np.ndarray:
        """Positions of the rows that every contender has a forecast for; the others count for nobody."""
        return np.flatnonzero(~np.isnan(self.log_odds).any(axis=1))

    def of(self, contender: Contender) -> np.ndarray:
        """Return the log-odds of one contender, of shape (n_rows,)."""
        return np.asarray(self.log_odds[:, self.contenders.index(contender)])

    def single_of(self, contender: Contender) -> np.ndarray:
        """Return the log-odds of single models of one contender, of shape (n_repeats, n_rows)."""
        if self.single is None:
            return self.of(contender)[None]
        return np.asarray(self.single[:, :, self.contenders.index(contender)])

    def forecasts(self) -> Forecasts:
        """Return the forecasts of all contenders for the tested rows."""
        rows = self.tested
        names = tuple(c.name for c in self.contenders)
        return Forecasts(names, self.design.outcome[rows], self.log_odds[rows], self.design.client[rows])


def home_forecasts(
    study: Study, experiment: Experiment, workers: int | None = None, progress: Progress = silent
) -> OutOfFold:
    """Return out-of-fold forecasts at home, where the design itself tests on an external set only."""
    home = study.home
    folds = make_folds(home, experiment, study.observe_days, "grouped_kfold")
    learning = Learning(study.features, experiment.seed, experiment.tuning)
    single = run_repeats(study.contenders, home, folds, learning, workers=workers, progress=progress)
    return OutOfFold.of_repeats(study.contenders, home, single, tuple(folds))
