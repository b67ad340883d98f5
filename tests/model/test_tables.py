"""Models that are tables: those of an explainable boosting machine, and their text."""

import json
import warnings

import numpy as np
import pytest

from eriq.model.background import against
from eriq.model.leaves import CollapseError
from eriq.model.tables import from_ebm, from_json, to_json

NAMES = ["answer", "weeks", "region", "wage"]


@pytest.fixture(scope="module")
def machine():
    """Return a machine with a nominal column, gaps and pairs, and rows with gaps, unseen names and cut points."""
    boosting = pytest.importorskip("interpret.glassbox").ExplainableBoostingClassifier
    rng = np.random.default_rng(0)
    rows = 900
    matrix = np.column_stack(
        [rng.integers(0, 5, rows), rng.exponential(30, rows), rng.integers(0, 6, rows), rng.normal(size=rows)]
    ).astype(float)
    raised = 1.5 * np.isin(matrix[:, 2], [1, 4]) + matrix[:, 3] * (matrix[:, 0] > 2)
    outcome = (raised + rng.logistic(size=rows) > 0.5).astype(int)
    matrix[rng.random(matrix.shape) < 0.1] = np.nan
    kinds = ["continuous", "continuous", "nominal", "continuous"]
    fitted = boosting(outer_bags=2, interactions=4, max_rounds=300, max_bins=64, feature_types=kinds, n_jobs=1)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # on gaps, which its own figures do not show
        fitted.fit(matrix, outcome)
    cut = fitted.bins_[1][0]
    more = np.resize(matrix, (len(cut), 4))
    more[:, 1] = cut  # exactly on the cuts
    more[::2, 2] = 17.0
    return fitted, np.vstack([matrix, more, np.full((1, 4), np.nan)])


def test_tables_of_a_machine_give_its_forecasts(machine):
    """Margins equal interpret's to 1e-9, on cut points, for gaps and for names it never saw."""
    fitted, rows = machine
    tables = from_ebm(fitted, NAMES)
    assert len(tables.pairs) == 4
    assert np.abs(tables.margin(rows) - fitted.decision_function(rows)).max() < 1e-9


def test_contributions_add_up_and_are_centred_on_the_background(machine):
    """Against a background each row still adds up, and the mean contribution of its rows is nothing for mains alone."""
    fitted, rows = machine
    tables = against(from_ebm(fitted, NAMES), rows[:64])
    given = tables.contributions(rows)
    assert np.abs(given.sum(axis=1) - fitted.decision_function(rows)).max() < 1e-9
    plain = from_ebm(fitted, NAMES).with_numbers(0.0, from_ebm(fitted, NAMES).mains, ())
    assert np.abs(against(plain, rows[:64]).contributions(rows[:64])[:, :-1].mean(axis=0)).max() < 1e-9


def test_text_keeps_every_digit(machine):
    """Tables read from their JSON give the same margins bit for bit."""
    fitted, rows = machine
    tables = from_ebm(fitted, NAMES)
    again = from_json(to_json(tables), NAMES)
    assert again.margin(rows).tobytes() == tables.margin(rows).tobytes()
    assert np.array_equal(again.contributions(rows), tables.contributions(rows))


def test_a_term_of_three_columns_is_refused():
    """Only one or two columns can be a table."""

    class Machine:
        bins_ = ([np.array([1.0])],) * 3
        term_features_ = ((0, 1, 2),)
        term_scores_ = (np.zeros((3, 3, 3)),)
        intercept_ = np.zeros(1)

    with pytest.raises(CollapseError, match="3 columns"):
        from_ebm(Machine(), NAMES[:3])


GOOD = {
    "intercept": 0.5,
    "cuts": [[1.0], []],
    "mains": [[-1.0, 1.0, 0.0], [0.0, 0.1]],
    "pairs": [{"columns": [0, 1], "cuts": [[1.0], []], "table": [[0.0, 0.0], [0.0, 0.0], [0.0, 1.0]]}],
}


@pytest.mark.parametrize(
    "change",
    [
        {"intercept": "much"},
        {"cuts": [[1.0]]},
        {"cuts": [[1.0, 0.5], []], "mains": [[0.0] * 4, [0.0] * 2]},
        {"mains": [[0.0], [0.0, 0.1]]},
        {"pairs": [GOOD["pairs"][0] | {"columns": [1, 0]}]},
        {"pairs": [GOOD["pairs"][0] | {"columns": [0, 7]}]},
        {"pairs": [GOOD["pairs"][0] | {"cuts": [[0.5], []]}]},
        {"pairs": [GOOD["pairs"][0] | {"table": [[0.0]]}]},
        {"pairs": None},
    ],
)
def test_what_is_not_tables_of_the_model_is_refused(change):
    """Other sizes, orders, columns or types are a ValueError, and the unchanged text is read."""
    assert from_json(json.dumps(GOOD), NAMES[:2]).margin(np.array([[0.0, np.nan]]))[0] == pytest.approx(-0.4)
    with pytest.raises(ValueError, match=r"."):
        from_json(json.dumps(GOOD | change), NAMES[:2])
