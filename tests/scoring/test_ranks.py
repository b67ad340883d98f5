"""Ranks over a whole run: ties, what refits would move, and room for so many."""

import json
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from scipy.stats import rankdata

from eriq.model.bundle import Bundle
from eriq.scoring.chunk import score_rows
from eriq.scoring.options import Options
from eriq.scoring.ranks import ranks
from tests.scoring.conftest import Backlog, read_both, run_on


@pytest.mark.parametrize("ties", ["min", "max", "dense", "average"])
def test_ranks_agree_with_scipy(ties: str) -> None:
    """Ranks from the highest value are scipy's of the negative values, ties included."""
    values = np.random.default_rng(2).integers(0, 20, 200) / 20
    np.testing.assert_array_equal(ranks(values, ties), rankdata(-values, method=ties))


def test_rank_covers_the_whole_run_and_leaves_unstable_rows_out(
    small_bundle: Bundle, backlog: Backlog, tmp_path: Path
) -> None:
    """Ranks over three chunks are those of all probabilities; a row that moves too far over the refits has none."""
    frame = backlog(60)
    options = {"rank": True, "ties": "min", "rank_moves": 0.3, "capacity": 10, "chunk_rows": 20}
    scores, _ = read_both(run_on(frame, small_bundle, tmp_path, out="out.parquet", **options))
    matrix = score_rows(small_bundle, frame, Options(ranked=True)).scores
    all_ranks = [rankdata(-matrix[c], method="min") for c in ("_log_odds", "_refit_1", "_refit_2")]
    moved = (np.max(all_ranks, axis=0) - np.min(all_ranks, axis=0)) > 0.3 * 60
    assert 0 < moved.sum() < 60
    assert scores["do_not_rank"].tolist() == moved.tolist()
    assert scores["rank"].isna().tolist() == moved.tolist()
    np.testing.assert_array_equal(scores["rank"].dropna(), all_ranks[0][~moved])
    assert scores.loc[~moved, "within_capacity"].dropna().sum() <= 10
    assert not [c for c in scores if c.startswith("_")]
    rules = json.loads((tmp_path / "out.parquet.manifest.json").read_text())["rank"]
    assert rules["not_ranked"] == moved.sum()
    assert rules["ties"].startswith("min: ")


def test_a_tie_across_the_capacity_is_left_open(small_bundle: Bundle, backlog: Backlog, tmp_path: Path) -> None:
    """Three equal rows and room for two: none is in, none is out, and the manifest counts them."""
    frame = pd.concat([backlog(1)] * 3, ignore_index=True).assign(client_id=["a", "b", "c"])
    scores, _ = read_both(run_on(frame, small_bundle, tmp_path, rank=True, capacity=2, rank_moves=1.0))
    assert scores["rank"].tolist() == [1, 1, 1]
    assert scores["within_capacity"].isna().all()
    assert json.loads((tmp_path / "out.csv.manifest.json").read_text())["rank"]["open"] == 3


def test_there_is_no_rank_unless_asked(small_bundle: Bundle, backlog: Backlog, tmp_path: Path) -> None:
    """A rank invites a verdict; a file without the wish for one has none."""
    scores, _ = read_both(run_on(backlog(5), small_bundle, tmp_path))
    assert not {"rank", "do_not_rank", "within_capacity"} & set(scores)
