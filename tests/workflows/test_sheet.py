"""Pages as an operator makes them: who gets one, where they stand, and what is told."""

import io
import stat
from collections.abc import Callable
from pathlib import Path

import openpyxl
import pandas as pd
import pytest

from eriq.config.sheets import SheetSettings, load_sheets
from eriq.errors import ConfigError, EriqError, OutputError, SchemaError, SourceError
from eriq.workflows.sheet import read_clients, read_list, sheets


@pytest.fixture
def answers(tmp_path: Path, answer_text: Callable[..., pd.DataFrame]) -> Path:
    """Give four clients' answers: one has not agreed, one has withdrawn."""
    table = answer_text(4, client_id=["=c1", "c2", "c3", "c4"], consent=["1", "0", "1", "1"])
    table["consent_withdrawn_on"] = ["", "", "2015-06-01", ""]
    file = tmp_path / "answers.csv"
    table.to_csv(file, index=False)
    return file


def test_who_agreed_has_a_page_and_the_rest_is_counted(answers: Path, tmp_path: Path) -> None:
    """Numbered pages, an index that alone knows whose they are, and a sentence of counts."""
    done = sheets(answers, tmp_path / "pages", None)

    assert sorted(p.name for p in (tmp_path / "pages").iterdir()) == ["1.html", "2.html", "index.html"]
    assert (done.pages, done.without_consent, done.unknown) == (2, 2, ())
    assert "c4" in done.index.read_text("utf-8")
    assert "c4" not in done.sentence


def test_a_wave_without_consent_is_on_no_page(tmp_path: Path, answer_text: Callable[..., pd.DataFrame]) -> None:
    """Who agrees now has not agreed to what was answered before: that wave is neither drawn nor dated."""
    waves = answer_text(2, client_id=["c1", "c1"], wave=["1", "2"], consent=["0", "1"])
    waves.to_csv(tmp_path / "answers.csv", index=False)
    sheets(tmp_path / "answers.csv", tmp_path / "pages", None)
    page = (tmp_path / "pages" / "1.html").read_text("utf-8")

    assert "2 March 2015" in page
    assert "1 March 2015" not in page


def test_a_blank_is_no_consent_and_a_withdrawal_always_counts(
    tmp_path: Path, answer_text: Callable[..., pd.DataFrame]
) -> None:
    """Who left consent blank this time has no page, whatever was said before; who withdrew has none in either case."""
    waves = answer_text(3, client_id=["c1", "c1", "c2"], wave=["1", "2", "1"], consent=["1", "", "1"])
    waves["consent_withdrawn_on"] = ["", "", "2015-06-01"]
    waves.to_csv(tmp_path / "answers.csv", index=False)

    assert sheets(tmp_path / "answers.csv", tmp_path / "asked", None).pages == 0
    assert sheets(tmp_path / "answers.csv", tmp_path / "not", None, SheetSettings(consent="not_collected")).pages == 1


def test_files_about_people_are_their_owners(answers: Path, tmp_path: Path) -> None:
    """Pages, index and table are 0600 in a folder 0700."""
    sheets(answers, tmp_path / "pages", None, table=tmp_path / "table.csv")

    assert stat.S_IMODE((tmp_path / "pages").stat().st_mode) == 0o700
    for file in (*(tmp_path / "pages").iterdir(), tmp_path / "table.csv"):
        assert stat.S_IMODE(file.stat().st_mode) == 0o600


def test_only_those_asked_for(answers: Path, tmp_path: Path) -> None:
    """Ids of a list get a page; one nobody knows is counted, not named."""
    done = sheets(answers, tmp_path / "pages", read_clients("c4\n\nnobody-77\n"))

    assert (done.pages, done.unknown) == (1, (2,))
    assert "places in the list: 2" in done.sentence
    assert "nobody-77" not in done.sentence


@pytest.mark.parametrize("suffix", [".csv", ".xlsx"])
def test_the_table_opens_in_a_spreadsheet(answers: Path, tmp_path: Path, suffix: str) -> None:
    """Semicolons and headings in the language, or a workbook; no cell that would be run."""
    file = tmp_path / f"table{suffix}"
    sheets(answers, tmp_path / "pages", None, SheetSettings(language="sv"), table=file)
    if suffix == ".csv":
        read = pd.read_csv(io.StringIO(file.read_text("utf-8-sig")), sep=";", dtype="str")
    else:
        rows = list(openpyxl.load_workbook(file).active.iter_rows(values_only=True))
        read = pd.DataFrame(rows[1:], columns=rows[0])

    assert list(read.columns) == ["Deltagare", "Dag", "Område", "Vem som svarade", "Fråga", "Svar"]
    assert set(read["Deltagare"]) == {"'=c1", "c4"}


def test_pages_of_an_earlier_month_do_not_stay(answers: Path, tmp_path: Path) -> None:
    """With --overwrite the folder holds this month's pages alone; without it, nothing is touched."""
    sheets(answers, tmp_path / "pages", None)
    with pytest.raises(OutputError, match="overwrite"):
        sheets(answers, tmp_path / "pages", ["c4"])
    sheets(answers, tmp_path / "pages", ["c4"], overwrite=True)

    assert sorted(p.name for p in (tmp_path / "pages").iterdir()) == ["1.html", "index.html"]


def test_a_refused_run_leaves_the_pages_that_are_there(answers: Path, tmp_path: Path) -> None:
    """A table of a strange kind, or a file that is not there, is refused before last month's pages are removed."""
    out = tmp_path / "pages"
    sheets(answers, out, None)
    before = sorted(out.iterdir())
    with pytest.raises(OutputError):
        sheets(answers, out, None, table=tmp_path / "t.txt", overwrite=True)
    with pytest.raises(EriqError):
        sheets(tmp_path / "nothing.csv", out, None, overwrite=True)
    assert sorted(out.iterdir()) == before


def test_a_folder_with_other_files_is_left_alone(answers: Path, tmp_path: Path) -> None:
    """Nothing is removed where anything else lies; a missing folder above, a link and a strange table are refused."""
    with pytest.raises(OutputError, match="no pages"):
        sheets(answers, tmp_path, None, overwrite=True)
    assert answers.exists()
    with pytest.raises(OutputError, match="no folder"):
        sheets(answers, tmp_path / "no" / "pages", None)
    (tmp_path / "link").symlink_to(tmp_path)
    with pytest.raises(OutputError, match="no folder of ours"):
        sheets(answers, tmp_path / "link", None, overwrite=True)
    with pytest.raises(OutputError, match="csv"):
        sheets(answers, tmp_path / "pages", None, table=tmp_path / "table.doc")
    assert not (tmp_path / "pages").exists()


def test_what_cannot_be_read_is_named_without_a_value(answers: Path, tmp_path: Path, secret: str) -> None:
    """A wrong answer refuses the file; so do a missing consent, a list that is no text, a forecast without a model."""
    table = pd.read_csv(answers, dtype="str")
    table.assign(cw01=secret).to_csv(tmp_path / "wrong.csv", index=False)
    with pytest.raises(SchemaError) as wrong:
        sheets(tmp_path / "wrong.csv", tmp_path / "pages", None)
    assert secret not in str(wrong.value)
    table.drop(columns="consent").to_csv(tmp_path / "unasked.csv", index=False)
    with pytest.raises(SourceError, match="consent"):
        sheets(tmp_path / "unasked.csv", tmp_path / "pages", None)
    (tmp_path / "ids").write_bytes(b"\xff\xfe\x00")
    with pytest.raises(SourceError, match="ids"):
        read_list(tmp_path / "ids")
    with pytest.raises(ConfigError, match="needs a model"):
        sheets(answers, tmp_path / "pages", None, SheetSettings(show="band"))
    assert not (tmp_path / "pages").exists()


def test_settings_are_read_strictly(tmp_path: Path) -> None:
    """A key nobody knows is told with the nearest that is known."""
    (tmp_path / "sheet.yaml").write_text("version: 1\nshw: none\n")
    with pytest.raises(ConfigError, match="Did you mean 'show'"):
        load_sheets(tmp_path / "sheet.yaml")
