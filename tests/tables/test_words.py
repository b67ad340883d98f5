"""Codes and labels of an agency in ours."""

import pandas as pd
import pytest

from eriq.config import Layout
from eriq.errors import ConfigError
from eriq.tables.schema import PERSONS, SPELLS, answers_columns
from eriq.tables.words import Declared, in_our_words, labels_of, unknown_codes, words_of


def people(**columns) -> pd.DataFrame:
    """Return persons as text, one per cell."""
    n = len(next(iter(columns.values())))
    return pd.DataFrame({"client_id": [f"c{k}" for k in range(n)], **columns}, dtype="str")


def persons_words(instrument, **given):
    """Return the words of PERSONS."""
    return words_of(Layout(**given), "persons", PERSONS, instrument)


def refused(instrument, part="persons", columns=PERSONS, **given) -> str:
    """Return the words of the refusal."""
    with pytest.raises(ConfigError) as caught:
        words_of(Layout(**given), part, columns, instrument)
    return str(caught.value)


def test_a_map_reads_codes_whatever_their_case_and_spaces(instrument):
    """Theirs become ours, ours stay ours, null is no value, and what nobody mapped stays as it is."""
    words = persons_words(instrument, codes={"persons": {"sex": {"Kvinde": "female", "?": None}}})
    given = people(sex=["KVINDE ", "male", "?", "hun"])
    made = in_our_words(given, words)
    assert made["sex"].fillna("-").tolist() == ["female", "male", "-", "hun"]
    assert given["sex"].tolist() == ["KVINDE ", "male", "?", "hun"]


def test_numbers_are_mapped_as_they_are_written(instrument):
    """1.0 of a spreadsheet, 1 of a database and "1" of a text file are one code; reversing twice is not done."""
    words = persons_words(instrument, codes={"persons": {"vocational_education": {1: 0, 2: 1}}})
    for kind in ("float64", "Int64", "str", "object"):
        made = in_our_words(pd.DataFrame({"vocational_education": pd.Series([1, 2], dtype=kind)}), words)
        assert made["vocational_education"].tolist() == ["0", "1"]


def test_cells_that_mean_no_value_go_by_table_and_column(instrument):
    """A missing code of one column is a value of another; '*' is every column, and a map counts first."""
    words = persons_words(
        instrument,
        missing={"persons": {"children": [99]}, "*": {"*": ["NA"]}},
        codes={"persons": {"family": {"NA": "single"}}},
    )
    made = in_our_words(people(children=["99", "2"], language=["99", "na"], family=["NA", "couple"]), words)
    assert made["children"].fillna("-").tolist() == ["-", "2"]
    assert made["language"].fillna("-").tolist() == ["99", "-"]
    assert made["family"].tolist() == ["single", "couple"]


@pytest.mark.parametrize("language", ["en", "sv", "da"])
def test_labels_are_read_in_each_language(instrument, language):
    """Every label of every item, missing codes among them, is the code that the codebook says."""
    columns = answers_columns(instrument)
    words = words_of(Layout(answer_labels=language), "answers", columns, instrument)
    for item in instrument.item_ids:
        labels = labels_of(instrument, item, language)
        made = in_our_words(pd.DataFrame({item: [f" {label.upper()} " for label in labels]}), words)
        assert made[item].tolist() == list(labels.values())
        assert [int(code) for code in labels.values()] == list(instrument.allowed(item))


def test_a_map_the_wrong_way_round_is_recognised(instrument):
    """Ours -> theirs is said as such, with the line as it should be."""
    text = refused(instrument, codes={"persons": {"sex": {"female": "Kvinde", "male": "Mand"}}})
    assert "codes.persons.sex is the wrong way round" in text
    assert "Kvinde: female" in text


def test_a_code_that_is_none_of_ours_is_told_with_the_nearest(instrument):
    """Allowed codes are listed, and the nearest is named."""
    text = refused(instrument, "spells", SPELLS, codes={"spells": {"status": {"løntilskud": "work_subsidized"}}})
    assert "Did you mean 'work_subsidised'?" in text
    assert "Ours are work_unsubsidised, work_subsidised" in text


@pytest.mark.parametrize("given", [{"codes": {"persons": {"sexx": {}}}}, {"missing": {"persons": {"sexx": [9]}}}])
def test_a_column_that_is_none_of_ours_is_told_with_the_nearest(instrument, given):
    """A map of a column nobody knows would do nothing without a word."""
    assert "Did you mean 'sex'?" in refused(instrument, **given)


def test_unknown_codes_are_one_line_with_counts_and_the_codes_of_many(instrument):
    """Five people's code is named, with the nearest that was mapped; a code of four people is counted only."""
    words = persons_words(instrument, codes={"persons": {"sex": {"Kvinde": "female", "Mand": "male"}}})
    frame = people(sex=["Kvinda"] * 5 + ["SECRET-77"] * 4 + ["Mand"])
    (problem,) = unknown_codes(in_our_words(frame, words), words)
    assert problem.code == "unknown_code"
    assert "9 cell(s) of 2 unknown codes: 'Kvinda' (5; 'kvinde'?), others of fewer than 5 people each" in str(problem)
    assert "SECRET" not in str(problem)


def test_without_a_map_only_codes_of_many_are_told(instrument):
    """A slip stays with the contract, which tells its row; a language of its own asks for a map."""
    words = persons_words(instrument)
    assert unknown_codes(people(sex=["femal", "male"]), words) == []
    (problem,) = unknown_codes(people(sex=["Kvinde"] * 5), words)
    assert "say in source.codes.persons which of ours they are: female, male, other" in str(problem)
    (problem,) = unknown_codes(people(vocational_education=["Ja"] * 5 + ["Nej"] * 5 + ["1"]), words)
    assert "10 cell(s) of 2 unknown codes: 'Ja' (5), 'Nej' (5)" in str(problem)
    assert unknown_codes(people(vocational_education=["7"] * 5), words) == []


def test_declared_labels_are_read_and_undeclared_ones_told(instrument):
    """A label may be mapped as well as its code; a code without label, where labels are mapped, is an error."""
    words = persons_words(instrument, codes={"persons": {"sex": {"Kvinde": "female", "Mand": "male"}}})
    declared = {"sex": Declared({"1": "Mand", "2": "Kvinde", "9": "uoplyst"}, frozenset({"9"}))}
    made = in_our_words(people(sex=["1", "2", "9", "3"]), words, declared)
    assert made["sex"].fillna("-").tolist() == ["male", "female", "-", "3"]
    (problem,) = unknown_codes(made, words, declared)
    assert problem.code == "undeclared_label"
    assert "the file declares no label for 1 cell(s) of 1 unknown code" in str(problem)


def test_a_missing_code_of_the_questionnaire_stays_one(instrument):
    """-2 declared missing by a file is still "don't know", 99 is nothing."""
    words = words_of(Layout(), "answers", answers_columns(instrument), instrument)
    declared = {"cw01": Declared({}, frozenset({"-2", "99"}))}
    made = in_our_words(pd.DataFrame({"cw01": ["-2", "99", "3"]}), words, declared)
    assert made["cw01"].fillna("-").tolist() == ["-2", "-", "3"]
