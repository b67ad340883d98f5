"""Contracts of result tables."""

import numpy as np
import pandas as pd
import pytest

from eriq.tables.results import CONTRACTS, as_result, at_capacity


@pytest.mark.parametrize("name", CONTRACTS)
def test_a_contract_names_each_column_once_and_only_types_it_can_make(name):
    """An empty table of every contract has its columns, in order and typed."""
    table = as_result(name, pd.DataFrame())
    assert table.empty
    assert [(str(n), str(t)) for n, t in table.dtypes.items()] == [(c.name, c.dtype) for c in CONTRACTS[name]]


def test_a_table_comes_back_in_the_order_and_types_of_its_contract():
    """Whole numbers with a gap stay whole, a missing `at` stays missing, rows are numbered anew."""
    frame = pd.DataFrame(
        {
            "replicates": [200.0, np.nan],
            "estimate": [0.5, 1],
            "low": [0.4, np.nan],
            "high": [None, 0.6],
            "contender": ["a", "b"],
            "at": ["10%", None],
            "measure": ["precision", "auc"],
        },
        index=[7, 3],
    )
    table = as_result("measures", frame)
    assert table.columns.tolist() == ["contender", "measure", "at", "estimate", "low", "high", "replicates"]
    assert table["replicates"].tolist() == [200, pd.NA]
    assert table["at"].isna().tolist() == [False, True]
    assert table.index.tolist() == [0, 1]


@pytest.mark.parametrize(
    ("columns", "problem"),
    [
        (["estimator", "other"], "missing ['rank_correlation']"),
        (["estimator", "other", "rank_correlation", "p"], "not known ['p']"),
        (["estimator", "other", "other", "rank_correlation"], "there twice ['other']"),
    ],
)
def test_a_table_that_breaks_its_contract_is_a_fault(columns, problem):
    """A column that is missing, unknown or repeated is named; optional ones alone may be absent."""
    with pytest.raises(AssertionError) as error:
        as_result("agreement", pd.DataFrame([[0] * len(columns)], columns=columns))
    assert problem in str(error.value)


def test_an_optional_column_comes_as_gaps():
    """A design that is not possible has no AUC, and says why."""
    table = as_result("designs", pd.DataFrame([{"contender": "not possible", "design": "rolling_origin"}]))
    assert table[["auc", "rows", "words"]].isna().all(axis=None)


def test_a_yes_or_no_that_is_missing_is_a_fault():
    """NumPy would read a gap as yes."""
    frame = as_result("contenders", pd.DataFrame())
    row = {"contender": "a", "block": "a", "estimator": "a", "words": "a", "columns": 1, "savable": None, "human": True}
    with pytest.raises(ValueError, match="yes or no"):
        as_result("contenders", pd.concat([frame, pd.DataFrame([row])]).astype({"savable": object}))


def test_lists_of_limited_length_are_a_view_of_the_measures():
    """Precision, recall and lift are at a capacity; a net benefit is at a threshold and stays out."""
    frame = pd.DataFrame({"measure": ["auc", "lift", "net_benefit"], "at": [None, "10%", "0.1"]})
    frame = frame.assign(contender="a", estimate=1.0, low=0.5, high=1.5, replicates=10)
    table = at_capacity(as_result("measures", frame))
    assert table.to_dict("records") == [
        {"contender": "a", "at": "10%", "measure": "lift", "estimate": 1.0, "low": 0.5, "high": 1.5}
    ]
