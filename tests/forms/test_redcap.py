"""REDCap: a data dictionary by its documented columns, and exports with repeating instruments."""

import csv
import io
import re
from pathlib import Path

import pytest

from eriq.errors import InstrumentError, SchemaError
from eriq.forms import redcap
from eriq.forms.form import forms
from eriq.instrument.instrument import Instrument, load_instrument
from eriq.instrument.texts import LANGUAGES, Language
from tests.forms.filled import as_code, as_label, back, known, rows_of, same, write_csv


def exported(instrument: Instrument, path: Path, language: Language | None) -> Path:
    """Write what REDCap exports of the known answers: raw, or as labels in `language`."""
    made = forms(instrument)
    fields = {form.name: redcap.fields(form)[1:] for form in made}
    header = ["client_id", "redcap_repeat_instrument", "redcap_repeat_instance"]
    for form in made:
        header += [*(field.name for field in fields[form.name]), f"{form.name.replace('-', '_')}_complete"]
    if language:
        header = ["Client number", "Repeat Instrument", "Repeat Instance"]
        for form in made:
            header += [*(field.text[language] for field in fields[form.name]), "Complete?"]
    table, rows = known(instrument), []
    for form in made:
        say = as_label(language) if language else as_code
        for row in rows_of(form, table, say):
            called = form.name.replace("-", " ").title() if language else form.name.replace("-", "_")
            cells = [row.pop("client_id"), called, str(len(rows) + 1)]
            for other in made:
                mine = [form.stamp, *row.values(), "Complete" if language else "2"]
                cells += mine if other is form else [""] * (len(fields[other.name]) + 1)
            rows.append(cells)
    rows.sort(key=lambda cells: cells[0])  # record by record, forms mixed
    rows.insert(0, ["K000", *[""] * (len(header) - 1)])  # the record itself
    return write_csv(path, header, rows)


def test_a_dictionary_is_made_as_redcap_wants_it(instrument: Instrument) -> None:
    """Eighteen columns, one instrument per half, unique names of small letters, the record's id first, codes."""
    for written in redcap.write(forms(instrument)):
        rows = list(csv.DictReader(io.StringIO(written.content.decode())))
        names = [row["Variable / Field Name"] for row in rows]

        assert tuple(rows[0]) == redcap.COLUMNS
        assert len(redcap.COLUMNS) == 18
        assert names[0] == "client_id"
        assert len(set(names)) == len(names)
        assert all(re.fullmatch(r"[a-z][a-z0-9_]*", name) for name in names)
        stem = instrument.id.replace("-", "_")
        assert {row["Form Name"] for row in rows} == {f"{stem}_caseworker", f"{stem}_client"}
        for row in rows:
            choices = row["Choices, Calculations, OR Slider Labels"]
            assert (row["Field Type"] == "radio") == bool(choices)
            assert all(re.match(r"-?\d+, \S", choice) for choice in choices.split(" | ") if choice)


def test_there_is_a_dictionary_for_each_language(instrument: Instrument) -> None:
    """REDCap keeps one language in a dictionary."""
    assert [written.name[-6:-4] for written in redcap.write(forms(instrument))] == list(LANGUAGES)


def test_a_raw_export_comes_back(instrument: Instrument, tmp_path: Path) -> None:
    """Codes of both repeating instruments in one file, and a row that is only the record."""
    assert same(back([exported(instrument, tmp_path / "raw.csv", None)], "redcap", instrument), known(instrument))


@pytest.mark.parametrize("language", LANGUAGES)
def test_an_export_of_labels_comes_back(instrument: Instrument, language: Language, tmp_path: Path) -> None:
    """Labels of fields as headings and of choices as cells; "Complete?" stands there for every instrument."""
    found = back([exported(instrument, tmp_path / "labels.csv", language)], "redcap", instrument)

    assert same(found, known(instrument))


def test_without_repeating_instruments_a_row_may_hold_both_halves(instrument: Instrument, tmp_path: Path) -> None:
    """Of one wave, each record is one row, with a day for each half."""
    table = known(instrument).drop_duplicates("client_id")
    by_form = [rows_of(form, table, as_code) for form in forms(instrument)]
    header = ["client_id", *(field.name for form in forms(instrument) for field in redcap.fields(form)[1:])]
    stamp = forms(instrument)[0].stamp
    rows = [
        [halves[0]["client_id"], *(cell for half in halves for cell in (stamp, *list(half.values())[1:]))]
        for halves in zip(*by_form, strict=True)
    ]

    assert same(back([write_csv(tmp_path / "one.csv", header, rows)], "redcap", instrument), table)


def test_an_export_of_other_instruments_is_refused(tmp_path: Path) -> None:
    """A file in which no row is of ours says which instruments were looked for."""
    path = write_csv(tmp_path / "other.csv", ["client_id", "redcap_repeat_instrument", "x"], [["1", "visits", "2"]])

    with pytest.raises(InstrumentError, match="no row is of an instrument eriq22-caseworker or eriq22-client"):
        back([path], "redcap", load_instrument("eriq22"))


def test_a_row_is_counted_where_it_stands_in_the_file(tmp_path: Path) -> None:
    """Rows of the other form and of the record lie between; the number of a row is that of the file."""
    instrument = load_instrument("eriq22")
    path = exported(instrument, tmp_path / "raw.csv", None)
    cells = list(csv.reader(io.StringIO(path.read_text(encoding="utf-8"))))
    place = next(n for n, row in enumerate(cells) if n > 5 and row[1] == "eriq22_client")
    cells[place][cells[0].index("cl01")] = "77"
    write_csv(path, cells[0], cells[1:])

    with pytest.raises(SchemaError, match=rf"raw\.csv: cl01: not an answer .* in 1 row\(s\): {place}$"):
        back([path], "redcap", instrument)
