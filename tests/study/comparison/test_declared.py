"""The declared difference, fold by fold, with the fits its interval needs."""

from dataclasses import replace

import numpy as np
import pandas as pd
import pytest

from eriq.study.comparison.declared import _forecasts_for_both, begin_declared, clusters, declared_difference
from eriq.study.comparison.verdict import headline_pair
from eriq.study.evaluation.fold_interval import fold_pairs
from eriq.study.learning.progress import Progress, silent
from eriq.study.learning.training import Learning, run_all

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


def test_fits_without_two_folds_stand_in_the_order_of_all(held, experiment, learning) -> None:
    """The contender without comes first, and each forecast of a pair of folds is that of its own fit."""
    with_, without = headline_pair(experiment.headline, held.contenders)
    begun = begin_declared((without, with_), held.design, held.folds, experiment, learning).without_two
    made = _forecasts_for_both(begun, silent, 3, len(held.design.outcome))
    for k, contender in enumerate((without, with_)):
        own = run_all([contender], held.design, [begun.folds[1]], learning)[:, 0]
        tested = begun.folds[1].test
        assert made[(0, 0, 2)][tested, k] == pytest.approx(1 / (1 + np.exp(-own[tested])), abs=1e-12)
    found = declared_difference(held, experiment, learning)
    turned = begin_declared((with_, without), held.design, held.folds, experiment, learning)
    assert declared_difference(held, experiment, learning, begun=turned).interval.se != found.interval.se


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
