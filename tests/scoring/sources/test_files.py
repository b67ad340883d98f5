"""Files by their endings: the same promises for each kind."""

from pathlib import Path

import pandas as pd
import pytest

from eriq.errors import ConfigError, EriqError, SchemaError
from eriq.scoring.sources.base import Wanted
from eriq.scoring.sources.files import open_files
from tests.scoring.sources.conftest import WANTED, csv_file, read


def test_a_column_twice_is_refused_and_a_mapping_must_fit(tmp_path: Path) -> None:
    """Which of two columns is meant cannot be known; a mapped column must be there."""
    file = csv_file(tmp_path / "a.csv", b"client_id,cw01,cw01\nc1,1,2\n")
    with pytest.raises(SchemaError, match="cw01 is there 2 times"):
        read(file)
    mapped = Wanted(frozenset({"client_id"}), mapping={"client_id": "cpr"})
    with pytest.raises(ConfigError, match="no column 'cpr'"):
        open_files(file, mapped)


@pytest.mark.parametrize("kind", ["csv", "parquet", "xlsx"])
def test_starting_later_gives_the_same_chunks(tmp_path: Path, kind: str) -> None:
    """From chunk 3 on: the same numbers, rows and content as when all are read."""
    file = tmp_path / f"a.{kind}"
    frame = pd.DataFrame({"client_id": [f"c{k}" for k in range(50)], "cw01": [k % 5 for k in range(50)]})
    {"csv": frame.to_csv, "parquet": frame.to_parquet, "xlsx": frame.to_excel}[kind](file, index=False)
    whole, later = read(file, chunk_rows=8), read(file, chunk_rows=8, start=3)
    assert [(c.index, c.first_row) for c in later] == [(c.index, c.first_row) for c in whole[3:]]
    for one, other in zip(whole[3:], later, strict=True):
        pd.testing.assert_frame_equal(one.frame, other.frame)


def test_the_stamp_follows_the_content(tmp_path: Path) -> None:
    """One changed cell changes the stamp; another name does not."""
    one = csv_file(tmp_path / "a.csv", b"client_id,cw01\nc1,1\n")
    same = csv_file(tmp_path / "b.csv", b"client_id,cw01\nc1,1\n")
    other = csv_file(tmp_path / "c.csv", b"client_id,cw01\nc1,2\n")
    stamps = [open_files(p, WANTED).stamp() for p in (one, same, other)]
    assert stamps[0] == stamps[1] != stamps[2]


def test_no_file_and_a_wrong_kind(tmp_path: Path) -> None:
    """What is not there, or no table, is a named error."""
    for name in ("none.csv", "none.parquet", "a.docx", "none"):
        with pytest.raises(EriqError):
            open_files(tmp_path / name, WANTED)
