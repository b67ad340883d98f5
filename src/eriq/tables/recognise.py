"""Which table a file is: by the names of its columns, and where they say nothing by the look of its cells."""

import re
from collections.abc import Mapping
from dataclasses import dataclass

import pandas as pd

from eriq.instrument.instrument import Instrument
from eriq.tables.intake import TABLES
from eriq.tables.names import fold, mapped
from eriq.tables.personal import personal_numbers
from eriq.tables.sample import Sample
from eriq.tables.schema import answers_columns

# What a register table cannot do without, beside the client.
NEEDED: Mapping[str, tuple[str, ...]] = {
    "spells": ("started_on", "status"),
    "events": ("occurred_on", "kind"),
    "forms": ("filled_on",),
    "persons": ("born_on",),
}
ANSWERS = ("answers", "caseworker_answers", "client_answers")
LEAST_ITEMS, LEAST_WEEKS = 3, 8
MOSTLY = 0.9
WEEK = re.compile(r"(?P<before>.*?)(?P<year>(?:19|20)\d{2}|\d{2})(?P<between>\D{0,3})(?P<week>\d{2})")


@dataclass(frozen=True, slots=True, eq=False)
class Recognised:
    """A file, which table it is, and which of its columns are which of ours."""

    sample: Sample
    table: str  # of answers (or a half), persons, spells, events, forms; weekly; flat; or nothing
    columns: Mapping[str, str]  # ours -> theirs
    weeks: str = ""  # pattern of the columns of a weekly register
    long: bool = False  # answers with a row per item
    guessed: tuple[str, ...] = ()  # our columns that no name gave away
    personal: str = ""  # what the ids of the clients look like

    @property
    def client(self) -> str | None:
        """Their column of the client."""
        return self.columns.get("client_id") or self.columns.get("client")

    @property
    def unread(self) -> list[str]:
        """Their columns that nobody asked for."""
        read = {*self.columns.values()}
        return [n for n in self.sample.headers if n not in read and not (self.weeks and re.fullmatch(self.weeks, n))]


def recognise(sample: Sample, instruments: Mapping[str, Instrument]) -> Recognised:
    """Return which table a file is; "" where nothing is like it.

    Parameters
    ----------
    sample : Sample
    instruments : mapping of str to Instrument
        Questionnaires whose items may be in the file, the smallest first.
    """
    items, long = _items(sample, instruments)
    weeks = _weeks(sample.headers)
    if items or long:
        table = _half(items if items else {fold(x) for x in long}, instruments)
        found = {**mapped(sample.headers, table), **items}
        if items:
            found = {ours: theirs for ours, theirs in found.items() if ours not in ("item", "answer")}
        known = [column.name for of in instruments.values() for column in answers_columns(of)]
        found = {**{name: name for name in known if name in sample.headers}, **found}
        return _with_client(Recognised(sample, table, found, long=not items))
    if weeks:
        return _with_client(Recognised(sample, "weekly", _client(mapped(sample.headers, "spells")), weeks))
    fits = {table: mapped(sample.headers, table) for table in NEEDED}
    fits = {table: names for table, names in fits.items() if {*NEEDED[table]} <= {*names}}
    if fits:
        table = max(fits, key=lambda name: len(fits[name]))
        own = [column.name for column in TABLES[table]]  # type: ignore[index]
        names = {ours: theirs for ours, theirs in fits[table].items() if ours in own}
        return _with_client(Recognised(sample, table, {**{n: n for n in own if n in sample.headers}, **names}))
    return _with_client(Recognised(sample, "", mapped(sample.headers, "flat")))


def _client(names: Mapping[str, str]) -> dict[str, str]:
    return {ours: theirs for ours, theirs in names.items() if ours == "client_id"}


def _items(sample: Sample, instruments: Mapping[str, Instrument]) -> tuple[dict[str, str], set[str]]:
    """Return {item: column} of wide answers, or the items named in the cells of long ones."""
    there = {fold(name): name for name in sample.headers}
    names = mapped(sample.headers, "answers")
    wide: dict[str, str] = {}
    known: set[str] = set()
    for instrument in instruments.values():
        for item in instrument.items:
            known.add(item.id)
            called = (item.id, *item.text.model_dump(exclude_none=True).values())
            hit = next((there[fold(name)] for name in called if fold(name) in there), None)
            if hit is not None:
                wide.setdefault(item.id, hit)
    if len(wide) >= LEAST_ITEMS:
        return wide, set()
    if {"item", "answer"} <= {*names}:
        given = sample.cells[names["item"]].dropna()
        there_long = {x for x in given.unique() if fold(x) in known}
        if len(given) and given.isin(list(there_long)).mean() >= MOSTLY:
            return {}, there_long
    return {}, set()


def _half(items: Mapping[str, str] | set[str], instruments: Mapping[str, Instrument]) -> str:
    """Return whether answers are whole or one half."""
    asked = {item.id: item.respondent for instrument in instruments.values() for item in instrument.items}
    halves = {asked[item] for item in items if item in asked}
    # Where a questionnaire asks one respondent only, that is the whole of it.
    one = len(halves) == 1 and {*asked.values()} == {"caseworker", "client"}
    return f"{halves.pop()}_answers" if one else "answers"


def _weeks(headers: list[str]) -> str:
    """Return a pattern of the columns of a weekly register, or nothing."""
    kinds: dict[tuple[str, int, str], list[str]] = {}
    for name in headers:
        found = WEEK.fullmatch(name)
        if found and 1 <= int(found["week"]) <= 53:
            kinds.setdefault((found["before"], len(found["year"]), found["between"]), []).append(name)
    if not kinds:
        return ""
    (before, digits, between), most = max(kinds.items(), key=lambda kind: len(kind[1]))
    if len(most) < LEAST_WEEKS:
        return ""
    return rf"{re.escape(before)}(?P<year>\d{{{digits}}}){re.escape(between)}(?P<week>\d{{2}})"


def _with_client(found: Recognised) -> Recognised:
    """Return `found` with the ids looked at; a column of personal numbers is the client where no name says so."""
    columns, guessed = dict(found.columns), list(found.guessed)
    ours = "client_id" if found.table else "client"
    if found.client is None:
        like = [name for name in found.sample.headers if personal_numbers(found.sample.cells[name])]
        if len(like) == 1:
            columns[ours] = like[0]
            guessed.append(ours)
    client = columns.get(ours)
    personal = personal_numbers(found.sample.cells[client]) if client else ""
    return Recognised(found.sample, found.table, columns, found.weeks, found.long, tuple(guessed), personal)


def item_cells(found: Recognised, instrument: Instrument) -> dict[str, pd.Series]:
    """Return the answers to each item, whichever form they come in."""
    cells = found.sample.cells
    if found.long:
        by_item = cells.groupby(cells[found.columns["item"]].map(fold, na_action="ignore"))[found.columns["answer"]]
        groups = {str(name): group for name, group in by_item}
        return {item: groups[fold(item)] for item in instrument.item_ids if fold(item) in groups}
    return {item: cells[found.columns[item]] for item in instrument.item_ids if item in found.columns}
