"""What a training leaves in its folder."""

from pathlib import Path

import pandas as pd
import pytest
from tests.study.reporting.made_up import made_up_facts, small

from eriq.errors import OutputError
from eriq.study.reporting.files import write_results


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return a folder of results in which one answer is that of four people."""
    tables = small()
    tables["answers"] = tables["answers"].assign(people=[1500, 4, 100, 1500, 400, 100], share=[0.375, 0.0777, 0.02] * 2)
    return write_results(tmp_path_factory.mktemp("reports") / "one", tables, made_up_facts())


def test_every_figure_is_there_as_svg_and_png_with_its_data(folder: Path) -> None:
    """Three files of each figure, the picture of the list in three languages, and no draft left over."""
    by_kind = {kind: {file.stem for file in (folder / "figures").glob(f"*.{kind}")} for kind in ("svg", "png", "csv")}
    assert by_kind["svg"] == by_kind["png"] == by_kind["csv"]
    assert by_kind["svg"] >= {"list-en", "list-sv", "list-da", "auc", "roc", "answers"}
    assert (folder / "figures" / "list-sv.svg").read_text(encoding="utf-8").startswith("<svg")
    assert pd.read_csv(folder / "figures" / "list-en.csv")["of_100"].tolist() == [65, 15, 7]
    assert [part.name for part in folder.parent.iterdir()] == ["one"]


def test_small_numbers_are_in_no_file_of_the_folder(folder: Path) -> None:
    """An answer of four people is in no table, no figure and no page."""
    hidden = pd.read_csv(folder / "figures" / "answers.csv")
    assert hidden.loc[hidden["item"] == "a", "share"].notna().tolist() == [True, False, False]
    assert pd.read_csv(folder / "tables" / "answers.csv")["share"].isna().sum() == 2


def test_a_folder_that_cannot_be_made_is_said(tmp_path: Path) -> None:
    """A file where a folder must go is an output error."""
    (tmp_path / "file").write_text("")
    with pytest.raises(OutputError, match="cannot be written"):
        write_results(tmp_path / "file" / "one", small(), made_up_facts())
