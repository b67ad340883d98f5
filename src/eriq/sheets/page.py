"""The page itself: a client's answers in words, options with evidence, and a text for the case note."""

from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cache, partial

from eriq.catalogues import Language, catalogue, day
from eriq.config.sheets import SheetSettings
from eriq.evidence import Option, about_groups, load_catalogue, no_evidence, options_for
from eriq.instrument.instrument import Instrument
from eriq.pages import render
from eriq.sheets.client import Area, Person, Voice


@dataclass(frozen=True, slots=True)
class Forecast:
    """What a page says of a forecast, where its settings ask for one."""

    band: str = ""
    of_hundred: int | None = None


@dataclass(frozen=True, slots=True)
class Page:
    """One client's page."""

    client_id: str
    html: str
    note: str  # the paragraph for the case note


@dataclass(frozen=True, slots=True)
class Offered:
    """An option with the areas it may serve."""

    option: Option
    areas: tuple[str, ...]

    @property
    def cited(self) -> str:
        """Key and place of the finding; the title stands once, among the sources."""
        key, rest = self.option.source.split(": ", 1)
        return f"{key}, {rest.rsplit(', ', 1)[-1]}"

    @property
    def unknown(self) -> bool:
        """Whether nothing can be said of it: too few studies, or none. It is listed, and in one line."""
        fact = load_catalogue().facts.get(self.option.facts[0])
        return fact is not None and fact.direction in ("unknown", "no_studies")

    @property
    def title(self) -> str:
        """Title of the source."""
        return self.option.source.split(": ", 1)[1].rsplit(", ", 1)[0]


def pages_of(
    persons: Iterable[Person],
    instrument: Instrument,
    settings: SheetSettings,
    forecasts: Mapping[str, Forecast] | None = None,
) -> Iterator[Page]:
    """Yield the page of each client.

    Parameters
    ----------
    persons : iterable of Person
    instrument : Instrument
    settings : SheetSettings
    forecasts : mapping of str to Forecast, optional
        By client id; without one nothing of a forecast is said.

    Yields
    ------
    Page
    """
    language = instrument.language(settings.language)
    groups = frozenset(settings.groups)

    @cache
    def options(indicator: str) -> tuple[Option, ...]:
        return options_for(instrument, indicator, groups, language) if groups else ()

    for person in persons:
        offered = offered_for(person.possibilities, options)
        note = case_note(person, language)
        html = render(
            "sheet.html",
            in_language=language,
            person=person,
            offered=offered,
            population=offered[0].option.population if offered else "",
            no_harms=no_harms(language),
            sources=list(dict.fromkeys(one.title for one in offered)),
            about_groups=about_groups(language),
            no_evidence=no_evidence(language),
            groups=bool(groups),
            forecast=(forecasts or {}).get(person.client_id),
            objection=settings.objection,
            note=note,
            day=partial(day, language=language),
            respondents=respondents(instrument, language),
            steps=steps,
            unanswered=_unanswered(person, instrument, language),
            spoken=partial(spoken, person=person, language=language),
        )
        yield Page(person.client_id, html, note)


def offered_for(areas: Sequence[Area], options: Callable[[str], tuple[Option, ...]]) -> tuple[Offered, ...]:
    """Return every option once, with the areas it may serve, in the order of the evidence: certainty, then id."""
    found: dict[str, Offered] = {}
    for area in areas:
        for option in options(area.indicator):
            known = found.get(option.source)
            found[option.source] = (
                replace(known, areas=(*known.areas, area.name)) if known else Offered(option, (area.name,))
            )
    return tuple(found.values())


@cache
def no_harms(language: Language) -> frozenset[str]:
    """Return the words with which sources name no harm; where one is named it is always printed."""
    said = [fact.harms for fact in load_catalogue().facts.values()]
    return frozenset(texts.in_(language) for texts in said if texts.in_("en").startswith(("none", "not reported")))


def respondents(instrument: Instrument, language: Language) -> dict[str, str]:
    """Return who answers, in words."""
    _ = catalogue(language).gettext
    ours = {"caseworker": _("caseworker"), "client": _("client")}
    return {who: ours.get(who) or instrument.respondents[who].in_(language) for who in instrument.halves}


def _unanswered(person: Person, instrument: Instrument, language: Language) -> list[tuple[str, str]]:
    """Return (respondent, what has no answer) of the last wave; a half without any answer is said in one word."""
    _ = catalogue(language).gettext
    asked = Counter(voice.respondent for area in person.areas for voice in area.voices)
    gaps: dict[str, list[str]] = {}
    for who, name in person.unanswered:
        gaps.setdefault(who, []).append(name)
    return [(who, _("no question answered") if len(n) == asked[who] else ", ".join(n)) for who, n in gaps.items()]


def steps(voice: Voice, width: int = 120, height: int = 30) -> list[tuple[float, float]]:
    """Return the points of a path, one a wave that was answered, a step up is a step up."""
    n = max(len(voice.path) - 1, 1)
    return [
        (round(4 + (width - 8) * k / n, 1), round(height - 4 - (height - 8) * place / max(voice.top, 1), 1))
        for k, place in enumerate(voice.path)
        if place is not None
    ]


def spoken(voice: Voice, person: Person, language: Language) -> str:
    """Return a path in words, for those who do not see it: step by step of how many."""
    _ = catalogue(language).gettext
    said = [
        f"{day(wave.day, language)}: " + (_("no answer") if place is None else f"{place + 1}")
        for wave, place in zip(person.waves, voice.path, strict=True)
    ]
    return _("Steps of %(top)s. %(path)s") % {"top": voice.top + 1, "path": "; ".join(said)}


def case_note(person: Person, language: Language) -> str:
    """Return a paragraph in short sentences that can be taken over into the case note."""
    _ = catalogue(language).gettext
    said = [
        _("Talk about the answers of %(day)s.") % {"day": day(person.waves[-1].day, language)},
        _("%(given)s of %(asked)s questions were answered.")
        % {"given": person.n_answered, "asked": person.n_questions},
    ]
    if person.strengths:
        said.append(_("What works: %(areas)s.") % {"areas": ", ".join(area.name for area in person.strengths)})
    moved = [area.name for area in person.areas if any(voice.change > 0 for voice in area.voices)]
    if moved:
        said.append(_("A step forward since last time: %(areas)s.") % {"areas": ", ".join(moved)})
    if apart := [area.name for area in person.areas if area.apart]:
        said.append(_("Seen differently, and talked about: %(areas)s.") % {"areas": ", ".join(apart)})
    said.append(_("Next small goal:") + " ____")
    return " ".join(said)
