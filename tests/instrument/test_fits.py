"""Whether the parts of a questionnaire fit each other, and the names that eriq itself uses."""

import copy
from typing import Any

import pytest
import yaml
from pydantic import ValidationError

from eriq.errors import InstrumentError
from eriq.instrument.fits import RESERVED
from eriq.instrument.instrument import NO_QUESTIONS, Instrument, load_instrument
from eriq.instrument.start import started
from eriq.instrument.texts import Texts
from eriq.tables.schema import answers_columns

START = yaml.safe_load(started("own", 3))


def refused(**update: Any) -> str:
    """Return why the start of a questionnaire is refused once something in it is changed."""
    with pytest.raises(ValidationError) as caught:
        Instrument.model_validate({**copy.deepcopy(START), **update})
    return str(caught.value)


def with_id(name: str) -> list[dict[str, Any]]:
    """Return the items of the start, the second under another id."""
    items = copy.deepcopy(START["items"])
    items[1]["id"] = name
    return items


def test_names_of_our_columns_are_not_free():
    """Whatever stands beside items in a table of answers is reserved, so that no item takes its place."""
    ours = {column.name for column in answers_columns(load_instrument(NO_QUESTIONS))}
    assert ours <= RESERVED


@pytest.mark.parametrize("name", ["Sleep", "q_2", "PHQ9_1", "a"])
def test_ids_are_free(name):
    """Letters, digits and underscores make an id."""
    assert name in Instrument.model_validate(START | {"items": with_id(name)}).by_id


@pytest.mark.parametrize("name", ["wave", "Client_ID", "Q01", "q01", "2a", "q-1", "a b", ""])
def test_an_id_that_something_else_is_called_is_refused(name):
    """Our columns, ids that differ in capitals only, and what is no plain name cannot be items."""
    assert "items" in refused(items=with_id(name)) or "item" in refused(items=with_id(name))


def test_a_language_is_there_wholly_or_not_at_all():
    """One text in a second language asks for all the others, by place, and counts what it does not name."""
    words = refused(name={"en": "My form", "sv": "Mitt formulär"})
    assert "notice: no text in 'sv'" in words
    assert "more texts are not there" in words
    with pytest.raises(ValidationError, match="at least one of en, sv, da"):
        Texts()


def test_languages_are_those_of_every_text():
    """The first language there is counts where none is asked for; another is refused with those there are."""
    own = Instrument.model_validate(yaml.safe_load(started("own", 3, language="da")))
    assert own.languages == ("da",)
    assert own.language(None) == "da"
    with pytest.raises(InstrumentError, match=r"no texts in 'en'; it has da"):
        own.language("en")
    assert load_instrument("eriq22").language(None) == "en"


def test_a_respondent_is_declared_and_owes_answers():
    """Who is asked stands under respondents, with a least number of answers that can be met."""
    asked = [item | {"respondent": "teacher"} for item in START["items"]]
    declared = {"respondents": {"teacher": {"en": "teacher"}}, "items": asked}
    assert "'teacher' is not declared" in refused(items=asked, minimum_answered={"teacher": 2})
    assert "respondent 'teachers' is not declared. Did you mean 'teacher'?" in refused(
        **declared, minimum_answered={"teacher": 2, "teachers": 1}
    )
    assert "says nothing of respondent 'teacher'" in refused(**declared, minimum_answered={})
    assert "4 of 3 teacher items can never be met" in refused(**declared, minimum_answered={"teacher": 4})
    good = Instrument.model_validate(START | declared | {"minimum_answered": {"teacher": 3}})
    assert (good.halves, good.need("teacher"), good.need("client")) == (("teacher",), 3, 0)


@pytest.mark.parametrize("name", ["belief", "register_full", "client", "questionnaire"])
def test_a_respondent_cannot_be_called_like_a_block(name):
    """The name of a respondent is a block in a config, so it must not mean something else there."""
    assert "has a meaning of its own" in refused(respondents={name: {"en": "x"}})


def test_what_is_declared_changes_the_digest():
    """Another respondent's words are part of what was asked; a language left out is not written into it."""
    plain = Instrument.model_validate(START)
    assert plain.digest != Instrument.model_validate(START | {"respondents": {"teacher": {"en": "x"}}}).digest
    assert plain.digest == Instrument.model_validate(plain.model_dump()).digest


def test_digests_of_shipped_questionnaires_are_what_they_were():
    """A questionnaire that declares no respondent has the digest it had before one could."""
    assert load_instrument(NO_QUESTIONS).digest.startswith("134c36846f64")
