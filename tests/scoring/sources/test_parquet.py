"""Parquet in chunks: row groups, folders and damage."""

from pathlib import Path

import pandas as pd
import pytest

from eriq.errors import SourceError
from eriq.scoring.sources.files import open_files
from tests.scoring.sources.conftest import WANTED, found, parquet, read


@pytest.mark.parametrize("group", [3, 10, 100])
def test_parquet_in_chunks_whatever_the_row_groups(tmp_path: Path, group: int) -> None:
    """Small row groups are read together, large ones in slices; no chunk is over the limit."""
    made = read(parquet(tmp_path / "a.parquet", 100, group), chunk_rows=8)
    assert found(made)[0] == list(range(1, 101))
    assert max(c.n_rows for c in made) <= 8
    assert [c.index for c in made] == list(range(len(made)))
    assert list(made[0].frame) == ["client_id", "cw01"]


def test_a_folder_of_parquet_in_the_order_of_names(tmp_path: Path) -> None:
    """Files are read by name; what others leave beside them is not."""
    folder = tmp_path / "in"
    folder.mkdir()
    parquet(folder / "part-1.parquet", 5, 5, first=10)
    parquet(folder / "part-0.parquet", 10, 5)
    (folder / "_SUCCESS").touch()
    (folder / ".part-2.parquet.crc").write_bytes(b"x")
    assert found(read(folder))[1] == [f"c{k}" for k in range(15)]


def test_files_of_other_columns_in_a_folder_are_refused(tmp_path: Path) -> None:
    """A column that only some files have would be a gap that nobody left."""
    folder = tmp_path / "in"
    folder.mkdir()
    parquet(folder / "a.parquet", 5, 5)
    pd.DataFrame({"client_id": ["c9"]}).to_parquet(folder / "b.parquet")
    with pytest.raises(SourceError, match="same columns"):
        read(folder)


@pytest.mark.parametrize("keep", [0, 10, 500])
def test_a_truncated_parquet_file_is_a_named_error(tmp_path: Path, keep: int) -> None:
    """Without its end a Parquet file has no content; that is found before any row is given."""
    file = parquet(tmp_path / "a.parquet", 2000, 100)
    file.write_bytes(file.read_bytes()[:keep])
    with pytest.raises(SourceError, match="not a readable Parquet file"):
        open_files(file, WANTED)


def test_a_damaged_page_is_a_named_error(tmp_path: Path) -> None:
    """Bytes changed in the middle end the reading with an error of ours, or give rows that can be judged."""
    file = parquet(tmp_path / "a.parquet", 5000, 500)
    body = bytearray(file.read_bytes())
    body[200:2000] = bytes(1800)
    file.write_bytes(bytes(body))
    with pytest.raises(SourceError, match="cannot be read to its end"):
        read(file)
