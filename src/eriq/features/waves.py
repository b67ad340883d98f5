"""Columns that earlier questionnaires give: changes since a client's wave before, and the caseworker at the time."""

from collections.abc import Sequence

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from eriq.features.feature import Feature
from eriq.features.questionnaire import answer_places
from eriq.features.words import words
from eriq.instrument.instrument import Instrument
from eriq.tables.belief import without_belief
from eriq.tables.by_client import Places, codes_of, days_of, place_among

UNDATED, SPAN = -(2**20), 2**23  # days: before all that can be dates, and more than any two of them lie apart
CASELOAD_DAYS = 182  # an answer says for so long that the client is with the caseworker
CHANGES = tuple(
    Feature(f"changes.{name}", "changes", monotone=1, labels=words()["columns"][f"changes.{name}"])
    for name in ("belief", "caseworker", "client")
)
SETTING = (
    Feature("setting.handover", "setting", "flag", labels=words()["columns"]["setting.handover"]),
    Feature("setting.caseload", "setting", labels=words()["columns"]["setting.caseload"]),
)
WAVES = (*CHANGES, *SETTING)


def wave_columns(
    rows: pd.DataFrame, earlier: pd.DataFrame, instrument: Instrument, *, late_beliefs: bool = False
) -> pd.DataFrame:
    """Return changes since each client's last questionnaire before, who records now, and for how many people.

    Only answers of `earlier` dated before a row's own day are looked at: a row among `earlier`, a later one, or another
    one of the same day changes nothing. Without an earlier answer of the client there are gaps.

    Parameters
    ----------
    rows : DataFrame of shape (n_rows, any)
        ANSWERS, checked.
    earlier : DataFrame of shape (n_earlier, any)
        ANSWERS, checked: in training the whole table of answers, in scoring what is declared as `previous`.
    instrument : Instrument
    late_beliefs : bool
        Whether beliefs recorded after a score was shown count.

    Returns
    -------
    DataFrame of shape (n_rows, 5)
        `WAVES`: changes in steps of the scale, `setting.handover` 0 or 1, `setting.caseload` in people.
    """
    there = (earlier["answered_on"].notna() & earlier["client_id"].notna()).to_numpy(bool)
    past = earlier if there.all() else earlier[there]
    if not late_beliefs:
        past = without_belief(past, instrument)
    last = _last_before(rows, past)
    half = {r: [i.id for i in instrument.half(r) if i.id != instrument.belief] for r in ("caseworker", "client")}
    then, known = codes_of(past["caseworker_id"])
    before, now = np.append(then, -1)[last], place_among(known, rows["caseworker_id"])
    both = rows["caseworker_id"].notna().to_numpy(bool) & (before >= 0)
    belief = [instrument.belief] if instrument.belief else []
    made = {
        "changes.belief": _mean_change(rows, past, last, belief, instrument),
        "changes.caseworker": _mean_change(rows, past, last, half["caseworker"], instrument),
        "changes.client": _mean_change(rows, past, last, half["client"], instrument),
        "setting.handover": np.where(both, now != before, np.nan),
        "setting.caseload": caseload(rows, past),
    }
    return pd.DataFrame(made, dtype="float64")


def caseload(rows: pd.DataFrame, earlier: pd.DataFrame, days: int = CASELOAD_DAYS) -> np.ndarray:
    """Return with how many people each row's caseworker had recorded an answer in the `days` before it.

    Parameters
    ----------
    rows, earlier : DataFrame
        With client_id, caseworker_id and answered_on.
    days : int

    Returns
    -------
    ndarray of shape (n_rows,)
        NaN where the caseworker is not known.

    Examples
    --------
    >>> days = pd.to_datetime(["2024-01-01", "2024-01-02", "2024-01-02", "2024-03-01"])
    >>> table = pd.DataFrame({"client_id": list("abab"), "caseworker_id": list("xxxx"), "answered_on": days})
    >>> caseload(table, table).tolist(), caseload(table, table, 30).tolist()
    ([0.0, 1.0, 1.0, 2.0], [0.0, 1.0, 1.0, 0.0])
    """
    past = earlier[["client_id", "caseworker_id", "answered_on"]].dropna()
    # As whole days: an answer counts from the day after it until the window, or the same client's next answer, ends it.
    (client, _), (worker, known) = codes_of(past["client_id"]), codes_of(past["caseworker_id"])
    start = days_of(past["answered_on"], UNDATED)
    order = np.lexsort((start, client, worker))
    client, worker, start = client[order], worker[order].astype(np.int64), start[order]
    end = start + days
    again = np.flatnonzero((client[1:] == client[:-1]) & (worker[1:] == worker[:-1]))
    end[again] = np.minimum(end[again], start[again + 1])
    key = _keys(place_among(known, rows["caseworker_id"]), days_of(rows["answered_on"], UNDATED))
    asked = np.argsort(key)  # neighbours are looked up one after the other: what they need lies together
    key = key[asked]
    begun = np.searchsorted(np.sort(_keys(worker, start)), key, side="left")
    over = np.searchsorted(np.sort(_keys(worker, end)), key, side="left")
    counted = np.empty(len(rows))
    counted[asked] = np.where(key < 0, 0.0, begun - over)
    return np.where(rows["caseworker_id"].isna(), np.nan, counted)


def _keys(code: Places, day: NDArray[np.int32]) -> NDArray[np.int64]:
    """Return one number per code and day, in order of both; below 0 where the code is."""
    return (code.astype(np.int64) * SPAN) + (day - UNDATED)


def _last_before(rows: pd.DataFrame, past: pd.DataFrame) -> Places:
    """Return, for each row, the place among `past` of the client's last answer of an earlier day; -1 if none."""
    code, names = codes_of(past["client_id"])
    theirs = _keys(code, days_of(past["answered_on"], UNDATED))
    mine = place_among(names, rows["client_id"])
    order = np.argsort(theirs, kind="stable")
    place = np.searchsorted(theirs[order], _keys(mine, days_of(rows["answered_on"], UNDATED)), side="left") - 1
    found = np.append(order, -1)[place]
    return np.where((mine >= 0) & (place >= 0) & (np.append(code, -1)[found] == mine), found, -1)


def _mean_change(
    rows: pd.DataFrame, past: pd.DataFrame, last: Places, items: Sequence[str], instrument: Instrument
) -> NDArray[np.float64]:
    """Return the mean change of oriented answers over the items answered both times, NaN where there is none."""
    total, count = np.zeros(len(rows)), np.zeros(len(rows))
    for item in items:
        then = np.append(answer_places(past[item], instrument, item), np.nan)[last]
        change = answer_places(rows[item], instrument, item) - then
        both = ~np.isnan(change)
        count += both
        total += np.where(both, change, 0.0)
    mean: NDArray[np.float64] = np.divide(total, count, out=np.full(len(rows), np.nan), where=count > 0)
    return mean
