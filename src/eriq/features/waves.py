"""Columns that earlier questionnaires give: changes since a client's wave before, and the caseworker at the time."""

import numpy as np
import pandas as pd

from eriq.features.feature import Feature
from eriq.features.questionnaire import questionnaire_columns
from eriq.features.words import words
from eriq.instrument.instrument import Instrument
from eriq.tables.belief import without_belief

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
    past = earlier[earlier["answered_on"].notna() & earlier["client_id"].notna()].reset_index(drop=True)
    if not late_beliefs:
        past = without_belief(past, instrument)
    last = _last_before(rows, past)
    change = _places(rows, instrument) - _places(past, instrument).reindex(last).reset_index(drop=True)
    half = {r: [i.id for i in instrument.half(r) if i.id != instrument.belief] for r in ("caseworker", "client")}
    now = rows["caseworker_id"].reset_index(drop=True)
    then = past["caseworker_id"].reindex(last).reset_index(drop=True)
    made = {
        "changes.belief": change[instrument.belief] if instrument.belief else np.nan,
        "changes.caseworker": change[half["caseworker"]].mean(axis="columns"),
        "changes.client": change[half["client"]].mean(axis="columns"),
        "setting.handover": (now != then).astype("float64").where(now.notna() & then.notna()),
        "setting.caseload": caseload(rows, past),
    }
    return pd.DataFrame(made, index=change.index).astype("float64")


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
    past = earlier.dropna(subset=["client_id", "caseworker_id", "answered_on"])
    # As whole days: an answer counts from the day after it until the window, or the same client's next answer, ends it.
    past = past.assign(day=_days(past["answered_on"])).sort_values("day", kind="stable")
    code, known = pd.factorize(past["caseworker_id"])
    start = past["day"].to_numpy()
    following = past.groupby(["caseworker_id", "client_id"])["day"].shift(-1)
    end = np.fmin(start + days, following.to_numpy("float64", na_value=np.nan)).astype("int64")
    place, span = pd.Index(known).get_indexer(rows["caseworker_id"]), 10**6  # days; more than any two dates lie apart
    key = place * span + _days(rows["answered_on"])
    begun = np.searchsorted(np.sort(code * span + start), key, side="left")
    over = np.searchsorted(np.sort(code * span + end), key, side="left")
    counted = np.where(place < 0, 0.0, begun - over)
    return np.where(rows["caseworker_id"].isna(), np.nan, counted)


def _days(dates: pd.Series) -> np.ndarray:
    found: np.ndarray = dates.to_numpy("datetime64[D]").astype("int64")
    return found


def _last_before(rows: pd.DataFrame, past: pd.DataFrame) -> np.ndarray:
    """Return, for each row, the place among `past` of the client's last answer of an earlier day; -1 if none."""
    mine = rows[["client_id", "answered_on"]].assign(row=np.arange(len(rows))).sort_values("answered_on", kind="stable")
    theirs = past[["client_id", "answered_on"]].assign(place=np.arange(len(past)))
    theirs = theirs.sort_values("answered_on", kind="stable")
    found = pd.merge_asof(mine, theirs, on="answered_on", by="client_id", allow_exact_matches=False)
    return found.sort_values("row")["place"].fillna(-1).to_numpy("int64")


def _places(answers: pd.DataFrame, instrument: Instrument) -> pd.DataFrame:
    """Return oriented answers by item, gaps as gaps whatever the missing policy."""
    columns = questionnaire_columns(answers, instrument, "indicator")
    by_item = {name.split(".", 1)[1]: columns[name] for name in map(str, columns) if not name.endswith(".unanswered")}
    return pd.DataFrame(by_item)
