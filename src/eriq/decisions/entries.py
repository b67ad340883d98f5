"""What is written into the log: decisions beside a score, showings of a score, and objections, checked row by row."""

import datetime as dt
from collections.abc import Sequence
from pathlib import Path

import numpy as np
import pandas as pd

from eriq.config import Decisions
from eriq.decisions.chain import Entry
from eriq.errors import SchemaError
from eriq.tables import schema
from eriq.tables.files import read_with_digest
from eriq.tables.schema import Column, Problem

EVENTS = ("decision", "exposure", "objection")
FOLLOWED, DEPARTED, NOT_SEEN = "followed", "departed", "not_seen"
KEYS = ["client_id", "answered_on"]


def columns_of(config: Decisions) -> tuple[Column, ...]:
    """Return the columns of a file of entries; codes are those of the config."""
    return (
        Column("event", "str", allowed=EVENTS, optional=True),  # blank: a decision
        Column("client_id", "str", required=True),
        Column("answered_on", "datetime64[us]", required=True),  # of the questionnaire whose score it is about
        Column("happened_on", "datetime64[us]", optional=True),  # of the decision or objection
        Column("by", "str", allowed=tuple(config.roles), optional=True),
        Column("decision", "str", allowed=tuple(config.decisions), optional=True),
        Column("beside_score", "str", allowed=(FOLLOWED, DEPARTED, NOT_SEEN), optional=True),
        Column("reason", "str", allowed=tuple(config.reasons), optional=True),
        Column("note", "str", optional=True),  # free text: kept in the log, never in a report
        Column("belief_recorded_on", "datetime64[us]", optional=True),
        Column("score_shown_on", "datetime64[us]", optional=True),
    )


def check_entries(given: pd.DataFrame, config: Decisions, today: dt.date) -> pd.DataFrame:
    """Return a file of entries typed; a row without an event is a decision.

    Raises
    ------
    SchemaError
        With every rule that is broken, counts and row numbers, and no value.
    """
    found, problems = schema.check(given, columns_of(config), "entries")
    found["event"] = found["event"].fillna("decision")
    problems += schema.check_dates(found, "entries", today)
    kinds = {event: found["event"] == event for event in EVENTS}
    acts = kinds["decision"] | kinds["objection"]
    needs = (
        (acts, "happened_on", "needs the day it happened"),
        (acts, "by", "needs the role of who did it"),
        (kinds["decision"], "decision", "needs what was decided"),
        (kinds["decision"], "beside_score", f"needs one of {FOLLOWED}, {DEPARTED}, {NOT_SEEN}"),
        (found["beside_score"] == DEPARTED, "reason", "needs a reason where it departs from the score"),
        (kinds["exposure"], "score_shown_on", "needs the day the score was shown"),
    )
    told = {problem.column for problem in problems}
    for rows, name, words in needs:
        if name not in told:
            problems += _problem(found, name, words, rows & found[name].isna())
    problems += _problem(found, "decision", "only a decision decides", ~kinds["decision"] & found["decision"].notna())
    before = acts & (found["happened_on"] < found["answered_on"])
    problems += _problem(found, "happened_on", "before the questionnaire was answered", before)
    schema.refuse(problems)
    return found


def _problem(frame: pd.DataFrame, column: str, words: str, rows: pd.Series) -> list[Problem]:
    where = np.flatnonzero(rows.fillna(False).to_numpy(bool))
    return [Problem("entries", column, "entry", words, where)] if len(where) else []


def read_scores(files: Sequence[Path]) -> pd.DataFrame:
    """Return the scores that may be decided beside: client, day of the answers, model, and the digest of their file.

    Raises
    ------
    SourceError
        When a file cannot be read.
    SchemaError
        When it is no score file.
    """
    parts = []
    for file in files:
        frame, sha256 = read_with_digest(file)
        if lacking := [name for name in (*KEYS, "model") if name not in frame]:
            raise SchemaError(f"{file.name} is no score file: it has no column {', '.join(lacking)}")
        days = pd.to_datetime(frame["answered_on"], format="ISO8601", errors="coerce")
        parts.append(
            pd.DataFrame(
                {
                    "client_id": frame["client_id"].astype("str"),
                    "answered_on": days.astype("datetime64[us]"),
                    "model": frame["model"].astype("str"),
                    "scores": sha256,
                }
            )
        )
    return pd.concat(parts, ignore_index=True).drop_duplicates(KEYS, keep="last")


def as_entries(found: pd.DataFrame, scores: pd.DataFrame, known: Sequence[Entry]) -> list[Entry]:
    """Return checked rows as entries of the log, each with the model and the score file that it is about.

    Raises
    ------
    SchemaError
        When a row is about a score that does not exist, or stands in the log already.
    """
    beside = found.merge(scores, on=KEYS, how="left", validate="many_to_one")
    nowhere = np.flatnonzero(beside["scores"].isna().to_numpy(bool))
    schema.refuse(
        [Problem("entries", "client_id", "no_score", "no score of this client and day in the score files", nowhere)]
        if len(nowhere)
        else []
    )
    made = [_entry(row) for row in beside.to_dict("records")]
    seen = {tuple(sorted(entry.items())) for entry in known}
    again = []
    for place, entry in enumerate(made):
        key = tuple(sorted(entry.items()))
        if key in seen:
            again.append(place)
        seen.add(key)
    schema.refuse(
        [Problem("entries", "event", "repeated", "stands in the log or above already, word for word", np.array(again))]
        if again
        else []
    )
    return made


def _entry(row: dict[object, object]) -> Entry:
    """Return a row as text by name, gaps left out."""
    return {
        str(name): value.date().isoformat() if isinstance(value, pd.Timestamp) else str(value)
        for name, value in row.items()
        if not pd.isna(value)  # type: ignore[call-overload]
    }


def as_frame(entries: Sequence[Entry], config: Decisions) -> pd.DataFrame:
    """Return the entries of a log as a typed table, one row each, in their order; notes are left where they are."""
    names = [c.name for c in columns_of(config) if c.name != "note"]
    days = {"answered_on", "happened_on", "belief_recorded_on", "score_shown_on"}
    columns: dict[str, pd.Series] = {}
    for name in names:
        cells = pd.Series([entry.get(name) for entry in entries], dtype="object")
        columns[name] = cells.astype("datetime64[us]") if name in days else cells.astype("str").where(cells.notna())
    return pd.DataFrame(columns)


def exposures_of(frame: pd.DataFrame) -> pd.DataFrame:
    """Return per client and wave the latest day a belief was recorded and the earliest day a score was shown.

    Parameters
    ----------
    frame : DataFrame of shape (n_entries, any)
        As `as_frame` gives it.

    Returns
    -------
    DataFrame of shape (n_waves, 4)
        As `eriq.tables.belief` reads it; waves of which neither is known are left out.
    """
    known = frame.dropna(subset=["belief_recorded_on", "score_shown_on"], how="all")
    return known.groupby(KEYS, as_index=False).agg({"belief_recorded_on": "max", "score_shown_on": "min"})
