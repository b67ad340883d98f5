"""Two models of made-up people, explained."""

from collections.abc import Callable, Sequence
from dataclasses import replace
from functools import cache

import numpy as np
import pandas as pd
import pytest

from eriq.config import Experiment, load_experiment
from eriq.model.calibrator import Calibrator
from eriq.study.design.contender import Contender
from eriq.study.design.design import Design, make_design
from eriq.study.design.folds import Fold, grouped_kfold
from eriq.study.design.prepare import prepare
from eriq.study.design.study import Study
from eriq.study.explanation.explain import explain
from eriq.study.explanation.explained import Explained
from eriq.study.learning.final import as_model, background_of
from eriq.study.learning.training import fit
from eriq.tables.results import Results

PLAIN = Calibrator(0.0, 1.0)


@pytest.fixture(scope="package")
def experiment() -> Experiment:
    """Return the quick config with 250 made-up people and few refits."""
    quick = load_experiment("quick")
    return quick.model_copy(
        update={
            "source": quick.source.model_copy(update={"clients": 250}),
            "explain": quick.explain.model_copy(update={"rows": 150, "refits": 3}),
            "intervals": quick.intervals.model_copy(update={"replicates": 50}),
        }
    )


@pytest.fixture(scope="package")
def study(experiment: Experiment) -> Study:
    """Return the people of the config."""
    return prepare(experiment)


@pytest.fixture(scope="package")
def folds(study: Study) -> list[Fold]:
    """Return three folds."""
    return grouped_kfold(study.design, 3, 1, 1)


@pytest.fixture(scope="package")
def everything(study: Study) -> tuple[str, ...]:
    """Return every column that is not protected."""
    return tuple(f.name for f in study.features if not f.protected and not f.name.startswith("changes."))


@pytest.fixture(scope="package")
def explained_by(experiment, study, folds, everything) -> Callable[[str], Results]:
    """Give a function from an estimator to the explanation of its model of all columns, made once."""

    @cache
    def explained_with(estimator: str) -> Results:
        contender = Contender("all", "questionnaire + register_full", estimator, everything)
        explained = explained_of(contender, study, experiment, folds)
        model = replace(explained.model, calibrator=Calibrator(-0.1, 0.9))
        return explain(replace(explained, model=model, instrument=study.instrument))

    return explained_with


@pytest.fixture(params=["logistic", "lightgbm_pairs"])
def tables(request, explained_by) -> Results:
    """Return the explanation of a model of all columns: a fixture of one test, lest a change of model forget it."""
    return explained_by(request.param)


def explained_of(contender: Contender, study: Study, experiment: Experiment, folds: Sequence[Fold]) -> Explained:
    """Return a contender fitted on all rows and not calibrated, without words for its answers."""
    background = background_of(contender, study.design, study.features, seed=1)
    model = as_model(fit(contender, study.design, study.features, seed=1), PLAIN, (), background)
    return Explained(model, contender, study.design, study.features, tuple(folds), experiment)


@pytest.fixture(scope="package")
def telling() -> Design:
    """Return 300 people of whom one column tells the outcome and the other nothing."""
    rng = np.random.default_rng(5)
    matrix = pd.DataFrame(rng.normal(size=(300, 2)), columns=["register.a", "register.b"])
    outcome = (2 * matrix["register.a"] + rng.logistic(size=300) > 0).astype(int).to_numpy()
    return make_design(pd.DataFrame({"client_id": [f"c{k}" for k in range(300)]}), matrix, outcome)
