"""What cells of recognised files mean: codes, labels, days, weeks. No value of fewer than five people is written."""

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

import pandas as pd

from eriq.instrument.instrument import Instrument
from eriq.instrument.texts import LANGUAGES, Language
from eriq.tables.intake import TABLES
from eriq.tables.names import fold, meaning
from eriq.tables.recognise import ANSWERS, Recognised, item_cells
from eriq.tables.schema import STATUSES, Column, answers_columns

MOST_VALUES = 20  # of a column that holds codes; with more it may hold anything
LEAST_PEOPLE = 5  # who hold a value, before it may stand in a config
DAYS = (
    "%Y-%m-%d", "%d-%m-%Y", "%m-%d-%Y", "%d.%m.%Y", "%d/%m/%Y", "%m/%d/%Y", "%Y/%m/%d", "%Y.%m.%d",
    "%Y%m%d", "%d%m%Y", "%d-%m-%y", "%d/%m/%y", "%m/%d/%y", "%d.%m.%y", "%y%m%d", "%d%m%y",
)  # fmt: skip
PAIRS = (("Ja", "Nej"), ("ja", "nej"), ("JA", "NEJ"), ("J", "N"), ("Yes", "No"), ("yes", "no"), ("YES", "NO"))
NO_VALUE = ("NA", "N/A", "NULL", "null", "None", ".", "-", "#N/A", "nan", "NaN")


@dataclass(frozen=True, slots=True)
class Codes:
    """The codes of one column: theirs -> ours, "" for no value, None where nobody knows."""

    column: str
    map: Mapping[str, str | None]
    allowed: tuple[str, ...]
    rare: int = 0  # values of fewer than five people, which are not written
    many: int = 0  # values of a column with too many of them, none of which is written

    @property
    def is_whole(self) -> bool:
        """Whether nothing is left to write."""
        return not self.rare and not self.many and None not in self.map.values()


@dataclass(frozen=True, slots=True)
class Days:
    """The formats that fit all days of a table; the first is the likeliest."""

    formats: tuple[str, ...]
    columns: tuple[str, ...]


def contract(found: Recognised, instrument: Instrument | None) -> tuple[Column, ...]:
    """Return the contract of the table that a file is."""
    if found.table in ANSWERS:
        return answers_columns(instrument) if instrument else ()
    return TABLES.get(found.table, ())  # type: ignore[call-overload, no-any-return]


def held(cells: pd.Series, client: pd.Series | None) -> tuple[list[str], list[str], int]:
    """Return the values that may be written, those that may not, and how many there are if they are too many.

    Examples
    --------
    >>> held(pd.Series(["a"] * 6 + ["b"]), pd.Series([1, 2, 3, 4, 5, 5, 6]).astype("str"))
    (['a'], ['b'], 0)
    """
    given = cells.dropna()
    values = sorted(given.unique())
    if len(values) > MOST_VALUES:
        return [], [], len(values)
    if client is None:  # nobody knows how many people hold a value
        return [], values, 0
    people = client[given.index].groupby(given).nunique()
    often = [value for value in values if people.get(value, 0) >= LEAST_PEOPLE]
    return often, [value for value in values if value not in often], 0


def codes_of(found: Recognised, columns: Iterable[Column]) -> list[Codes]:
    """Return the maps of codes that a file needs; columns whose values are ours already need none."""
    cells = found.sample.cells
    client = cells[found.client] if found.client else None
    needed = []
    for column in columns:
        theirs = found.columns.get(column.name)
        is_item = found.table in ANSWERS and column.name != "consent"
        if theirs is None or not column.allowed or is_item:
            continue
        allowed = tuple(str(code) for code in column.allowed)
        if cells[theirs].dropna().isin(allowed).all():
            continue
        often, rare, many = held(cells[theirs], client)
        written = {value: meaning(column.name, value, allowed) for value in often}
        if allowed == ("0", "1"):  # the other word of a pair, from our own list, may come next month
            for word, other in ((a, b) for pair in PAIRS for a, b in (pair, pair[::-1])):
                if word in written:
                    written.setdefault(other, meaning(column.name, other, allowed))
        needed.append(Codes(column.name, written, allowed, len({*rare} - {*written}), many))
    return needed


def weekly_codes(found: Recognised) -> Codes:
    """Return the codes of a weekly register: words that are known, the others for a person to say."""
    weeks = [name for name in found.sample.headers if re.fullmatch(found.weeks, name)]
    if found.client is None:
        return Codes("codes", {}, STATUSES, many=1)
    table = found.sample.cells[weeks].set_axis(range(len(weeks)), axis="columns")
    long = table.assign(client=found.sample.cells[found.client]).melt("client", value_name="code").dropna()
    people = long.groupby("code")["client"].nunique()
    often = sorted(people.index[people >= LEAST_PEOPLE])
    known = {code: meaning("status", code, STATUSES) for code in often}
    if table.isna().any(axis=None):  # a blank week is a code as well, that of no spell
        known[""] = "no_status"
    return Codes("codes", known, STATUSES, len(people) - len(often))


def days_of(found: Recognised, columns: Iterable[Column]) -> Days:
    """Return the formats that all days of a file fit."""
    dated = [c.name for c in columns if c.dtype.startswith("datetime") and c.name in found.columns]
    fit = list(DAYS)
    used = []
    for name in dated:
        given = pd.Series(found.sample.cells[found.columns[name]].dropna().unique(), dtype="str")
        given = given[~given.isin(NO_VALUE)].str.removesuffix(" 00:00:00")
        if given.empty:
            continue
        used.append(name)
        fit = [day for day in fit if _fits(given, day)]
    return Days(tuple(fit) if used else (), tuple(used))


def _fits(given: pd.Series, day: str) -> bool:
    when = pd.to_datetime(given, format=day, errors="coerce")
    return bool(when.notna().all() and when.dt.strftime(day).eq(given).all())


def labels_of(found: Recognised, instrument: Instrument) -> tuple[Language | None, float]:
    """Return the language whose labels the answers are, and the share of answers that are one; none for codes.

    Missing codes have labels too. Where languages tell as much, the first in the order of the product counts.
    """
    hits = dict.fromkeys(LANGUAGES, 0)
    total = 0
    for item, cells in item_cells(found, instrument).items():
        counts = cells.dropna().value_counts()
        counts = counts[~counts.index.str.fullmatch(r"-?\d+([.,]0+)?")]
        total += int(counts.sum())
        for language in LANGUAGES:
            told = [x.labels for x in instrument.levels(item)] + [x.labels for x in instrument.missing_codes]
            labels = {fold(texts.in_(language)) for texts in told}
            hits[language] += int(counts[[fold(code) in labels for code in counts.index]].sum())
    best = max(LANGUAGES, key=lambda language: hits[language])
    share = hits[best] / total if total else 0.0
    return (best, share) if share >= 0.5 else (None, share)


def missing_in(found: Recognised, instrument: Instrument | None, language: Language | None) -> dict[str, list[str]]:
    """Return {our column, or "*": codes that mean no value}, each held by enough people."""
    cells = found.sample.cells
    client = cells[found.client] if found.client else None
    if client is None:
        return {}
    everywhere = {
        code
        for name in found.columns.values()
        for code in set(NO_VALUE) & {*cells[name].dropna().unique()}
        if client[cells[name] == code].nunique() >= LEAST_PEOPLE
    }
    missing = {"*": sorted(everywhere)} if everywhere else {}
    if found.table in ANSWERS and instrument and not language and not found.long:
        for item, given in item_cells(found, instrument).items():
            allowed = {str(code) for code in instrument.allowed(item)} | everywhere
            often, _, _ = held(given[~given.isin(list(allowed))], client)
            odd = [code for code in often if code.lstrip("-").isdigit() and set(code.lstrip("-")) <= set("789")]
            missing |= {item: odd} if odd else {}
    return missing


def instrument_of(founds: Sequence[Recognised], known: Mapping[str, Instrument]) -> str | None:
    """Return the name of the smallest questionnaire that has every item found, or nothing."""
    items: set[str] = set()
    every = {item for instrument in known.values() for item in instrument.item_ids}
    for found in founds:
        if found.table in ANSWERS:
            folded = (
                {fold(x) for x in found.sample.cells[found.columns["item"]].dropna().unique()} if found.long else set()
            )
            items |= {item for item in every if item in found.columns or fold(item) in folded}
    fits = [name for name, instrument in known.items() if items and items <= {*instrument.item_ids}]
    return min(fits, key=lambda name: len(known[name].items), default=None)
