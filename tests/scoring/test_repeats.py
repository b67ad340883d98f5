"""Rows that occur twice, wherever the chunks end."""

from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from eriq.model.bundle import Bundle
from eriq.scoring.repeats import Seen
from tests.scoring.conftest import Backlog, read_both, run_on


@pytest.mark.parametrize("chunk_rows", [1, 2, 5, 100])
def test_repeats_are_found_across_chunks(
    small_bundle: Bundle, backlog: Backlog, tmp_path: Path, chunk_rows: int
) -> None:
    """The later of two rows of one client and day is set aside, wherever the chunks end; so is a wave twice."""
    frame = pd.concat([backlog(6), backlog(3)], ignore_index=True)  # rows 7 to 9 repeat 1 to 3
    frame.loc[8, "answered_on"] = "2015-06-01"  # row 9: another day of c3, and the same wave
    frame.loc[1, "cw01"] = "9"  # row 2 is set aside itself; row 8 still repeats it
    scores, rejected = read_both(run_on(frame, small_bundle, tmp_path, chunk_rows=chunk_rows))
    assert scores["row"].tolist() == [1, 3, 4, 5, 6]
    assert rejected["row"].tolist() == [2, 7, 8, 9]
    assert rejected["code"].tolist() == [
        "cw01:outside_scale",
        *["client_id:duplicate; client_id:duplicate"] * 2,
        "client_id:duplicate",
    ]
    assert rejected["client_id"].tolist() == ["c2", "c1", "c2", "c3"]


def test_keys_seen_are_remembered_over_many_additions() -> None:
    """10,000 keys in 100 additions: each is found again, none is found before it came."""
    rng = np.random.default_rng(1)
    keys = rng.integers(1, 2**63, 10_000).astype("uint64")[:, None]
    seen = Seen()
    assert not any(seen.add(part).any() for part in np.split(keys, 100))
    assert all(seen.add(part).all() for part in np.split(keys[rng.permutation(10_000)], 10))
