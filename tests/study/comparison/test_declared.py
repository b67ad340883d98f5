"""The declared difference, fold by fold, with the fits its interval needs."""

from dataclasses import replace

import numpy as np
import pandas as pd
import pytest

from eriq.study.comparison.declared import clusters, declared_difference
from eriq.study.evaluation.fold_interval import fold_pairs
from eriq.study.learning.progress import Progress
from eriq.study.learning.training import Learning

DESIGNS = {"rolling_origin": "do not train each other", "external": "do not train each other"}


@pytest.fixture
def learning(study, experiment) -> Learning:
    """Return how the contenders of the study learn."""
    return Learning(study.features, experiment.seed, experiment.tuning)


def test_it_takes_two_fits_a_fold_and_contender_more(held, experiment, learning) -> None:
    """With three folds three pairs are left out, for two contenders: as many fits as the pair's cross-validation."""
    told = []
    found = declared_difference(
        held, experiment, learning, progress=Progress(step=lambda what, which: told.append(which))
    )

    assert len(told) == 2 * len(fold_pairs(len(held.folds)))
    assert set(told) == {f"without folds {k + 1} and {m + 1}" for k, m in fold_pairs(len(held.folds))}
    assert found.words == "over clients and refits"
    assert found.interval is not None
    assert found.interval.low < found.interval.estimate < found.interval.high


def test_the_interval_is_wider_than_that_of_fixed_forecasts(held, experiment, learning) -> None:
    """The variance is that of the forecasts and a part for refitting, which is not negative."""
    found = declared_difference(held, experiment, learning).interval

    assert found is not None
    assert found.refit >= 0
    assert np.isclose(found.se**2, found.fixed + found.refit)


@pytest.mark.parametrize(("design", "words"), DESIGNS.items())
def test_where_folds_do_not_train_each_other_it_says_so(held, experiment, learning, design: str, words: str) -> None:
    """In calendar time and on an external set no interval covers refitting, and nothing is fitted for one."""
    plan = experiment.model_copy(update={"validation": experiment.validation.model_copy(update={"design": design})})
    told = []
    found = declared_difference(held, plan, learning, progress=Progress(step=lambda what, which: told.append(which)))

    assert (found.interval, told) == (None, [])
    assert words in found.words


def test_with_two_folds_it_says_so(held, experiment, learning) -> None:
    """Leaving out both folds would leave nobody to train on."""
    found = declared_difference(replace(held, folds=held.folds[:2]), experiment, learning)

    assert found.interval is None
    assert "fewer than three folds" in found.words


def test_a_row_without_a_caseworker_is_a_cluster_of_its_client(held) -> None:
    """Two rows of one caseworker share a code; rows whose caseworker is not known go by client."""
    design = held.design.take(np.arange(4))
    rows = design.rows.assign(caseworker_id=pd.Series(["w1", None, "w1", None], dtype="str"))
    codes = clusters(replace(design, rows=rows, client=np.array([0, 1, 2, 1])), "caseworker")

    assert codes[0] == codes[2]
    assert codes[1] == codes[3]
    assert len(set(codes)) == 2
    assert clusters(design, "client").tolist() == design.client.tolist()
