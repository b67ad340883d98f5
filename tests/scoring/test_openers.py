"""Every kind of input and output that a config may name has its opener."""

from pathlib import Path
from typing import get_args

import pytest

from eriq.config import FileInput, ScoringJob
from eriq.errors import SourceError
from eriq.scoring.sinks.openers import OUTPUTS
from eriq.scoring.sources.base import Wanted
from eriq.scoring.sources.openers import OPENERS, open_source
from eriq.scoring.sources.sql import SqlSource
from tests.scoring.conftest import URL


@pytest.mark.parametrize(("part", "openers"), [("source", OPENERS), ("sink", OUTPUTS)])
def test_the_kinds_of_a_config_are_those_with_an_opener(part: str, openers: dict[str, object]) -> None:
    """A kind without an opener would be a fault of ours at night; an opener without a kind is dead."""
    kinds = {
        get_args(choice.model_fields["kind"].annotation)[0]
        for choice in get_args(ScoringJob.model_fields[part].annotation)
    }
    assert set(openers) == kinds


def test_a_database_gives_the_wanted_columns_under_our_names(database: Path) -> None:
    """Of four columns two are wanted, one of them named otherwise there; the others do not come out."""
    wanted = Wanted(frozenset({"client_id", "cw02"}), mapping={"cw02": "cw01"})
    with SqlSource(URL, table="answers", wanted=wanted) as source:
        (chunk,) = source.chunks()
    assert chunk.frame.to_dict("list")["client_id"] == ["a", "a", "b", "c", "d"]
    assert list(chunk.frame) == ["client_id", "cw02"]


def test_a_folder_that_is_named_like_a_text_file_is_refused(tmp_path: Path) -> None:
    """Only Parquet may come as a folder."""
    (tmp_path / "a.csv").mkdir()
    with pytest.raises(SourceError, match="only Parquet may come as a folder"):
        open_source(FileInput(path=tmp_path / "a.csv"), Wanted(frozenset({"client_id"})), 10)
