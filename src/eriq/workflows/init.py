"""From one's own files to configs: what they are is recognised, what is not sure is marked, nothing is asked."""

import os
import re
from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from textwrap import shorten

from eriq.config import Experiment, ScoringJob
from eriq.config.draft import GUESS, WRITE, Draft, unused_keys
from eriq.config.files import is_plain
from eriq.errors import OutputError, SourceError
from eriq.instrument.instrument import NO_QUESTIONS, load_instrument
from eriq.tables.files import finished_or_nothing
from eriq.tables.guesses import instrument_of
from eriq.tables.names import fold, mapped
from eriq.tables.recognise import ANSWERS, Recognised, recognise
from eriq.tables.sample import take
from eriq.workflows.own_files import Own, put_flat, put_source, told

SHIPPED = ("eriq-sv", "eriq22")  # the smallest first
LEFT_SHOWN = 10
LINE = 60  # signs of a line that are shown, so that it fits a terminal of 80
PSEUDONYMS = (
    "eriq needs no personal numbers, only an id that stays the same: give each client a random number, or a keyed hash "
    "of it, before the files leave the register."
)


def init(files: Sequence[Path], out: Path, *, instrument: str | None = None, overwrite: bool = False) -> str:
    """Write a training config and a scoring config for files of which nothing is known, and say what is left to edit.

    Parameters
    ----------
    files : sequence of Path
        Tables as an agency keeps them, or one ready table.
    out : Path
        The training config; the scoring config stands beside it, with ``-scoring`` in its name.
    instrument : str, optional
        The questionnaire file whose items the answers hold; none: the shipped ones are tried.

    Raises
    ------
    SourceError
        When a file cannot be read, or none is like any table.
    OutputError
        When a config is there already.
    """
    scoring = out.with_name(f"{out.stem}-scoring{out.suffix}")
    for place in (out, scoring):
        if place.exists() and not overwrite:
            raise OutputError(f"{place} is there already; give --overwrite to replace it")
    names = {instrument: _from(instrument, out.parent)} if instrument else {name: name for name in SHIPPED}
    instruments = {name: load_instrument(given) for given, name in names.items()}
    found = _settled([recognise(take(file), instruments) for file in files])
    used, idle = _one_each(found)
    name = instrument_of(used, instruments)
    own = Own(used, name, instruments.get(name or NO_QUESTIONS), out.parent)
    lines = []
    for place, draft in ((out, training_config(own, out.stem)), (scoring, scoring_config(own, out.stem))):
        with finished_or_nothing(place, overwrite=overwrite) as file:
            file.write_text(draft.text(), encoding="utf-8")
        lines += ["", *_left(place, draft)]
    said = [line for file in used for line in told(file, own)]
    said += [f"{file.sample.path.name}: not used; {why}" for file, why in idle]
    if any(file.personal for file in used):
        said.append(PSEUDONYMS)
    if name:
        said.append(f"questionnaire: {name}")
    return "\n".join([*said, *lines, "", f"Next: eriq check {out}"])


def _from(instrument: str, folder: Path) -> str:
    """Return a questionnaire as a config in `folder` names it: the plain name of a shipped one, or a path."""
    if is_plain(instrument):
        return instrument
    return Path(os.path.relpath(Path(instrument).resolve(), folder.resolve())).as_posix()


def _settled(found: Sequence[Recognised]) -> list[Recognised]:
    """Return the files with those that resemble nothing put where they alone can be: a ready table, or answers."""
    if len(found) == 1 and not found[0].table:
        return [replace(found[0], table="flat")]
    settled = list(found)
    if not any(file.table in ANSWERS for file in found):
        for place, file in enumerate(found):
            names = mapped(file.sample.headers, "answers")
            if not file.table and {"client_id", "answered_on"} <= {*names}:
                settled[place] = replace(file, table="answers", columns=names)
                break
    return settled


def _one_each(found: Sequence[Recognised]) -> tuple[tuple[Recognised, ...], list[tuple[Recognised, str]]]:
    """Return the first file of each table, and the others with the reason why they are not used."""
    used: dict[str, Recognised] = {}
    idle: list[tuple[Recognised, str]] = []
    for file in found:
        table = "spells" if file.table == "weekly" else file.table
        if not table:
            idle.append((file, "its columns are like those of no table (docs/data.md)"))
        elif table in used:
            idle.append((file, f"{used[table].sample.path.name} is {table} already"))
        else:
            used[table] = file
    if not used:
        raise SourceError(
            f"none of {len(found)} file(s) is like answers, persons, spells, events, forms or a weekly register; "
            "docs/data.md says what these hold"
        )
    return tuple(used.values()), idle


def _named(stem: str) -> str:
    return re.sub(r"[^a-z0-9]+", "-", stem.lower()).strip("-") or fold(stem) or "mine"


def _head(draft: Draft, *words: str) -> None:
    draft.say(
        *words,
        f"Lines that end in '{GUESS}' were guessed; where it says '{WRITE.removeprefix('# ')}', eriq could not know.",
        "Keys behind a # have the value shown. In an editor: eriq schema --out . writes what every key may hold.",
    )


def training_config(own: Own, stem: str) -> Draft:
    """Return a training config for recognised files."""
    draft = Draft()
    _head(draft, "Written by eriq init from the files named below.")
    draft.put("version", 1)
    draft.put("name", _named(stem))
    draft.put("question", "Do the answers tell more about job entry than the registers do?")
    flat = own.files[0] if own.files[0].table == "flat" else None
    asked = put_flat(draft, flat, own.place(flat.sample)) if flat else True
    if not flat:
        put_source(draft, own)
    if flat or own.instrument_name:
        draft.put("instrument", own.instrument_name)
    else:
        has = any(file.table in ANSWERS for file in own.files)
        words = (
            "the file of your questionnaire (eriq instrument new writes a start), then eriq init --instrument FILE"
            if has
            else "null asks no questions"
        )
        draft.put("instrument", None, f"{WRITE}: {words}")
    draft.put(
        "outcome", "the outcome in words" if flat else "job_entry_12m", f"{WRITE}: as reports print it" if flat else ""
    )
    _put_contenders(draft, asked=asked)
    used = {"version", "name", "question", "source", "instrument", "outcome", "contenders", "headline"}
    draft.say("")
    for key, default, words in unused_keys(Experiment, used):
        draft.unused(key, default, words)
    return draft


def _put_contenders(draft: Draft, *, asked: bool) -> None:
    """Add who is compared: questions and registers with registers, or registers with everyone's overall rate."""
    both = "questionnaire + register_full"
    draft.section("contenders")
    draft.lines.append("  - {blocks: [none], estimators: [prevalence]}")
    draft.lines.append(
        f"  - {{blocks: [register_full{f', questionnaire, {both}' if asked else ''}], estimators: [logistic]}}"
    )
    headline = {"with": both, "without": "register_full"} if asked else {"with": "register_full", "without": "none"}
    draft.put("headline", {**headline, "estimator": "logistic"})


def scoring_config(own: Own, stem: str) -> Draft:
    """Return a scoring config for the next files of the same form."""
    draft = Draft()
    _head(draft, "Written by eriq init: scores files of the same form with the model that the training registers.")
    draft.put("version", 1)
    draft.put("name", f"{_named(stem)}-scoring")
    draft.put("model", f"models:/eriq-{_named(stem)}@candidate")
    if own.files[0].table == "flat":
        draft.section("source")
        draft.put("kind", "file", depth=1)
        draft.put("path", own.place(own.files[0].sample), f"{WRITE}: the new file", depth=1)
    else:
        put_source(draft, own)
    draft.put("sink", {"kind": "file", "path": f"{_named(stem)}-scores.csv"})
    used = {"version", "name", "model", "source", "sink"}
    if not own.has_consent:
        draft.put("consent", "not_collected", GUESS)
        used.add("consent")
    draft.say("")
    for key, default, words in unused_keys(ScoringJob, used):
        draft.unused(key, default, words)
    return draft


def _left(place: Path, draft: Draft) -> list[str]:
    """Return what is left to edit in a config, line by line."""
    marks: Mapping[int, str] = {
        **dict.fromkeys(draft.marked(GUESS), "check"),
        **dict.fromkeys(draft.marked(WRITE), "write"),
    }
    write = sum(what == "write" for what in marks.values())
    head = f"{place}: {write} line(s) to write, {len(marks) - write} guess(es) to check"
    lines = [
        f"  line {number}: {what} {shorten(draft.lines[number - 1], LINE, placeholder=' ...')}"
        for number, what in sorted(marks.items())
    ]
    more = [f"  ... and {len(lines) - LEFT_SHOWN} more, marked in the file"] if len(lines) > LEFT_SHOWN else []
    return [head, *lines[:LEFT_SHOWN], *more]
