"""What an agency's files were recognised as, written as the source of a config."""

import os
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pandas as pd

from eriq.config.draft import GUESS, WRITE, Draft, flow
from eriq.instrument.instrument import Instrument
from eriq.tables.guesses import Codes, codes_of, contract, days_of, labels_of, missing_in, weekly_codes
from eriq.tables.recognise import ANSWERS, Recognised
from eriq.tables.sample import Sample

ORDER = (*ANSWERS, "persons", "spells", "weekly", "events", "forms")
WITHIN_DAYS = 14
QUESTION = re.compile(r"(q|spm|spg|sp|f|fr|item|svar)_?\d+.*|(cw|cl)\d\d")
LONGEST_SCALE, LEAST_ALIKE = 11, 3
# Keys of a source that the files gave no reason for: an example, and what it is for.
UNUSED: Mapping[str, tuple[str, str]] = {
    "within_days": ("14", "halves are one questionnaire when at most so many days apart"),
    "answers_form": ("wide", "long: a row per answer, in the columns item and answer"),
    "weekly": (
        r'{columns: "y_(?P<year>\\d{2})(?P<week>\\d{2})", codes: {"111": unemployment_benefit}}',
        "spells with a row per person and a column per week",
    ),
    "columns": ("{persons: {client_id: CPR}}", "table -> {our column: theirs}"),
    "codes": ("{persons: {sex: {Kvinde: female}}}", "table -> our column -> {their code: ours}"),
    "answer_labels": ("da", "en, sv or da: answers are the words of the questionnaire and not its codes"),
    "missing": ('{answers: {cw01: [99]}, "*": {"*": ["NA"]}}', "table -> our column -> cells that mean no value"),
    "dates": ('"%d-%m-%Y"', "or {table: format}, or {table: {our column: format}}"),
    "sheets": ("{answers: Sheet1}", "table -> sheet of its workbook"),
    "extra_columns": ("notice", "refuse or ignore: columns nobody asked for"),
    "csv": ('{delimiter: ";", decimal: ",", encoding: utf-8}', "how text files are written"),
    "followed_until": ("2025-12-31", "the last day that the registers cover"),
    "extracted_on": ("2026-01-31", "the day the tables were drawn"),
}


@dataclass(frozen=True, slots=True, eq=False)
class Own:
    """Files of which one config is made: each recognised, with the questionnaire that has their items."""

    files: tuple[Recognised, ...]
    instrument_name: str | None
    instrument: Instrument | None
    folder: Path  # of the config

    def place(self, sample: Sample) -> str:
        """Return where a file is, as the config says it."""
        return Path(os.path.relpath(sample.path.resolve(), self.folder.resolve())).as_posix()

    @property
    def has_consent(self) -> bool:
        """Whether answers say who agreed."""
        return any("consent" in found.columns for found in self.files if found.table in ANSWERS)


def put_source(draft: Draft, own: Own) -> None:
    """Add the section `source` to a config."""
    used: set[str] = set()
    tables = {found.table: found for found in sorted(own.files, key=lambda f: ORDER.index(f.table))}
    draft.section("source")
    draft.put("kind", "tables", depth=1)
    for name, found in tables.items():
        draft.put("spells" if name == "weekly" else name, own.place(found.sample), depth=1)
    if len({*tables} & {*ANSWERS[1:]}) == 2:
        draft.put("within_days", WITHIN_DAYS, GUESS, depth=1)
        used.add("within_days")
    elif lone := {*tables} & {*ANSWERS[1:]}:
        draft.lines.append(f"  {WRITE}: the other half beside {lone.pop()}")
    elif not {*tables} & {*ANSWERS}:
        draft.lines.append(f"  # answers: answers.csv  {WRITE}: who answered what, and when")
    if any(found.long for found in own.files):
        draft.put("answers_form", "long", depth=1)
        used.add("answers_form")
    if weekly := tables.get("weekly"):
        _put_weekly(draft, weekly)
        used.add("weekly")
    elif "spells" not in tables:
        draft.lines.append(f"  # spells: spells.csv  {WRITE}: when people were in work, from a register")
    for key, put in (("columns", _put_columns), ("codes", _put_codes)):
        used |= {key} if put(draft, own) else set()
    used |= _put_words(draft, own)
    used |= _put_csv(draft, own)
    for key, (example, words) in UNUSED.items():
        if key not in used:
            draft.unused(key, example, words, depth=1)


def _table_name(found: Recognised) -> str:
    return "spells" if found.table == "weekly" else found.table


def _put_weekly(draft: Draft, found: Recognised) -> None:
    codes = weekly_codes(found)
    draft.section("weekly", depth=1)
    draft.put("columns", found.weeks, depth=2)
    _put_map(draft, codes, depth=2, of="null: no spell")


def _put_map(draft: Draft, codes: Codes, *, depth: int, of: str = "null: no value") -> None:
    """Add a map of codes on one line, and below what is left to say about it."""
    why = ["what each null means"] if None in codes.map.values() else []
    why += [f"{codes.rare} more value(s), each of fewer than five people"] if codes.rare else []
    why += ["its values, too many to be written here"] if codes.many else []
    number = {"0", "1"} == {*codes.allowed}
    written = {code: (int(ours) if number else ours) if ours else None for code, ours in codes.map.items()}
    draft.put(codes.column, written, f"{WRITE}: {', '.join(why)}" if why else "", depth=depth)
    if why:
        draft.lines.append(f"{'  ' * depth}# one of {', '.join(codes.allowed)}; {of}")


def _by_table(own: Own, made: Mapping[str, Any]) -> dict[str, Any]:
    """Return what is made for each table under its name in a config; what both halves share stands under answers."""
    named = {_table_name(found): made[found.table] for found in own.files if made.get(found.table)}
    first, second = (named.get(half) for half in ANSWERS[1:])
    if first is not None and first == second:
        rest = {table: what for table, what in named.items() if table not in ANSWERS}
        return {"answers": first, **rest}
    return named


def _put_columns(draft: Draft, own: Own) -> bool:
    """Add which of their columns are which of ours; return whether there was anything to say."""
    asked = {*own.instrument.item_ids} if own.instrument else set()
    renamed = {f.table: {o: t for o, t in f.columns.items() if o != t} for f in own.files}
    shared = _by_table(own, {t: {o: n for o, n in names.items() if o not in asked} for t, names in renamed.items()})
    for found in own.files:  # items of a half are its own
        if items := {o: t for o, t in renamed[found.table].items() if o in asked}:
            shared[_table_name(found)] = {**shared.get(_table_name(found), {}), **items}
    lacking = [(found, name) for found in own.files for name in absent(found, own)]
    if shared:
        draft.section("columns", depth=1)
    guessed = {name for found in own.files for name in found.guessed}
    for table, columns in shared.items():
        unsure = sorted(guessed & {*columns})
        draft.put(table, columns, f"{GUESS}: {', '.join(unsure)}" if unsure else "", depth=2)
    for found, name in lacking:
        where = f"columns: {{{_table_name(found)}: {{{name}: ...}}}}"
        draft.lines.append(f"  # {where}  {WRITE}: one of {flow(found.unread)}")
    return bool(shared or lacking)


def absent(found: Recognised, own: Own) -> list[str]:
    """Return our columns that a table cannot do without and that were not found."""
    columns = contract(found, own.instrument)
    needed = [c.name for c in columns if c.required] if found.table != "weekly" else ["client_id"]
    return [name for name in needed if name not in found.columns]


def _put_codes(draft: Draft, own: Own) -> bool:
    """Add what their codes mean in ours."""
    needed = _by_table(own, {found.table: codes_of(found, contract(found, own.instrument)) for found in own.files})
    if needed:
        draft.section("codes", depth=1)
    for table, codes in needed.items():
        draft.section(table, depth=2)
        for code in codes:
            _put_map(draft, code, depth=3)
    return bool(needed)


def _put_words(draft: Draft, own: Own) -> set[str]:
    """Add the language of labels, what means no value, and how days are written; return the keys said."""
    used: set[str] = set()
    answers = [found for found in own.files if found.table in ANSWERS]
    told = [labels_of(found, own.instrument) for found in answers] if own.instrument else []
    languages = [language for language, _ in told if language]
    language = max(languages, key=languages.count, default=None)
    if language:
        sure = all(share == 1 and other == language for other, share in told)
        draft.put("answer_labels", language, "" if sure else GUESS, depth=1)
        used.add("answer_labels")
    missing = _by_table(own, {found.table: missing_in(found, own.instrument, language) for found in own.files})
    if missing:
        draft.section("missing", depth=1)
        for table, codes in missing.items():
            draft.put(table, codes, GUESS if {*codes} - {"*"} else "", depth=2)
        used.add("missing")
    return used | _put_days(draft, own)


def _put_days(draft: Draft, own: Own) -> set[str]:
    """Add how days are written: once where all tables agree, else table by table."""
    days = {found.table: days_of(found, contract(found, own.instrument)) for found in own.files}
    days = {table: found for table, found in days.items() if found.columns}
    shared = (
        [form for form in next(iter(days.values())).formats if all(form in d.formats for d in days.values())]
        if days
        else []
    )
    if shared:
        if shared[0] != "%Y-%m-%d":
            mark = f"{GUESS}: {' or '.join(shared[1:])} fits as well" if len(shared) > 1 else ""
            draft.put("dates", shared[0], mark, depth=1)
            return {"dates"}
        return set()
    if days:
        draft.section("dates", depth=1)
    for table, found in days.items():
        if found.formats:
            others = " or ".join(found.formats[1:])
            draft.put(table, found.formats[0], f"{GUESS}: {others} fits as well" if others else "", depth=2)
        else:
            formats = dict.fromkeys(found.columns, "%Y-%m-%d")
            draft.put(table, formats, f"{WRITE}: no one format fits all days of a column", depth=2)
    return {"dates"} if days else set()


def _put_csv(draft: Draft, own: Own) -> set[str]:
    """Add how text files are written, where that is not the usual way."""
    written = [found.sample.csv for found in own.files if found.sample.csv is not None]
    said: dict[str, Any] = {}
    unsure = False
    for key, usual in (("delimiter", ","), ("decimal", "."), ("encoding", "utf-8")):
        values = {getattr(csv, key) for csv in written}
        if odd := sorted(values - {usual}):
            if key == "delimiter" and len(values) > 1:
                continue  # found file by file
            said[key] = odd[0]
            unsure |= key == "encoding" and len(values) > 1
    if said:
        draft.put("csv", said, f"{GUESS}: files differ" if unsure else "", depth=1)
    return {"csv"} if said else set()


def put_flat(draft: Draft, found: Recognised, place: str) -> bool:
    """Add one ready table as the source; return whether some of its columns look like questions."""
    cells = found.sample.cells
    draft.section("source")
    draft.put("kind", "flat", depth=1)
    draft.put("file", place, depth=1)
    for key, words in (("client", "who a row is about"), ("outcome", "the column of 0 and 1 that is forecast")):
        name = found.columns.get(key)
        could = [n for n in found.unread if _could_be(key, cells[n])] or found.unread
        fits = key != "outcome" or (name is not None and cells[name].dropna().isin(["0", "1"]).all())
        mark = f"{WRITE}: {words}, one of {flow(could)}"
        draft.put(key, name if name and fits else "?", "" if name and fits else mark, depth=1)
    draft.lines.append(
        f"  columns:  {GUESS}, the role of each: register, form, questionnaire, audit or after the outcome"
    )
    asked = False
    alike = alike_scales(found)
    for name in found.unread:
        given = cells[name].dropna()
        number = given.str.fullmatch(r"-?\d+([.,]\d+)?").all()
        if not number and given.nunique() > 20:
            draft.lines.append(f"    # {flow(name)}: left out; {_why_text(given)}")
            continue
        question = name in alike or bool(
            re.fullmatch(r"(q|spm|spg|sp|f|fr|item|svar)_?\d+.*|(cw|cl)\d\d", name.lower())
        )
        asked |= question
        kind = "flag" if {*given} <= {"0", "1"} else ("ordinal" if question else "continuous") if number else "category"
        draft.put(name, {"role": "questionnaire" if question else "register", "kind": kind}, depth=2)
    csv = found.sample.csv
    if csv and (csv.delimiter != "," or csv.decimal != "." or csv.encoding != "utf-8"):
        draft.put("csv", csv.model_dump(), depth=1)
    return asked


def _why_text(given: pd.Series) -> str:
    """Return why a column of a ready table is not taken: it is of days, or of text."""
    days = pd.to_datetime(given, format="%Y-%m-%d", errors="coerce").notna().all()
    return "days; kind date, or answered_on of the source" if days else "text, and more than 20 different ones"


def _could_be(key: str, cells: pd.Series) -> bool:
    """Return whether a column could be that of the outcome (0 and 1) or of the client (hardly two rows alike)."""
    given = cells.dropna()
    return {*given} == {"0", "1"} if key == "outcome" else given.nunique() > len(cells) / 2


def alike_scales(found: Recognised) -> set[str]:
    """Return the columns of whole numbers that share one short scale with two others or more, as questions do."""
    scales: dict[tuple[str, str], list[str]] = {}
    for name in found.unread:
        codes = {*found.sample.cells[name].dropna()}
        if 3 <= len(codes) <= LONGEST_SCALE and all(re.fullmatch(r"\d+", code) for code in codes):
            scales.setdefault((min(codes, key=int), max(codes, key=int)), []).append(name)
    return {name for names in scales.values() if len(names) >= LEAST_ALIKE for name in names}


def told(found: Recognised, own: Own) -> Sequence[str]:
    """Return what is said of a file once it is recognised."""
    words = {
        "answers": "answers",
        "caseworker_answers": "the caseworker's half of the answers",
        "client_answers": "the client's half of the answers",
        "weekly": "spells, a column per week",
        "flat": "one ready table",
    }
    lines = [
        f"{found.sample.path.name}: {words.get(found.table, found.table)}{', a row per item' if found.long else ''}"
    ]
    if found.personal:
        lines.append(f"  {found.client} holds {found.personal}")
    if found.unread and found.table != "flat":
        lines.append(f"  not read: {', '.join(found.unread)}")
    return lines
