"""The neutral description: what each form asks, and which questionnaires cannot be one."""

import pytest

from eriq.errors import InstrumentError
from eriq.forms.form import forms, plain, words
from eriq.instrument.instrument import Instrument, load_instrument
from eriq.instrument.texts import LANGUAGES


def test_every_item_is_asked_once_by_its_respondents_form(instrument: Instrument) -> None:
    """The forms have the items of the questionnaire, each in the form of who answers it, in their order."""
    for form in forms(instrument):
        assert tuple(q.name for q in form.questions) == tuple(i.id for i in instrument.half(form.respondent))
    assert sum(len(form.questions) for form in forms(instrument)) == len(instrument.items)


def test_all_codes_are_understood_and_not_all_are_offered(instrument: Instrument) -> None:
    """A client is not offered "not asked" or "no contact", a caseworker not the former; both may come back."""
    offered = {"caseworker": {-2, -3, -4}, "client": {-2, -3}}
    for form in forms(instrument):
        for question in form.questions:
            assert tuple(choice.code for choice in question.choices) == instrument.allowed(question.name)
            assert {choice.code for choice in question.offered if choice.code < 0} == offered[form.respondent]


def test_only_clients_read_easy_words_beside_the_question() -> None:
    """The easy-read version is a hint to the client; the caseworker has none."""
    instrument = load_instrument("eriq22")
    caseworker, client = forms(instrument)
    helped = [item.id for item in instrument.items if getattr(item, "help", None)]

    assert all(question.hint is None for question in caseworker.questions if question.name not in helped)
    assert all(question.hint for question in client.questions)


def test_a_line_of_help_is_shown_to_everybody() -> None:
    """What an item has as `help` stands in the hint, after easy words where there are some."""
    instrument = load_instrument("eriq22")
    item = instrument.by_id["cw11"]
    told = type(item.text)(en="With or without subsidy.", sv="Med eller utan stöd.", da="Med eller uden tilskud.")
    object.__setattr__(item, "help", told)

    assert forms(instrument)[0].questions[-1].hint == {language: told.in_(language) for language in LANGUAGES}


def test_one_half_is_one_form(one_half: Instrument) -> None:
    """A questionnaire that only clients answer has no form for caseworkers, and asks for no caseworker."""
    (form,) = forms(one_half)

    assert form.respondent == "client"
    assert [field.name for field in form.about] == ["client_id", "answered_on"]


def test_consent_is_asked_for_on_demand(instrument: Instrument) -> None:
    """With consent each form has one more field, needed, yes or no."""
    for form in forms(instrument, consent=True):
        assert form.about[-1].name == "consent"
        assert [choice.code for choice in form.about[-1].choices] == [1, 0]
    assert all("consent" not in [field.name for field in form.about] for form in forms(instrument))


def test_no_label_means_two_codes_in_any_language(instrument: Instrument) -> None:
    """An answer by its label is one code, whichever of the languages it is in."""
    for form in forms(instrument):
        for question in form.questions:
            labels = [{label.casefold() for label in choice.labels.values()} for choice in question.choices]
            assert len(set().union(*labels)) == sum(map(len, labels)), question.name


def test_what_cannot_be_a_form_is_refused() -> None:
    """No items, or ids that a strict tool could not tell apart or use."""
    with pytest.raises(InstrumentError, match="asks no questions"):
        forms(load_instrument("no-questions"))
    whole = load_instrument("eriq22")
    item = whole.items[0]
    for names in (("cw01", "c_w01"), ("1a",), ("client_id",)):
        items = tuple(item.model_copy(update={"id": name}) for name in names)
        with pytest.raises(InstrumentError, match="cannot be a form in other tools"):
            forms(whole.__class__.model_construct(**{**dict(whole), "items": items}))


def test_words_around_the_questions_stand_in_every_language() -> None:
    """Names of fields stay apart when a tool drops their signs."""
    assert set(words()) == {"respondents", "fields", "answers", "page"}
    assert len({plain(name) for name in words()["fields"]}) == len(words()["fields"])
