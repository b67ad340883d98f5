"""Scores in files: what a cell may hold, and the same rows in either format."""

from pathlib import Path

import pyarrow.parquet as pq

from eriq.model.bundle import Bundle
from tests.scoring.conftest import Backlog, read_both, run_on


def test_a_formula_in_an_id_is_made_safe_in_text_and_kept_in_parquet(
    small_bundle: Bundle, backlog: Backlog, tmp_path: Path
) -> None:
    """A CSV is opened by spreadsheets, which run such cells, also those of rows set aside; Parquet is not."""
    frame = backlog(4).assign(client_id=["=1+1", "@x", "-2", "+c|d"])
    frame.loc[3, "cw01"] = "77"
    text, aside = read_both(run_on(frame, small_bundle, tmp_path))
    assert text["client_id"].tolist() == ["'=1+1", "'@x", "'-2"]
    assert aside["client_id"].tolist() == ["'+c|d"]
    assert (text["log_odds"] < 0).any()
    table, _ = read_both(run_on(frame, small_bundle, tmp_path, out="out.parquet"))
    assert table["client_id"].tolist() == ["=1+1", "@x", "-2"]


def test_parquet_and_csv_hold_the_same(small_bundle: Bundle, backlog: Backlog, tmp_path: Path) -> None:
    """Same rows, same numbers, same words; plain strings in Parquet whatever is used inside."""
    frame = backlog(25)
    text, _ = read_both(run_on(frame, small_bundle, tmp_path, chunk_rows=10))
    table, _ = read_both(run_on(frame, small_bundle, tmp_path, out="out.parquet", chunk_rows=10))
    assert text["probability"].tolist() == table["probability"].tolist()
    assert text["reason_2_answer"].tolist() == table["reason_2_answer"].tolist()
    assert {str(f.type) for f in pq.read_schema(tmp_path / "out.parquet") if f.name.endswith("label")} == {"string"}
