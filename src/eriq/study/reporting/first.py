"""The first screen: what a training found, in people and in three languages, for who has one minute."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING

import pandas as pd

from eriq.catalogues import Language, catalogue, numeral
from eriq.disclosure import count_words
from eriq.pages import render
from eriq.study.reporting.cells import estimates
from eriq.study.reporting.findings import Findings, declared_names
from eriq.study.reporting.pictures import draw_dots
from eriq.study.words import block_words
from eriq.tables.people import BY_LOT

if TYPE_CHECKING:
    from eriq.study.reporting.canvas import Figure

NAMES: Mapping[Language, str] = {"en": "English", "sv": "Svenska", "da": "Dansk"}
Say = Callable[[str], str]


@dataclass(frozen=True, slots=True)
class Line:
    """Who is on the list of one contender."""

    cases: float
    low: float
    high: float


def first_screens(found: Findings, drawn: Mapping[str, str]) -> dict[Language, str]:
    """Return the first screen in each language, as HTML, English first; none where no difference was declared.

    Parameters
    ----------
    found : Findings
    drawn : mapping of str to str
        The figures as SVG, by name.
    """
    if "headline" not in found.tables:
        return {}
    return {language: _screen(found, drawn, language) for language in NAMES}


def _screen(found: Findings, drawn: Mapping[str, str], language: Language) -> str:
    _ = catalogue(language).gettext
    outcome = outcome_named(found.facts.outcome_words, _)
    filled = _("Of each hundred on the list, those filled were followed by {outcome}.")
    if "listed" in found.tables and found.tables["listed"]["pick"].iloc[0] != "highest":
        filled = _("Of each hundred on the list, those filled were not followed by {outcome}.")
    return render(
        "report_first.html",
        in_language=language,
        facts=found.facts,
        sentence=list_sentence(found, language),
        confidence=confidence(found, language),
        tiles=tiles(found, language),
        picture=drawn.get(list_name(language), ""),
        caption=filled.format(outcome=outcome),
    )


def list_name(language: Language) -> str:
    """Return the name of the picture of the list in a language."""
    return f"list-{language}"


def list_figure(found: Findings, language: Language) -> "Figure | None":
    """Return the picture of the list in a language, where anything may be told of it."""
    table = _dots(found, language) if "headline" in found.tables else None
    return None if table is None else draw_dots(table, list_name(language), catalogue(language).gettext("On the list"))


# --- words ---------------------------------------------------------------------------------


def block_named(block: str, _: Say) -> str:
    """Return a block within a sentence, in the language of `_`; one of a config's own stays as it is called.

    >>> block_named("questionnaire + register_full", str)
    'the questionnaire and the registers'
    """
    known = {
        "none": _("the overall rate"),
        "belief": _("the caseworker's forecast"),
        "client_belief": _("the client's own forecast"),
        "caseworker": _("the caseworker's answers"),
        "caseworker_without_belief": _("the caseworker's answers without the forecast"),
        "client": _("the client's answers"),
        "questionnaire": _("the questionnaire"),
        "questionnaire_without_belief": _("the questionnaire without the caseworker's forecast"),
        "register_basic": _("the registers at registration"),
        "register_full": _("the registers"),
        "swedish": _("the Swedish-style variant"),
    }
    parts = [known.get(part.strip(), block_words(part.strip()).lower()) for part in block.split("+")]
    return parts[0] if len(parts) == 1 else _("{first} and {last}").format(first=", ".join(parts[:-1]), last=parts[-1])


def outcome_named(words: str, _: Say) -> str:
    """Return the outcome in the language of `_`, if it is one of ours; else as the config has it."""
    known = {
        "job entry within 12 months": _("job entry within 12 months"),
        "entry into unsubsidised work within 12 months": _("entry into unsubsidised work within 12 months"),
    }
    return known.get(words, words)


def _pair(found: Findings, _: Say) -> tuple[str, str]:
    """Return the two that were declared, within a sentence; with their estimators where the blocks are the same."""
    line = found.tables["headline"].iloc[0]
    if line["with"] == line["without"]:
        with_, without = declared_names(found)
        return found.label(with_), found.label(without)
    return block_named(line["with"], _), block_named(line["without"], _)


# --- the sentence and its picture ----------------------------------------------------------


def _lines(found: Findings) -> tuple[pd.Series, dict[str, Line]] | None:
    """Return the list, and what may be told of each way of filling it; none where nothing may."""
    table = found.tables.get("listed")
    if table is None or table.loc[table["baseline"].isna(), "estimate"].isna().iloc[0]:
        return None
    own = table.loc[table["baseline"].isna()].dropna(subset="estimate")
    return table.iloc[0], {
        str(row["contender"]): Line(row["estimate"], row["low"], row["high"]) for row in own.to_dict("records")
    }


def list_sentence(found: Findings, language: Language) -> str:
    """Return how many on the declared list were cases, beside the list without and one drawn by lot.

    Empty where so few are on it that nothing may be said.
    """
    _, told = catalogue(language).gettext, _lines(found)
    if told is None:
        return ""
    (top, lines), level = told, f"{100 * found.facts.level:.0f} %"
    with_, without = declared_names(found)
    own, other, lot = lines[with_], lines.get(without), lines.get(BY_LOT)
    write = _writer(language)
    named, instead = _pair(found, _)
    ends = {"highest": _("highest"), "lowest": _("lowest"), "middle": _("in the middle")}
    people = pd.notna(top["people"]) and top["people"] < top["places"]
    frame = {
        "highest": _("Of the {places} {unit} ranked {end} by {named}, {cases} were followed by {outcome}"),
    }.get(top["pick"], _("Of the {places} {unit} ranked {end} by {named}, {cases} were not followed by {outcome}"))
    said = frame.format(
        places=write(top["places"]),
        unit=_("questionnaires (of {n} people)").format(n=write(top["people"])) if people else _("questionnaires"),
        end=ends[top["pick"]],
        named=named,
        cases=write(own.cases),
        outcome=outcome_named(found.facts.outcome_words, _),
    )
    interval = _("{level} interval {low} to {high}").format(level=level, low=write(own.low), high=write(own.high))
    said += f" ({interval}). "
    if other is not None:
        words = _("Ranked by {instead} it would have been {cases} ({low} to {high})")
        said += words.format(instead=instead, cases=write(other.cases), low=write(other.low), high=write(other.high))
        said += _(", and drawn by lot {cases}.").format(cases=write(lot.cases)) if lot else "."
    return said.strip()


def _dots(found: Findings, language: Language) -> pd.DataFrame | None:
    """Return what the picture shows: a hundred dots for each way of filling the list."""
    _, told = catalogue(language).gettext, _lines(found)
    if told is None:
        return None
    top, lines = told
    labels = dict(zip(declared_names(found), _pair(found, _), strict=True)) | {BY_LOT: _("drawn by lot")}
    parts = []
    for name, label in labels.items():
        if name in lines:
            share = int(round(100 * lines[name].cases / top["places"], 6) + 0.5)  # halves go up
            said = _("{n} of 100").format(n=share)
            parts.append({"label": label[:1].upper() + label[1:], "of_100": share, "words": said})
    return pd.DataFrame(parts)


# --- the line of confidence and the tiles --------------------------------------------------


def confidence(found: Findings, language: Language) -> str:
    """Return how sure the declared gain is: its verdict, its interval, and the people it rests on, in one line."""
    _, line, facts = catalogue(language).gettext, found.tables["headline"].iloc[0], found.facts
    write = _writer(language)
    verdicts = {
        "gain shown": {
            "small": _("A small gain is shown"),
            "moderate": _("A moderate gain is shown"),
            "large": _("A large gain is shown"),
        }.get(str(line["size"]), _("A gain is shown")),
        "loss shown": _("A loss is shown"),
        "no gain shown: practically none": _("No gain is shown: practically none"),
    }
    verdict = verdicts.get(str(line["verdict"]), _("No gain is shown: these people cannot tell"))
    more = _("{n} more of 100 pairs are ranked right ({low} to {high})")
    fewer = _("{n} fewer of 100 pairs are ranked right ({low} to {high})")
    gain = 100 * line["estimate"]
    told = (more if gain >= 0 else fewer).format(
        n=write(abs(gain)), low=write(100 * line["low"]), high=write(100 * line["high"])
    )
    who = _("{people} people, whose {rows} questionnaires were followed by the outcome {events} times").format(
        people=_count(facts.n_clients, language),
        rows=_count(facts.n_rows, language),
        events=_count(facts.n_events, language),
    )
    enough = (
        _("That is enough people for this comparison.")
        if facts.sample_size_enough
        else _("That is fewer people than this comparison needs: take it as provisional.")
    )
    return _("{verdict}: {told}. It rests on {who}. {enough}").format(
        verdict=verdict, told=told, who=who, enough=enough
    )


def tiles(found: Findings, language: Language) -> list[tuple[str, str, str]]:
    """Return (what, number, small print): who they are, and how well each of the declared two ranks."""
    _, facts, auc = catalogue(language).gettext, found.facts, estimates(found.tables["measures"])["auc"]
    shown = [
        (_("People"), _count(facts.n_clients, language), _count(facts.n_rows, language) + " " + _("questionnaires")),
        (
            _("With the outcome"),
            f"{numeral(100 * facts.prevalence, 1, language)} %",
            _("of the questionnaires: {n}").format(n=_count(facts.n_events, language)),
        ),
    ]
    for name, words in zip(declared_names(found), _pair(found, _), strict=True):
        ranked = numeral(auc[name], 3, language)
        small = _("AUC: of two people, how often the one with the outcome is ranked first; 0.5 is chance")
        shown.append((words[:1].upper() + words[1:], ranked, small))
    return shown


def _writer(language: Language) -> Callable[[float], str]:
    return lambda value: numeral(float(value), 0, language)


def _count(count: int, language: Language) -> str:
    """Return a count as it may be printed, with the marks of the language."""
    words = count_words(count)
    return numeral(float(words.replace(",", "")), 0, language) if words.replace(",", "").isdigit() else words
