"""Two trainings side by side: what each told, and what differs."""

from dataclasses import replace
from pathlib import Path

import pytest
from tests.study.reporting.made_up import Page, made_up_facts, main_tables, people_tables, small

from eriq.errors import SourceError
from eriq.pages import GAP
from eriq.study.reporting.beside import (
    beside_html,
    headline_rows,
    measure_rows,
    people_rows,
    read_kept,
    settings,
)
from eriq.study.reporting.files import write_results

FACTS = made_up_facts(started="2026-01-05 09:00 UTC", config_yaml="name: demo\nseed: 1\nexplain: {rows: 100}\n")


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    tables = {name: table for name, table in small().items() if name not in people_tables() or name == "listed"}
    return write_results(tmp_path_factory.mktemp("kept") / "one", tables, FACTS)


@pytest.fixture(scope="module")
def other(tmp_path_factory: pytest.TempPathFactory) -> Path:
    tables = {**main_tables(), "headline": small()["headline"].assign(estimate=0.111, size="small")}
    facts = replace(FACTS, n_clients=444, config_yaml="name: demo\nseed: 2\nexplain: {rows: 100}\n", digests={"a": "b"})
    return write_results(tmp_path_factory.mktemp("kept") / "two", tables, facts)


def test_what_is_read_back_is_what_was_told(folder: Path) -> None:
    """Headline, list, measures and people are those of the tables, in words and with their intervals."""
    kept = read_kept(folder)
    head = {name: cell.replace("\N{NO-BREAK SPACE}", " ") for name, cell in headline_rows(kept)}
    assert head["Verdict"] == "gain shown, large"
    assert head["AUC with"] == "0.861 (0.849 to 0.873)"
    assert head["Difference in AUC"] == "+0.219 (0.197 to 0.241)"
    assert head["Of the list ranked without"] == "29 (17 to 41) of 200 (highest)"
    assert dict(measure_rows(kept, ("brier",)))["Brier score (lower is better)"].startswith("0.045")
    assert dict(people_rows(kept))["People"] == "5,011"


def test_both_stand_side_by_side(folder: Path, other: Path) -> None:
    """Each training has its column, what one lacks is a gap, and other data are said to be other data."""
    page = Page(beside_html(read_kept(folder), read_kept(other)))
    assert page.open == []
    assert "A: demo, 2026-01-05 09:00 UTC" in page.text
    assert "People 5,011 444" in page.text
    assert "seed 1 2" in page.text
    assert "explain" not in page.text
    assert "they are not on the same data" in page.text
    assert not [value for _, name, value in page.attributes if name in ("src", "href") and not value.startswith("#")]


def test_a_training_beside_itself_differs_in_nothing(folder: Path) -> None:
    """The same folder twice: no setting differs, and the data are the same."""
    page = Page(beside_html(read_kept(folder), read_kept(folder)))
    assert "Nothing: the two configs are the same." in page.text
    assert "not on the same data" not in page.text


def test_settings_are_compared_to_the_leaf() -> None:
    """Keys that one config lacks are a gap; lists are compared whole."""
    table = settings({"a": {"b": 1, "c": [1, 2]}, "d": "x"}, {"a": {"b": 1, "c": [1]}})
    assert table.to_numpy().tolist() == [["a.c", "[1, 2]", "[1]"], ["d", "x", GAP]]


@pytest.mark.parametrize("gone", ["facts.json", "config.yaml", "tables/measures.csv"])
def test_a_folder_without_a_whole_report_is_named(folder: Path, tmp_path: Path, gone: str) -> None:
    """What is missing is said, as an error of the source."""
    import shutil

    there = shutil.copytree(folder, tmp_path / "copy")
    (there / gone).unlink()
    with pytest.raises(SourceError, match=Path(gone).name):
        read_kept(there)


def test_a_file_that_is_no_report_is_not_repeated(folder: Path, tmp_path: Path) -> None:
    """Text of a broken file stands in no error."""
    import shutil

    there = shutil.copytree(folder, tmp_path / "copy")
    (there / "facts.json").write_text("SECRET-77", encoding="utf-8")
    with pytest.raises(SourceError, match="cannot be read") as raised:
        read_kept(there)
    assert "SECRET" not in str(raised.value)


def test_a_report_of_another_version_is_named(folder: Path, tmp_path: Path) -> None:
    """A fact or a column that this version needs and the report lacks is an error of the source, no fault of ours."""
    import json
    import shutil

    there = shutil.copytree(folder, tmp_path / "copy")
    facts = json.loads((there / "facts.json").read_text(encoding="utf-8"))
    (there / "facts.json").write_text(json.dumps({k: v for k, v in facts.items() if k != "digests"}), encoding="utf-8")
    with pytest.raises(SourceError, match="another version of eriq: digests is missing"):
        read_kept(there)
