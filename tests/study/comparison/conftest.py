"""One comparison of made-up people, with the full factorial and few replicates."""

from dataclasses import replace

import numpy as np
import pandas as pd
import pytest

from eriq.config import Cross, Experiment, Tuning, Validation, load_experiment
from eriq.study.comparison.compare import Comparison, compare
from eriq.study.comparison.out_of_fold import OutOfFold
from eriq.study.design.contender import Contender
from eriq.study.design.design import Design, make_design
from eriq.study.design.folds import make_folds
from eriq.study.design.prepare import prepare
from eriq.study.design.study import Study
from eriq.study.learning.training import Learning, run_all

FACTORIAL = Cross(blocks="factorial", estimators=("logistic",))


HUMAN = Cross(blocks=("belief",), estimators=("level_rates",))


DECLARED = Cross(blocks=("register_full", "questionnaire"), estimators=("logistic",))


@pytest.fixture(scope="package")
def experiment() -> Experiment:
    """Return the quick config with 250 made-up people, the full factorial and few replicates."""
    quick = load_experiment("quick")
    return quick.model_copy(
        update={
            "source": quick.source.model_copy(update={"clients": 250}),
            "contenders": (DECLARED, FACTORIAL, HUMAN),
            "choose_from": (),
            "intervals": quick.intervals.model_copy(update={"replicates": 100, "refit_replicates": 10, "level": 0.9}),
            "validation": Validation(folds=3, origins=2, also=("leave_one_centre_out", "rolling_origin")),
            "capacity": quick.capacity.model_copy(update={"numbers": (50, 100_000)}),
        }
    )


@pytest.fixture(scope="package")
def study(experiment: Experiment) -> Study:
    """Return the people of the config."""
    return prepare(experiment)


@pytest.fixture(scope="package")
def log_odds(study: Study, experiment: Experiment) -> np.ndarray:
    """Return the out-of-fold log-odds of every contender."""
    folds = make_folds(study.design, experiment, 365)
    return run_all(study.contenders, study.design, folds, Learning(study.features, 1, Tuning()))


@pytest.fixture(scope="package")
def held(study: Study, experiment: Experiment, log_odds: np.ndarray) -> OutOfFold:
    """Return the out-of-fold forecasts of every contender."""
    return OutOfFold(study.contenders, study.design, log_odds, tuple(make_folds(study.design, experiment, 365)))


@pytest.fixture(scope="package")
def found(held: OutOfFold, experiment: Experiment, study: Study) -> Comparison:
    """Return the comparison."""
    return compare(held, experiment, study.truth)


def some_of(held: OutOfFold, *contenders: Contender) -> OutOfFold:
    """Return the forecasts of some contenders."""
    columns = [held.contenders.index(c) for c in contenders]
    return replace(held, contenders=contenders, log_odds=held.log_odds[:, columns])


def one_row_each(n: int = 200, seed: int = 1) -> Design:
    """Return people with one row each, of two columns, with an outcome that depends on the first."""
    rng = np.random.default_rng(seed)
    matrix = pd.DataFrame(rng.normal(size=(n, 2)), columns=["client.q", "register.r"])
    outcome = (matrix["client.q"] - 1 + rng.logistic(size=n) > 0).astype(int).to_numpy()
    return make_design(pd.DataFrame({"client_id": [f"c{k}" for k in range(n)]}), matrix, outcome)


def named(*keys: tuple[str, str], columns: tuple[str, ...] = ("client.q",)) -> tuple[Contender, ...]:
    """Return contenders of (block, estimator)."""
    return tuple(Contender(f"{b} | {e}", b, e, columns) for b, e in keys)  # type: ignore[arg-type]
