"""Contracts of the tables of costs and trials."""

import pandas as pd
import pytest

from eriq.tables.results import as_result
from eriq.tables.trial_results import COSTS, TRIALS

CONTRACTS = {**COSTS, **TRIALS}


@pytest.mark.parametrize("name", CONTRACTS)
def test_an_empty_table_has_its_columns(name):
    """A table without rows still has each column, typed."""
    table = as_result(name, pd.DataFrame(), CONTRACTS)
    assert [(str(n), str(t)) for n, t in table.dtypes.items()] == [(c.name, c.dtype) for c in CONTRACTS[name]]
