"""A questionnaire as every tool sees it: a form per respondent, its fields in order, their answers in each language."""

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path
from typing import Literal

from eriq.config import load_yaml
from eriq.errors import InstrumentError, bullets
from eriq.instrument.instrument import Instrument, Item
from eriq.instrument.texts import LANGUAGES, Language, Texts

Words = Mapping[Language, str]  # the same in each language of the form
STAMP = "instrument"  # the field that says which questionnaire was filled in, in which version
ANYONE_SAYS = ("dont_know", "refused")  # ways of giving no answer that a respondent chooses
NOT_A_CLIENT_SAYS = ("no_contact",)


@dataclass(frozen=True, slots=True)
class Choice:
    """One answer that may stand in a field."""

    code: int
    labels: Words = field(hash=False)
    offered: bool = True  # otherwise it is understood when it comes back, and not shown


@dataclass(frozen=True, slots=True)
class Field:
    """One thing a form asks for."""

    name: str
    kind: Literal["text", "date", "choice"]
    text: Words
    hint: Words | None = None
    choices: tuple[Choice, ...] = ()
    required: bool = False

    @property
    def offered(self) -> tuple[Choice, ...]:
        """Return the answers to choose from, as printed."""
        return tuple(choice for choice in self.choices if choice.offered)


@dataclass(frozen=True, slots=True)
class Form:
    """What one respondent fills in: who and when first, then the questions."""

    instrument: str
    version: str
    respondent: str
    languages: tuple[Language, ...]
    title: Words
    to: Words  # to whom it is
    notice: Words
    about: tuple[Field, ...]
    questions: tuple[Field, ...]

    @property
    def name(self) -> str:
        """Return a name for files and tools."""
        return f"{self.instrument}-{self.respondent}"

    @property
    def stamp(self) -> str:
        """Return id and version, as they come back with every row of answers."""
        return f"{self.instrument} {self.version}"

    @property
    def fields(self) -> tuple[Field, ...]:
        """Return everything the form asks for, in its order."""
        return (*self.about, *self.questions)


@dataclass(frozen=True, slots=True)
class Written:
    """A file that an export consists of."""

    name: str
    content: bytes


@cache
def words() -> Mapping[str, Mapping[str, Texts]]:
    """Return section -> name -> text of the words around the questions.

    >>> words()["answers"]["yes"].sv
    'ja'
    """
    content = load_yaml(Path(__file__).with_name("words.yaml"))
    return {part: {name: Texts.model_validate(text) for name, text in texts.items()} for part, texts in content.items()}


def plain(name: str) -> str:
    """Return a name as the strictest tool keeps it: letters and digits, all small.

    >>> plain("Client_ID")
    'clientid'
    """
    return re.sub(r"[\W_]", "", name).lower()


def forms(instrument: Instrument, languages: Sequence[Language] = (), *, consent: bool = False) -> tuple[Form, ...]:
    """Return a questionnaire as forms, one for each respondent it asks.

    Parameters
    ----------
    instrument : Instrument
        A checked questionnaire.
    languages : sequence of {"en", "sv", "da"}, optional
        All of the questionnaire when not given.
    consent : bool
        Whether each form asks for consent.

    Returns
    -------
    tuple of Form
        In the order in which the questionnaire first asks them.

    Raises
    ------
    InstrumentError
        If it has no items, lacks a language that is asked for, or has ids that tools could not tell apart.

    Examples
    --------
    >>> from eriq.instrument.instrument import load_instrument
    >>> [(form.name, len(form.questions)) for form in forms(load_instrument("eriq22"))]
    [('eriq22-caseworker', 11), ('eriq22-client', 11)]
    """
    there = languages_of(instrument)
    if lacking := [language for language in languages if language not in there]:
        raise InstrumentError(f"{instrument.id} has no texts in {', '.join(lacking)}; it has {', '.join(there)}")
    if not instrument.items:
        raise InstrumentError(f"{instrument.id} asks no questions: there is no form to make of it")
    if problems := list(_indistinct(instrument)):
        raise InstrumentError(bullets(f"{instrument.id} cannot be a form in other tools:", problems))
    chosen = tuple(languages) or there
    return tuple(
        _form(instrument, who, chosen, consent) for who in dict.fromkeys(i.respondent for i in instrument.items)
    )


def languages_of(instrument: Instrument) -> tuple[Language, ...]:
    """Return the languages a questionnaire has texts in."""
    return tuple(language for language in LANGUAGES if getattr(instrument.name, language, None))


def _indistinct(instrument: Instrument) -> Iterator[str]:
    """Yield what would make two fields one, or a field no name, in some tool."""
    taken = {plain(name): name for name in (*words()["fields"],)}
    for item in instrument.item_ids:
        short = plain(item)
        if short in taken:
            yield f"item {item} and {taken[short]} differ in signs or capitals only"
        if not re.fullmatch(r"[a-z][a-z0-9]{0,19}", short):
            yield f"item {item}: a letter first, then letters and digits, at most 20 of them"
        taken[short] = item


def _form(instrument: Instrument, respondent: str, languages: tuple[Language, ...], consent: bool) -> Form:
    def said(texts: Texts) -> Words:
        return {language: texts.in_(language) for language in languages}

    around = words()
    asks = {"client_id": True, "answered_on": True, "caseworker_id": False}
    if respondent == "client":
        del asks["caseworker_id"]
    about = [
        Field(name, "date" if name == "answered_on" else "text", said(around["fields"][name]), required=needed)
        for name, needed in asks.items()
    ]
    if consent:
        answers = tuple(Choice(code, said(around["answers"][word])) for word, code in (("yes", 1), ("no", 0)))
        about.append(Field("consent", "choice", said(around["fields"]["consent"]), choices=answers, required=True))
    return Form(
        instrument=instrument.id,
        version=instrument.version,
        respondent=respondent,
        languages=languages,
        title=said(instrument.name),
        to=said(around["respondents"].get(respondent) or Texts.same(respondent)),
        notice=said(instrument.notice),
        about=tuple(about),
        questions=tuple(
            _question(instrument, item, languages) for item in instrument.items if item.respondent == respondent
        ),
    )


def _question(instrument: Instrument, item: Item, languages: tuple[Language, ...]) -> Field:
    def said(texts: Texts) -> Words:
        return {language: texts.in_(language) for language in languages}

    offered = ANYONE_SAYS if item.respondent == "client" else (*ANYONE_SAYS, *NOT_A_CLIENT_SAYS)
    levels = [Choice(level.code, said(level.labels)) for level in instrument.levels(item.id)]
    missing = [Choice(m.code, said(m.labels), m.name in offered) for m in instrument.missing_codes]
    # Easy words are for who is asked about themselves; a line of help is for everybody.
    easier = item.easy_read if item.respondent == "client" else None
    hints = [said(texts) for texts in (easier, getattr(item, "help", None)) if texts]
    hint = {language: " ".join(texts[language] for texts in hints) for language in languages} if hints else None
    return Field(item.id, "choice", said(item.text), hint, (*levels, *missing), item.required)
