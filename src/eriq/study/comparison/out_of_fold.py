"""What every contender forecasts for people it did not train on."""

from dataclasses import dataclass, replace

import numpy as np

from eriq.config import Experiment
from eriq.disclosure import MIN_PEOPLE
from eriq.errors import CohortError
from eriq.study.design.contender import Contender
from eriq.study.design.design import Design
from eriq.study.design.folds import Fold, make_folds
from eriq.study.design.study import Study
from eriq.study.evaluation.forecasts import Forecasts
from eriq.study.learning.progress import Progress, silent
from eriq.study.learning.training import Learning, run_all


@dataclass(frozen=True, slots=True, eq=False)
class OutOfFold:
    """Out-of-fold log-odds of contenders on the rows of one design."""

    contenders: tuple[Contender, ...]
    design: Design
    log_odds: np.ndarray  # shape (n_rows, n_contenders); NaN where no fold tested
    folds: tuple[Fold, ...]

    @property
    def tested(self) -> np.ndarray:
        """Positions of the rows that every contender has a forecast for; the others count for nobody."""
        return np.flatnonzero(~np.isnan(self.log_odds).any(axis=1))

    @property
    def unit(self) -> str:
        """What a fold is: "period" or "centre", or nothing where its rows are drawn at random."""
        return self.folds[0].unit if self.folds else ""

    def of(self, contender: Contender) -> np.ndarray:
        """Return the log-odds of one contender, of shape (n_rows,)."""
        return np.asarray(self.log_odds[:, self.contenders.index(contender)])

    @property
    def fold(self) -> np.ndarray:
        """The place of the fold that tests each tested row; with repeats, of the last one."""
        place = np.full(len(self.design.outcome), -1)
        for k, fold in enumerate(self.folds):
            place[fold.test] = k
        return np.asarray(place[self.tested])

    def forecasts(self) -> Forecasts:
        """Return the forecasts of all contenders for the tested rows, with their period or centre if folds are such.

        Raises
        ------
        CohortError
            When folds are periods or centres and none has both outcomes.
        """
        rows, names = self.tested, tuple(c.name for c in self.contenders)
        made = Forecasts(names, self.design.outcome[rows], self.log_odds[rows], self.design.client[rows])
        return replace(made, unit=self._units(made)) if self.unit else made

    def _units(self, made: Forecasts) -> np.ndarray:
        """Return the period or centre of each row, -1 in those with too few people to say anything, if others have."""
        fold = self.fold
        people = {
            k: min(len(np.unique(made.client[(fold == k) & (made.outcome == happened)])) for happened in (0, 1))
            for k in np.unique(fold)
        }
        least = MIN_PEOPLE if max(people.values(), default=0) >= MIN_PEOPLE else 1
        counted = [k for k, fewest in people.items() if fewest >= least]
        if not counted:
            raise CohortError(f"no {self.unit} has people with and without the outcome: there is no AUC within one")
        return np.where(np.isin(fold, counted), fold, -1)


def home_forecasts(
    study: Study, experiment: Experiment, workers: int | None = None, progress: Progress = silent
) -> OutOfFold:
    """Return out-of-fold forecasts at home, where the design itself tests on an external set only."""
    home = study.home
    folds = make_folds(home, experiment, study.observe_days, "grouped_kfold")
    learning = Learning(study.features, experiment.seed, experiment.tuning)
    log_odds = run_all(study.contenders, home, folds, learning, workers=workers, progress=progress)
    return OutOfFold(study.contenders, home, log_odds, tuple(folds))
