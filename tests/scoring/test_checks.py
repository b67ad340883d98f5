"""Which rows are set aside, and why."""

import datetime as dt
from collections.abc import Callable

import numpy as np
import pandas as pd
import pytest

from eriq.model.bundle import Bundle
from eriq.scoring.checks import checked_answers
from eriq.tables.intake import check_answers

Backlog = Callable[..., pd.DataFrame]


@pytest.mark.parametrize("seed", range(5))
def test_the_quick_check_finds_what_the_full_check_finds(small_bundle: Bundle, backlog: Backlog, seed: int) -> None:
    """Items as small whole numbers, some with codes off the scale or gaps: same table and same problems."""
    instrument = small_bundle.instrument
    assert instrument is not None
    rng = np.random.default_rng(seed)
    frame = backlog(30).astype(dict.fromkeys(instrument.item_ids, "Int8"))
    for item in rng.choice(instrument.item_ids, 6):
        frame.loc[rng.integers(30), item] = rng.choice([9, -128, 127, 0])
        frame.loc[rng.integers(30), item] = pd.NA
    frame.loc[5, "client_id"] = "c1"
    day = dt.date(2026, 1, 1)
    quick, full = checked_answers(frame, instrument, day), check_answers(frame, instrument, day, extra="ignore")
    pd.testing.assert_frame_equal(quick[0], full[0])
    assert sorted(map(str, quick[1])) == sorted(map(str, full[1]))
