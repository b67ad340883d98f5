"""A thousand random worlds: cohorts and register columns joined by client equal their slow second implementations."""

import pytest
from tests.tables.test_by_client import worlds_that_agree as columns_agree
from tests.tables.test_cohort import worlds_that_agree as cohorts_agree

WORLDS = 1000


@pytest.mark.long
@pytest.mark.parametrize("measure", ["entry", "state"])
@pytest.mark.parametrize("at_risk", ["not_in_kinds", "everyone"])
@pytest.mark.parametrize("consents", [False, True])
def test_cohorts_of_a_thousand_worlds_are_those_of_a_loop(measure, at_risk, consents):
    """Rows, order, outcomes and counts of every world agree; other worlds than those of the normal run."""
    assert cohorts_agree(range(12, 12 + WORLDS // 8), measure, at_risk, consents) > WORLDS


@pytest.mark.long
def test_register_columns_of_a_thousand_worlds_are_those_of_a_loop(monkeypatch):
    """Every row of every world has the columns that a loop over its facts counts, at 31 delays."""
    columns_agree(monkeypatch, range(100, 100 + WORLDS), people=3)
