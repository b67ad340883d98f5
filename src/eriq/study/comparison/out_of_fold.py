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
from eriq.study.learning.queue import HERE, Queue
from eriq.study.learning.training import Learning, begin, pooled


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
        return cls(contenders, design, pooled(single, contenders, folds, design.known), folds, single)

    @property
    def tested(self) -> np.ndarray:
        """Positions of the rows with a known outcome that every contender has a forecast for; no other row counts."""
        return np.flatnonzero(~np.isnan(self.log_odds).any(axis=1) & self.design.known)

    @property
    def unit(self) -> str:
        """What a fold is: "period" or "centre", or nothing where its rows are drawn at random."""
        return self.folds[0].unit if self.folds else ""

    def of(self, contender: Contender) -> np.ndarray:
        """Return the log-odds of one contender, of shape (n_rows,)."""
        return np.asarray(self.log_odds[:, self.contenders.index(contender)])

    def single_of(self, contender: Contender) -> np.ndarray:
        """Return the log-odds of single models of one contender, of shape (n_repeats, n_rows)."""
        if self.single is None:
            return self.of(contender)[None]
        return np.asarray(self.single[:, :, self.contenders.index(contender)])

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
        return self.judged(tuple(c.name for c in self.contenders), self.log_odds[self.tested])

    def judged(self, names: tuple[str, ...], log_odds: np.ndarray) -> Forecasts:
        """Return forecasts of any models for the tested rows, of shape (n_tested, models), beside what happened."""
        some = self.design.take(self.tested).judged()
        whole = None if some.weight is None else some.whole
        made = Forecasts(names, some.outcome, log_odds, some.client, some.weight, whole, some.group)
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

    def known(self) -> "OutOfFold":
        """Return the same on the rows with a known outcome alone."""
        return replace(self.among(self.design.known), design=self.design.judged())

    def among(self, rows: np.ndarray) -> "OutOfFold":
        """Return the same on some of the rows alone, given as true or false for each; folds that test none stay."""
        place = np.cumsum(rows) - 1
        folds = tuple(
            replace(fold, train=place[fold.train[rows[fold.train]]], test=place[fold.test[rows[fold.test]]])
            for fold in self.folds
        )
        single = None if self.single is None else self.single[:, rows]
        design = self.design.take(np.flatnonzero(rows))
        return replace(self, design=design, log_odds=self.log_odds[rows], folds=folds, single=single)


def home_forecasts(study: Study, experiment: Experiment, queue: Queue = HERE, progress: Progress = silent) -> OutOfFold:
    """Return out-of-fold forecasts at home, where the design itself tests on an external set only."""
    home = study.home
    folds = make_folds(home, experiment, study.observe_days, "grouped_kfold")
    learning = Learning(study.features, experiment.seed, experiment.tuning)
    single = begin(study.contenders, home, folds, learning, queue).repeats(progress)
    return OutOfFold.of_repeats(study.contenders, home, single, tuple(folds))
