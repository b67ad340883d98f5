"""What a saved model keeps of who answered in training."""

import numpy as np
import pandas as pd
import pytest

from eriq.model.around import STAFF, around
from eriq.model.manifest import Manifest


def rows(caseworkers: int) -> pd.DataFrame:
    """Return ten clients of each caseworker, whose beliefs are those of the caseworker's number; one has gaps."""
    who = np.repeat(np.arange(caseworkers), 10)
    belief = np.where(who == 0, np.nan, who % 3 * 1.0)
    ids = {"client_id": [f"c{k}" for k in range(len(who))], "caseworker_id": [f"w{k}" for k in who]}
    return pd.DataFrame({**ids, "belief": belief})


def test_counts_of_caseworkers_are_kept_and_no_id() -> None:
    """Sixty caseworkers with a belief are counted in fives by their means; no id stands in what is written."""
    made = around(rows(61), None)
    assert made.caseworkers is not None
    assert (made.caseworkers.counts, made.caseworkers.mean) == ((20, 20, 20, 0), 1.0)
    text = Manifest(around=made).to_json()
    assert "w1" not in text
    assert "around" not in Manifest().to_json()


def test_a_small_body_is_not_kept() -> None:
    """One caseworker fewer than twenty: nothing."""
    assert around(rows(STAFF), None).caseworkers is None  # one of them never said
    assert around(rows(STAFF + 1), None).caseworkers is not None


def test_a_client_counts_once_by_the_first_questionnaire() -> None:
    """Forty clients with both halves, thirty of whom had one half only later, are forty of both; counts are fives."""
    ids = [f"c{k}" for k in (*range(43), *range(30))]
    halves = pd.DataFrame({"caseworker": [True] * 73, "client": [True] * 43 + [False] * 30})
    made = around(pd.DataFrame({"client_id": ids, "caseworker_id": "w", "belief": 1.0}), halves)
    assert made.answered == {"both halves": pytest.approx(45)}
