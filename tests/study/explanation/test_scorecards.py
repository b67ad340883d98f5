"""Scorecards as they are printed."""

import numpy as np
import pandas as pd
import pytest

from eriq.features import Feature
from eriq.features.sensitive import SENSITIVE_LABEL
from eriq.instrument.texts import Texts
from eriq.study.design.contender import Contender
from eriq.study.design.design import Design, make_design
from eriq.study.explanation.scorecards import MOST_SUMS, scorecards
from eriq.study.learning.training import fit, margin

FEATURES = (
    Feature("client.q", "client", "ordinal", labels=Texts.same("Question")),
    Feature("register.weeks", "register_history", labels=Texts.same("Weeks")),
    Feature("register.gp", "register_history", sensitive=True, labels=Texts.same("Visits")),
    Feature("register.town", "register_basic", "category", levels=("east", "north", "west"), labels=Texts.same("Town")),
)
CARD = Contender("all | scorecard", "all", "scorecard", tuple(f.name for f in FEATURES))


@pytest.fixture(scope="module")
def design() -> Design:
    """Return 800 people with an outcome that rests on all four columns, and gaps in one."""
    rng = np.random.default_rng(1)
    matrix = np.column_stack(
        [rng.integers(0, 4, 800), rng.exponential(30, 800), rng.integers(0, 3, 800), rng.integers(0, 3, 800)]
    ).astype(float)
    log_odds = matrix[:, 0] - matrix[:, 1] / 20 - matrix[:, 2] + 2 * (matrix[:, 3] == 1)
    outcome = (log_odds + rng.logistic(size=800) > 0).astype(int)
    matrix[rng.random(800) < 0.1, 1] = np.nan
    rows = pd.DataFrame({"client_id": [f"c{k}" for k in range(800)]})
    return make_design(rows, pd.DataFrame(matrix, columns=list(CARD.columns)), outcome)


def test_points_are_printed_per_answer_and_give_the_forecast(design):
    """Reading a row's answers in the table and adding their points gives the forecast of that sum."""
    tables = scorecards((CARD,), design, FEATURES, 1)
    card, sums = tables["scorecard"], tables["scorecard_sums"]
    worth = card.set_index(["label", "answer"])["points"]
    assert set(card["label"]) == {"Question", "Weeks", SENSITIVE_LABEL.en, "Town"}
    assert {"east", "north", "west", "another, or not known"} == set(card[card["label"] == "Town"]["answer"])
    assert ("Weeks", "not known") in worth.index
    scored = fit(CARD, design, FEATURES, seed=1)
    of_town = [worth["Town", town] for town in ("east", "north", "west")]
    assert of_town == scored.estimator.points_.mains[3][[1, 3, 5]].tolist()
    every = scored.estimator.points_.margin(design.matrix.to_numpy())
    forecast = 1 / (1 + np.exp(-margin(scored, design)))
    known = sums.set_index("points")["forecast"]
    for total in set(every.astype(int)) & set(known.index):
        assert forecast[every == total] == pytest.approx(known[total])
    assert len(sums) <= MOST_SUMS + 1


def test_what_is_sensitive_is_not_named(design):
    """A sensitive column is printed under the common label, and its values as numbered steps."""
    card = scorecards((CARD,), design, FEATURES, 1)["scorecard"]
    hidden = card[card["label"] == SENSITIVE_LABEL.en]
    assert "Visits" not in card.to_string()
    assert len(hidden) > 1
    assert hidden["answer"].str.match(r"step \d|not known").all()


def test_without_a_scorecard_there_is_no_table(design):
    """No contender of this kind, no table."""
    other = Contender("all | logistic", "all", "logistic", CARD.columns)
    assert scorecards((other,), design, FEATURES, 1) == {}
