"""What a page says of one client: both voices per indicator, their path, what works, what can be worked on."""

import datetime as dt
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd

from eriq.catalogues import catalogue
from eriq.instrument.instrument import Instrument, Item
from eriq.instrument.texts import Language
from eriq.tables.belief import after_score

RELIABLE = 2.0  # steps of a scale; our assumption, until `eriq psychometrics` computes it from one's own data
APART = 2  # steps between two voices from which the page asks about it


@dataclass(frozen=True, slots=True)
class Voice:
    """What one respondent has answered on one indicator."""

    respondent: str
    question: str
    answer: str | None  # in words; None where the last wave has no answer
    why_not: str  # in words, where it has none
    place: int | None  # of the last answer, from 0
    top: int  # of the scale
    path: tuple[int | None, ...]  # of all waves, oldest first
    change: int  # 1, -1: beyond what two answers of one person differ by; 0: not
    earlier: str = ""  # the last answer of an earlier wave in words, where this one has none


@dataclass(frozen=True, slots=True)
class Area:
    """One indicator, in both voices."""

    indicator: str
    name: str
    voices: tuple[Voice, ...]
    malleable: bool

    @property
    def alone(self) -> str:
        """Who alone has answered this time, where others are asked as well; empty where all did, or nobody."""
        given = [voice.respondent for voice in self.voices if voice.place is not None]
        return given[0] if len(given) == 1 < len(self.voices) else ""

    @property
    def apart(self) -> bool:
        """Whether the voices see it differently enough to talk about it."""
        places = [voice.place for voice in self.voices if voice.place is not None]
        return len(places) > 1 and max(places) - min(places) >= APART

    @property
    def strength(self) -> bool:
        """Whether every voice that answers is within a step of the top of its scale."""
        given = [voice for voice in self.voices if voice.place is not None]
        return bool(given) and all(voice.top - (voice.place or 0) <= 1 for voice in given)


@dataclass(frozen=True, slots=True)
class Wave:
    """One day on which the questionnaire was answered."""

    day: dt.date
    handover: bool  # another caseworker than at the wave before


@dataclass(frozen=True, slots=True)
class Person:
    """All that a page says of a client's answers."""

    client_id: str
    waves: tuple[Wave, ...]
    areas: tuple[Area, ...]
    n_questions: int
    n_answered: int
    belief_on: dt.date | None  # when the caseworker's belief was written down, if it was
    belief_late: bool  # after a score was shown
    unanswered: tuple[tuple[str, str], ...]  # of the last wave: (respondent, name of the indicator)

    @property
    def unknown(self) -> tuple[Area, ...]:
        """What can be worked on and nobody has answered this time: worth asking."""
        return tuple(area for area in self.areas if area.malleable and not _answered(area))

    @property
    def strengths(self) -> tuple[Area, ...]:
        """What works, in the order of the questionnaire."""
        return tuple(area for area in self.areas if area.malleable and area.strength)

    @property
    def possibilities(self) -> tuple[Area, ...]:
        """What can be worked on, in the order of the questionnaire and never by size: an order would be a rank."""
        return tuple(area for area in self.areas if area.malleable and not area.strength and _answered(area))


def _answered(area: Area) -> bool:
    return any(voice.place is not None for voice in area.voices)


def threshold(instrument: Instrument, indicator: str) -> float:
    """Return the steps beyond which a change is more than two answers of one person differ by."""
    return instrument.reliable_change.get(indicator, RELIABLE)


def people(
    answers: pd.DataFrame, instrument: Instrument, language: Language, *, easy: bool = False
) -> Iterator[Person]:
    """Yield what a page says of each client, in the order in which they first stand in the table.

    Parameters
    ----------
    answers : DataFrame of shape (n_rows, any)
        ANSWERS, checked; all waves of a client are looked at.
    instrument : Instrument
    language : {"en", "sv", "da"}
    easy : bool
        Whether questions and answers are in their easy-read words.

    Yields
    ------
    Person
    """
    answers = answers.reset_index(drop=True)
    places = {item.id: instrument.oriented(item.id, answers[item.id]).to_numpy() for item in instrument.items}
    codes = {item.id: answers[item.id].to_numpy("float64", na_value=np.nan) for item in instrument.items}
    late = after_score(answers, instrument).to_numpy()
    days = answers["answered_on"].dt.date.to_numpy()
    recorded = answers["belief_recorded_on"].fillna(answers["answered_on"]).dt.date.to_numpy()
    raters = answers["caseworker_id"].astype("str").fillna("").to_numpy()
    words = _words(instrument, language, easy=easy)
    when = answers["answered_on"].to_numpy()
    for client, found in answers.groupby("client_id", sort=False).indices.items():
        places_of = np.asarray(found)
        rows = places_of[np.argsort(when[places_of], kind="stable")]
        last = rows[-1]
        waves = tuple(
            Wave(days[row], bool(k and raters[row] and raters[rows[k - 1]] and raters[row] != raters[rows[k - 1]]))
            for k, row in enumerate(rows)
        )
        voices = {
            item.id: words[item.id].voice(places[item.id][rows], codes[item.id][last]) for item in _shown(instrument)
        }
        areas = tuple(_areas(instrument, voices, language))
        asked = [codes[item.id][last] for item in _shown(instrument)]
        belief = instrument.belief is not None and codes[instrument.belief][last] >= 0
        yield Person(
            client_id=str(client),
            waves=waves,
            areas=areas,
            n_questions=len(asked),
            n_answered=sum(code >= 0 for code in asked),
            belief_on=recorded[last] if belief else None,
            belief_late=bool(late[last]),
            unanswered=tuple((v.respondent, a.name) for a in areas for v in a.voices if v.answer is None),
        )


def _shown(instrument: Instrument) -> Sequence[Item]:
    """Return the questions that a page shows: not the caseworker's own forecast, which is no reason for anything."""
    return [item for item in instrument.items if item.id != instrument.belief]


def _areas(instrument: Instrument, voices: dict[str, Voice], language: Language) -> Iterator[Area]:
    for name, texts in instrument.indicators.items():
        items = [item for item in _shown(instrument) if item.indicator == name]
        if items:
            malleable = any(item.malleable and not item.forecast for item in items)
            yield Area(name, texts.in_(language), tuple(voices[item.id] for item in items), malleable)


@dataclass(frozen=True, slots=True)
class _Words:
    """One question, ready to be said."""

    item: Item
    question: str
    answers: tuple[str, ...]
    missing: dict[int, str]
    nothing: str
    steps: float

    def voice(self, path: np.ndarray, code: float) -> Voice:
        """Return what was answered over the waves."""
        known = [None if np.isnan(place) else int(place) for place in path]
        earlier = [place for place in known[:-1] if place is not None]
        now, change = known[-1], 0
        if now is not None and earlier and abs(now - earlier[-1]) >= self.steps:
            change = 1 if now > earlier[-1] else -1
        return Voice(
            respondent=self.item.respondent,
            question=self.question,
            answer=None if now is None else self.answers[now],
            why_not=""
            if now is not None
            else self.missing.get(int(code), self.nothing)
            if code == code
            else self.nothing,
            place=now,
            top=len(self.answers) - 1,
            path=tuple(known),
            change=change,
            earlier=self.answers[earlier[-1]] if now is None and earlier else "",
        )


def _words(instrument: Instrument, language: Language, *, easy: bool) -> dict[str, _Words]:
    nothing = catalogue(language).gettext("no answer")
    made = {}
    for item in instrument.items:
        levels = instrument.levels(item.id)[:: item.orientation]
        text = item.easy_read if easy and item.easy_read else item.text
        made[item.id] = _Words(
            item,
            text.in_(language),
            tuple((x.easy_read if easy and x.easy_read else x.labels).in_(language) for x in levels),
            {code.code: code.label(item.respondent).in_(language) for code in instrument.missing_codes},
            nothing,
            threshold(instrument, item.indicator),
        )
    return made
