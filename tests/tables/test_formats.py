"""Files of statistics programs."""

import builtins
from pathlib import Path

import pandas as pd
import pyreadstat
import pytest

from eriq.errors import ConfigError, DependencyError, SourceError
from eriq.tables.files import read_declared, read_table

FRAME = pd.DataFrame({"id": ["07", "08", ""], "sex": [1.0, 2.0, 9.0], "x": [1.5, None, 3.0], "born": ["", "", ""]})
LABELS = {"sex": {1: "Mand", 2: "Kvinde", 9: "uoplyst"}}


def written(folder: Path, suffix: str) -> Path:
    """Return a file of a kind."""
    path = folder / f"x{suffix}"
    frame = FRAME.assign(born=pd.to_datetime(["1980-02-03", "1981-02-03", None]))
    if suffix == ".sav":
        pyreadstat.write_sav(frame, path, variable_value_labels=LABELS, missing_ranges={"sex": [9]})
    elif suffix == ".dta":
        pyreadstat.write_dta(frame, path, variable_value_labels=LABELS)
    else:
        pyreadstat.write_xport(frame, path)
    return path


@pytest.mark.parametrize("suffix", [".sav", ".dta", ".xpt"])
def test_cells_come_as_a_text_file_would_hold_them(tmp_path, suffix):
    """Codes without point, days as in our form, ids with their zeros, gaps as gaps."""
    read = read_declared(written(tmp_path, suffix))
    assert read.frame.fillna("").to_numpy().tolist() == [
        ["07", "1", "1.5", "1980-02-03"],
        ["08", "2", "", "1981-02-03"],
        ["", "9", "3", ""],
    ]
    pd.testing.assert_frame_equal(read_table(tmp_path / f"x{suffix}"), read.frame)


def test_labels_and_missing_codes_are_what_the_file_declares(tmp_path):
    """SPSS declares both, Stata labels, a transport file neither."""
    sex = read_declared(written(tmp_path, ".sav")).declared["sex"]
    assert sex.labels == {"1": "Mand", "2": "Kvinde", "9": "uoplyst"}
    assert sex.missing == {"9"}
    assert read_declared(written(tmp_path, ".dta")).declared["sex"].labels["2"] == "Kvinde"
    assert read_declared(written(tmp_path, ".xpt")).declared["sex"].labels == {}
    (tmp_path / "x.csv").write_text("a\n1\n")
    assert read_declared(tmp_path / "x.csv").declared is None


@pytest.mark.parametrize("suffix", [".sav", ".zsav", ".dta", ".sas7bdat", ".xpt"])
def test_what_is_no_such_file_is_told(tmp_path, suffix):
    """Its own kind is named, and nothing of what is in it."""
    (tmp_path / f"x{suffix}").write_bytes(b"SECRET-77" * 20)
    with pytest.raises(SourceError, match="is not a readable") as caught:
        read_table(tmp_path / f"x{suffix}")
    assert "SECRET" not in str(caught.value)


def test_ids_that_were_rounded_are_refused(tmp_path):
    """Two of 17 digits may have become one."""
    pyreadstat.write_sav(pd.DataFrame({"id": [2.0**53, 1.0]}), tmp_path / "x.sav")
    with pytest.raises(SourceError, match=r"1 number.* kept rounded"):
        read_table(tmp_path / "x.sav")


def test_without_the_extra_the_hint_says_what_to_install(tmp_path, monkeypatch):
    """Exit code 21, and nothing is loaded before such a file is asked for."""
    path, real = written(tmp_path, ".sav"), builtins.__import__

    def without(name, *more, **named):
        if name == "pyreadstat":
            raise ImportError(name)
        return real(name, *more, **named)

    monkeypatch.setattr(builtins, "__import__", without)
    with pytest.raises(DependencyError, match=r"eriq\[statistics-files\]"):
        read_table(path)


def test_a_named_sheet_is_read_and_others_are_left(tmp_path):
    """With a name other sheets may hold data; a name that is not there is told with the nearest; a text has none."""
    path = tmp_path / "x.xlsx"
    with pd.ExcelWriter(path) as book:
        pd.DataFrame({"note": ["x"]}).to_excel(book, sheet_name="Forside", index=False)
        pd.DataFrame({"id": ["1"]}).to_excel(book, sheet_name="Besvarelser", index=False)
    assert read_declared(path, sheet="Besvarelser").frame.columns.tolist() == ["id"]
    with pytest.raises(SourceError, match=r"no sheet 'Besvarelse'. Did you mean 'Besvarelser'"):
        read_declared(path, sheet="Besvarelse")
    with pytest.raises(SourceError, match=r"name it in source.sheets"):
        read_declared(path)
    with pytest.raises(ConfigError, match="is no workbook"):
        read_declared(tmp_path / "x.csv", sheet="a")
