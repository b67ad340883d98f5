"""Codes and labels of an agency in ours: value maps, answer labels, and cells that mean no value."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

import numpy as np
import pandas as pd

from eriq.config import Layout, Part, plain
from eriq.disclosure import MIN_PEOPLE
from eriq.errors import ConfigError, bullets, nearest
from eriq.instrument.instrument import Instrument
from eriq.instrument.texts import Language
from eriq.tables.cells import cell_text, each_once
from eriq.tables.own_dates import iso_days
from eriq.tables.schema import Column, Problem

SHOWN_CODES = 5  # of a column, the most frequent first
NO_ROWS = np.empty(0, dtype=np.int64)


@dataclass(frozen=True, slots=True)
class Declared:
    """What a file itself says of the cells of one column."""

    labels: Mapping[str, str] = field(default_factory=dict)  # code -> label
    missing: frozenset[str] = frozenset()  # codes that it declares to mean no value


Labels = Mapping[str, Declared]  # by column


@dataclass(frozen=True, slots=True)
class Words:
    """How cells of one table are read, by our column; codes as `plain` makes them."""

    part: Part
    columns: tuple[Column, ...]
    maps: Mapping[str, Mapping[str, str | None]]  # their code or label -> ours
    missing: Mapping[str, frozenset[str]]
    dates: Mapping[str, str]


def words_of(layout: Layout, part: Part, columns: Sequence[Column], instrument: Instrument) -> Words:
    """Return how the cells of a table are read.

    Raises
    ------
    ConfigError
        When a map is of no column of ours, gives what is no code of ours, or is written the wrong way round.

    Examples
    --------
    >>> from eriq.instrument.instrument import load_instrument
    >>> from eriq.tables.schema import PERSONS
    >>> layout = Layout(codes={"persons": {"sex": {"Kvinde": "female"}}})
    >>> words_of(layout, "persons", PERSONS, load_instrument("no-questions")).maps
    {'sex': {'kvinde': 'female'}}
    """
    known = {column.name: column for column in columns}
    given, problems = layout.codes_of(part), []
    for name, codes in given.items():
        if name in known:
            problems += _doubts(f"source.codes.{part}.{name}", codes, known[name])
        else:
            problems.append(f"source.codes.{part}.{name}: not a column of {part}.{nearest(name, known)}")
    for name in (*layout.missing.get(part, {}), *_dated(layout, part)):
        if name not in known and name != "*":
            problems.append(f"{name}: not a column of {part}.{nearest(name, known)}")
    if problems:
        raise ConfigError(bullets("codes do not fit the tables:", problems))
    maps: dict[str, dict[str, str | None]] = {}
    if layout.answer_labels:
        maps = {
            item: labels_of(instrument, item, layout.answer_labels) for item in instrument.item_ids if item in known
        }
    for name, codes in given.items():
        maps[name] = {**maps.get(name, {}), **{plain(theirs): ours for theirs, ours in codes.items()}}
    missing = {name: cells for name in known if (cells := layout.missing_in(part, name))}
    dates = {c.name: day for c in columns if c.dtype[0] == "d" and (day := layout.date_format(part, c.name))}
    return Words(part, tuple(columns), maps, missing, dates)


def labels_of(instrument: Instrument, item: str, language: Language) -> dict[str, str | None]:
    """Return label -> code of an item, those of its missing codes included.

    Raises
    ------
    ConfigError
        When two answers have one label, so that nobody knows which was given.
    """
    given = [(level.labels, level.code) for level in instrument.levels(item)]
    none = [(code.labels, code.code) for code in instrument.missing_codes]
    pairs = [(plain(texts.in_(language)), str(code)) for texts, code in (*given, *none)]
    if len(dict(pairs)) < len(pairs):
        raise ConfigError(f"answer_labels: two answers to {item} have the same label in '{language}'; give codes")
    return dict(pairs)


def in_our_words(frame: pd.DataFrame, words: Words, declared: Labels | None = None) -> pd.DataFrame:
    """Return a table with our codes where a map, label or missing code says so, and ISO dates; other cells as they are.

    Parameters
    ----------
    frame : DataFrame of shape (n_rows, any)
        Under our names; left as it is.
    words : Words
    declared : mapping of str to Declared, optional
        What the file itself says of its columns.

    Returns
    -------
    DataFrame
        Same shape.

    Examples
    --------
    >>> from eriq.tables.schema import PERSONS
    >>> words = Words("persons", PERSONS, {"sex": {"kvinde": "female"}}, {}, {"born_on": "%d-%m-%Y"})
    >>> in_our_words(pd.DataFrame({"sex": [" Kvinde", "x"], "born_on": ["24-11-1987", "1-1"]}), words).values.tolist()
    [['female', '1987-11-24'], ['x', '1-1']]
    """
    made = frame.copy(deep=False)
    found = [str(name) for name in frame.columns]
    for column in words.columns:
        name = column.name
        if found.count(name) != 1:
            continue
        said = (declared or {}).get(name, Declared())
        cells = frame[name]
        if name in words.maps or name in words.missing or said.missing or (said.labels and column.dtype == "str"):
            cells = each_once(lambda given, c=column, s=said: _translated(given, c, words, s), cells)  # type: ignore[misc]
        if name in words.dates:
            cells = each_once(lambda given, day=words.dates[name]: iso_days(given, day), cells)  # type: ignore[misc]
        made[name] = cells
    return made


def unknown_codes(frame: pd.DataFrame, words: Words, declared: Labels | None = None) -> list[Problem]:
    """Return, for each column with a map, the cells that are still no code of ours; without one, codes of many people.

    Codes are named where at least `MIN_PEOPLE` people have them, and counted otherwise.

    Parameters
    ----------
    frame : DataFrame of shape (n_rows, any)
        What `in_our_words` returned.
    words, declared
        As there.
    """
    problems = []
    found = [str(name) for name in frame.columns]
    for column in words.columns:
        mapped = column.name in words.maps
        if found.count(column.name) != 1 or not column.allowed:
            continue
        given = frame[column.name]
        if isinstance(given.dtype, pd.CategoricalDtype):
            once = cell_text(pd.Series(given.cat.categories)).dropna().unique()
            if all(plain(code) in (*_ours(column), "") for code in once):
                continue
        given = given[given.notna() & ~given.isin(column.allowed)]  # most cells are ours, and need no closer look
        if given.empty:
            continue
        cells = cell_text(given)
        place, codes = pd.factorize(cells)
        odd = np.array([plain(code) not in (*_ours(column), "") for code in codes] + [False])[place]
        if not odd.any():
            continue
        cells = cells[odd]
        clients = frame["client_id"] if found.count("client_id") == 1 else pd.Series(frame.index, index=frame.index)
        clients = clients.loc[cells.index]
        # Slips, and numbers outside a scale: the contract tells their rows. Words of many people ask for a map.
        if not mapped and not (_often(cells, clients) and (column.dtype == "str" or _all_words(cells))):
            continue
        told = codes_told(cells, clients, [*_ours(column), *words.maps.get(column.name, {})])
        allowed = ", ".join(map(str, column.allowed))
        where = f"source.codes.{words.part}" + (
            " (or source.answer_labels)" if column.dtype[0] == "I" and column.allowed != (0, 1) else ""
        )
        text = f"{column.name}: {told}; say in {where} which of ours they are: {allowed}"
        code = "unknown_code"
        if declared is not None and mapped and not _labelled(cells, declared.get(column.name, Declared())):
            code = "undeclared_label"
            text = f"{column.name}: the file declares no label for {told}; map the codes themselves"
        problems.append(Problem(words.part, column.name, code, text, NO_ROWS))
    return problems


def codes_told(cells: pd.Series, clients: pd.Series, known: Sequence[str]) -> str:
    """Return how many cells hold how many codes nobody mapped; named are those of at least `MIN_PEOPLE` people.

    >>> people = pd.Series([f"c{n}" for n in range(7)])
    >>> codes_told(pd.Series(["kontanthjlp"] * 6 + ["x"]), people, ["kontanthjælp"])
    "7 cell(s) of 2 unknown codes: 'kontanthjlp' (6; 'kontanthjælp'?), others of fewer than 5 people each"
    """
    counts = cells.value_counts()
    often = [code for code in counts.index if code in _often(cells, clients)]
    shown = []
    for code in often[:SHOWN_CODES]:
        close = nearest(str(code), known).removeprefix(" Did you mean ").removesuffix("?")
        shown.append(f"'{code}' ({counts[code]:,}{f'; {close}?' if close else ''})")
    if more := len(often) - SHOWN_CODES if len(often) > SHOWN_CODES else 0:
        shown.append(f"{more} more")
    if len(often) < len(counts):
        rare = f"fewer than {MIN_PEOPLE} people each"
        shown.append(f"others of {rare}" if shown else f"each of fewer than {MIN_PEOPLE} people")
    plural = "codes" if len(counts) > 1 else "code"
    return f"{len(cells):,} cell(s) of {len(counts):,} unknown {plural}: {', '.join(shown)}"


def _often(cells: pd.Series, clients: pd.Series) -> set[str]:
    """Return the codes that at least `MIN_PEOPLE` people have."""
    people = clients.groupby(cells.to_numpy()).nunique()
    return {str(code) for code in people.index[people >= MIN_PEOPLE]}


def _translated(given: pd.Series, column: Column, words: Words, said: Declared) -> pd.Series:
    """Return the cells of one column in our codes; what nobody mapped stays, as text."""
    codes = words.maps.get(column.name, {})
    missing, ours = words.missing.get(column.name, frozenset()), _ours(column)
    text = cell_text(given)
    place, cells = pd.factorize(text)
    made: list[str | float] = []
    for cell in cells:
        label = said.labels.get(cell)
        keys = [plain(cell)] + ([plain(label)] if label is not None else [])
        mapped = next((key for key in keys if key in codes), None)
        if mapped is not None:
            made.append(np.nan if (value := codes[mapped]) is None else value)
        elif missing.intersection(keys) or (cell in said.missing and plain(cell) not in ours):
            made.append(np.nan)
        elif label is not None and column.dtype == "str" and (not column.allowed or plain(label) in ours):
            made.append(label)
        else:
            made.append(cell)
    values = np.array([*made, np.nan, None], dtype=object)[:-1]  # the last stands for gaps: place -1
    return pd.Series(values[place], index=given.index, name=given.name, dtype="str")


def _ours(column: Column) -> list[str]:
    return [plain(code) for code in column.allowed]


def _all_words(cells: pd.Series) -> bool:
    return bool(pd.to_numeric(cells, errors="coerce").isna().all())


def _labelled(cells: pd.Series, said: Declared) -> bool:
    return bool(cells.isin(list(said.labels)).all())


def _dated(layout: Layout, part: Part) -> list[str]:
    found = layout.dates.get(part) if isinstance(layout.dates, dict) else None
    return list(found) if isinstance(found, dict) else []


def _doubts(where: str, codes: Mapping[str, str | None], column: Column) -> list[str]:
    """Return what is wrong with a map: codes that are none of ours, or ours on the side of theirs."""
    if not column.allowed:
        return []
    ours = _ours(column)
    wrong = [value for value in codes.values() if value is not None and plain(value) not in ours]
    if not wrong:
        return []
    allowed = ", ".join(map(str, column.allowed))
    if all(plain(code) in ours for code in codes):
        first = next(iter(codes))
        return [f"{where} is the wrong way round: write theirs -> ours, as in {codes[first]}: {first}"]
    return [f"{where}: '{value}' is no code of ours.{nearest(value, ours)} Ours are {allowed}" for value in wrong]
