"""How an agency's files are written, as YAML says it."""

import pytest
from pydantic import ValidationError

from eriq.config import FileInput, Layout, Tables, Weekly, parse_yaml

HALVES = {"kind": "tables", "caseworker_answers": "a.csv", "client_answers": "b.csv", "within_days": 14}


def refused(section, **given) -> str:
    """Return the words of the refusal."""
    with pytest.raises(ValidationError) as caught:
        section.model_validate(given)
    return str(caught.value)


def test_the_shape_of_the_documentation_is_a_source():
    """Every key at once; whole numbers of YAML are codes as text."""
    source = Tables.model_validate(
        {
            **HALVES,
            "answers_form": "wide",
            "persons": "personer.csv",
            "spells": "dream.csv",
            "weekly": {
                "columns": r"y_(?P<year>\d{2})(?P<week>\d{2})",
                "codes": {111: "unemployment_benefit", "": "no_status", "999": None},
            },
            "columns": {"answers": {"client_id": "CPR"}, "client_answers": {"answered_on": "dato"}},
            "codes": {"persons": {"sex": {"Kvinde": "female"}}, "answers": {"consent": {"Ja": 1, "Nej": 0}}},
            "answer_labels": "da",
            "missing": {"answers": {"cw01": [99, "."]}, "*": {"*": ["", "NA"]}},
            "dates": {"answers": "%d-%m-%Y", "persons": {"born_on": "%Y%m%d"}},
            "sheets": {"answers": "Besvarelser"},
            "extra_columns": "notice",
            "csv": {"delimiter": ";", "decimal": ",", "encoding": "utf-8"},
        }
    )
    assert source.weekly.codes["111"] == "unemployment_benefit"
    assert source.codes_of("client_answers") == {"consent": {"Ja": "1", "Nej": "0"}}
    assert source.columns_of("client_answers") == {"client_id": "CPR", "answered_on": "dato"}
    assert source.missing_in("caseworker_answers", "cw01") == {"99", ".", "", "na"}
    assert source.date_format("caseworker_answers", "answered_on") == "%d-%m-%Y"
    assert source.date_format("persons", "known_on") is None
    assert source.sheet("client_answers") == "Besvarelser"


def test_a_source_of_today_says_nothing_of_codes():
    """With none of the keys, cells are taken to be in our form and words, as before."""
    assert Layout().says_nothing
    assert FileInput(path="answers.csv", csv={"decimal": ","}).says_nothing
    assert not FileInput(path="answers.csv", dates="%d-%m-%Y").says_nothing


@pytest.mark.parametrize("codes", [{"Ja": 1, "ja ": 0}, {1: "a", "1": "b"}], ids=["case and spaces", "number and text"])
def test_a_code_twice_is_refused(codes):
    """Of two meanings the last one would win without a word."""
    assert "is there twice" in refused(Layout, codes={"answers": {"consent": codes}})


def test_yes_and_no_without_quotes_are_refused():
    """YAML makes true and false of them, and the word that stands in the file is lost."""
    given = parse_yaml("codes: {answers: {consent: {yes: 1, no: 0}}}")
    assert "quotes" in refused(Layout, **given)


@pytest.mark.parametrize("day", ["%d-%m", "dd-mm-yyyy", "%d-%d-%Y", "%"])
def test_a_format_that_gives_no_day_is_refused(day):
    """A format has to give back the day that was written with it."""
    assert "is no format of a date" in refused(Layout, dates=day)


@pytest.mark.parametrize(
    ("given", "words"),
    [
        ({"kind": "tables"}, "give either answers"),
        ({**HALVES, "answers": "c.csv"}, "give either answers"),
        ({**HALVES, "client_answers": None}, "give either answers"),
        ({**HALVES, "within_days": None}, "within_days goes with"),
        ({"kind": "tables", "answers": "a.csv", "within_days": 3}, "within_days goes with"),
    ],
)
def test_answers_are_whole_or_in_two_halves(given, words):
    """One file, or two and the days between them; nothing half of one and half of the other."""
    assert words in refused(Tables, **given)


@pytest.mark.parametrize("pattern", ["y_", "(", r"(?P<year>\d\d)"])
def test_a_pattern_of_weeks_names_year_and_week(pattern):
    """Without both a column is no week."""
    assert "Weekly" in refused(Weekly, columns=pattern, codes={"1": "education"})
