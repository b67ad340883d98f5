"""Agreement of two halves."""

import numpy as np
import pandas as pd
import pytest

from eriq.psychometrics.agreement import half_agreement, icc_agreement
from eriq.psychometrics.scales import Pair


def test_agreement_is_that_of_r(answers_r: pd.DataFrame, by_r: dict[str, float]) -> None:
    """Kappa with quadratic weights and ICC(2,1) are psych's, each inside its interval."""
    found = half_agreement(answers_r, Pair("i", "q1", "other1"), 5, np.random.default_rng(1), 50).set_index("measure")
    assert found.loc["kappa", "estimate"] == pytest.approx(by_r["kappa"])
    assert found.loc["icc", "estimate"] == pytest.approx(by_r["icc"])
    assert found.loc["same", "estimate"] == (answers_r["q1"] == answers_r["other1"]).mean()
    assert ((found["low"] < found["estimate"]) & (found["estimate"] < found["high"])).all()


def test_icc_of_the_example_of_shrout_and_fleiss(by_r: dict[str, float]) -> None:
    """Two judges of their table."""
    pair = np.array([[9, 2], [6, 1], [8, 4], [7, 1], [10, 5], [6, 2]], float)
    assert icc_agreement(pair) == pytest.approx(by_r["icc_shrout"])


def test_pairs_too_few_have_no_number(answers_r: pd.DataFrame) -> None:
    """Twenty pairs, or a half that always says the same, are not assessable."""
    for answers in (answers_r.head(20), answers_r.assign(q1=1.0)):
        found = half_agreement(answers, Pair("i", "q1", "other1"), 5, np.random.default_rng(1), 5)
        assert found["estimate"].isna().all()
        assert (found["why"] != "").all()
