"""Tables of the monitor page as people read them."""

import numpy as np
import pandas as pd
from tests.scoring.conftest import save_small

from eriq.monitoring.page import shapes, verdicts
from eriq.monitoring.shift import MOVED, QUIET
from eriq.monitoring.watching import by_month
from eriq.pages import MINUS


def test_numbers_have_their_intervals_and_columns_their_words(tmp_path) -> None:
    """An index and a standardised difference stand with their ends; a month that tells nothing is left out."""
    line = {"slice": "all", "block": "client", "column": "client.cl01", "n": 800, "estimate": 0.2, "low": 0.1}
    line |= {"high": 0.3, "effect": -0.4, "effect_low": -0.5, "effect_high": -0.3, "p_holm": 0.01, "verdict": MOVED}
    none = pd.DataFrame({"client_id": [], "answered_on": pd.to_datetime([]), "outcome": [], "log_odds": []})
    shown = shapes({"monitor_shift": pd.DataFrame([line]), "monitor_months": by_month(none)}, save_small(tmp_path))
    row = shown["everyone"].iloc[0]
    assert (row["index"], row["standardised"]) == ("0.20 (0.10 to 0.30)", f"{MINUS}0.40 ({MINUS}0.50 to {MINUS}0.30)")
    assert row["column"] == "client: job search (client)"
    assert shown["summed"]["half"].tolist() == ["client"]
    assert shown["months"].empty
    assert shown["body"].empty


def test_verdicts_are_counted_with_what_moved_furthest() -> None:
    """Two columns, one moved down by 0.3 and one up by 0.1: the former is the furthest."""
    table = pd.DataFrame({"slice": "a", "verdict": [MOVED, QUIET], "estimate": [0.2, 0.0], "effect": [-0.3, 0.1]})
    one = verdicts(table, "slice").iloc[0]
    assert (one[MOVED], one[QUIET], one["furthest"]) == (1, 1, -0.3)
    assert verdicts(table.assign(effect=np.nan), "slice")["furthest"].isna().all()
