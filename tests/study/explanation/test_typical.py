"""Two invented people, and what moves their forecasts."""

from dataclasses import replace

import numpy as np
import pytest

from eriq.model.calibrator import expit
from eriq.study.design.contender import Contender
from eriq.study.explanation.explained import Contributions, Explained, begin_refits, contributions
from eriq.study.explanation.typical import REASONS, typical
from eriq.study.learning.progress import silent
from tests.study.explanation.conftest import explained_of


@pytest.fixture(scope="module")
def whole(experiment, study, folds, everything) -> tuple[Explained, Contributions]:
    contender = Contender("all", "questionnaire + register_full", "logistic", everything)
    plan = experiment.model_copy(
        update={"explain": experiment.explain.model_copy(update={"refits": 0, "rows": 10_000})}
    )
    explained = replace(explained_of(contender, study, plan, folds), instrument=study.instrument)
    return explained, contributions(explained, begin_refits(explained), silent)


def test_contributions_are_those_of_the_median_row(whole: tuple[Explained, Contributions]) -> None:
    """The forecast is that of the row of medians, and the largest contributions are the model's for it."""
    explained, found = whole
    table = typical(explained, found)
    some = found.matrix[found.sample.outcome == 1]
    middle = np.nanquantile(np.where(np.isnan(some), np.inf, some), 0.5, axis=0, method="closest_observation")
    middle = np.where(np.isinf(middle), np.nan, middle)
    parts = explained.model.contributions(middle[None])[0]
    mine = table[table["person"] == "with the outcome"]
    gaps = np.isnan(some).mean(axis=0)
    if not ((gaps > 0) & (gaps < 1)).any():
        assert mine["forecast"].iloc[0] == pytest.approx(float(expit(parts.sum())))
    assert mine["contribution"].abs().is_monotonic_decreasing
    assert len(mine) == REASONS


def test_those_with_the_outcome_get_the_higher_forecast(whole: tuple[Explained, Contributions]) -> None:
    """Medians of who entered work give a higher forecast than those of who did not."""
    forecasts = typical(*whole).groupby("person")["forecast"].first()
    assert forecasts["with the outcome"] > forecasts["without the outcome"]


def test_health_and_justice_are_not_named(whole: tuple[Explained, Contributions]) -> None:
    """No sensitive column is among the reasons, whatever it adds; answers are in words."""
    explained, found = whole
    sensitive = {f.labels.en for f in explained.used if f.sensitive}
    table = typical(explained, found)
    assert sensitive
    assert not sensitive & set(table["label"])
    belief = table[table["label"] == "belief in getting a job (caseworker)"]["answer"]
    assert set(belief) <= {level.labels.en for level in explained.instrument.levels("cw11")}


def test_few_people_make_no_typical_one(whole: tuple[Explained, Contributions]) -> None:
    """With nineteen people who have the outcome nothing is told."""
    explained, found = whole
    clients = np.unique(found.sample.client[found.sample.outcome == 1])[:19]
    rows = (found.sample.outcome == 0) | np.isin(found.sample.client, clients)
    few = replace(found, sample=found.sample.take(np.flatnonzero(rows)), matrix=found.matrix[rows])
    assert typical(explained, few).empty
