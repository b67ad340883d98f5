"""Columns the registers give, as known on the answer date."""

from collections.abc import Mapping

import numpy as np
import pandas as pd

from eriq.errors import LeakageError
from eriq.features.feature import Feature, Kind, Part
from eriq.features.words import filled, words
from eriq.tables.cohort import Registers
from eriq.tables.outcome import DAY
from eriq.tables.schema import AREA, BENEFITS, EDUCATION, EVENTS, FIELDS, OCCUPATIONS, STATUSES, WORK

WINDOWS = {"1y": 52, "3y": 156, "5y": 260}  # weeks
NEVER_WEEKS = 520.0  # stands for "not in the last ten years"

_GROUPS: Mapping[str, tuple[str, ...]] = {
    "work": WORK,
    "education": ("education",),
    **{benefit: (benefit,) for benefit in BENEFITS},
    "activation": ("activation",),
}

# What `register_basic` holds follows the inputs an employment agency publishes, as far as these tables go.
FLAGS = ("sought_experience", "fund_member", "willing_to_move")
PERIODS = ("earlier_periods", "weeks_previous_period", "weeks_since_previous_period")  # of registration as a jobseeker
# Kept for audit; what an office judged is made of origin, among others.
PROTECTED = tuple(f"register.{name}" for name in ("sex", "origin", "area_foreign_citizens", "weak_competitiveness"))


def _register_features() -> tuple[Feature, ...]:
    basic: Part = "register_basic"
    history: Part = "register_history"
    column, status, event = (words()[section] for section in ("columns", "statuses", "events"))

    def known(name: str, part: Part, kind: Kind = "continuous", levels: tuple[str, ...] = ()) -> Feature:
        return Feature(name, part, kind, protected=name in PROTECTED, levels=levels, labels=column[name])

    features = [
        known("register.age", basic),
        known("register.sex", basic, "category", ("female", "male", "other")),
        known("register.origin", basic, "category", ("native", "europe", "outside_europe")),
        known("register.couple", basic, "flag"),
        known("register.children", basic),
        known("register.education", basic, "ordinal"),
        known("register.vocational", basic, "flag"),
        known("register.weeks_registered", basic),
        known("register.registered_quarter", basic, "category", ("1", "2", "3", "4")),
        known("register.education_field", basic, "category", FIELDS),
        known("register.sought_occupation", basic, "category", OCCUPATIONS),
        *(known(f"register.{name}", basic, "flag") for name in FLAGS),
        *(known(f"register.area_{name}", basic) for name in AREA),
        *(known(f"register.{name}", basic) for name in PERIODS),
        Feature("register.disability_code", basic, "flag", sensitive=True, labels=event["disability_code"]),
    ]
    for benefit in BENEFITS:
        labels = filled("now", status=status[benefit])
        features.append(Feature(f"register.on_{benefit}", basic, "flag", labels=labels))
    for group in _GROUPS:
        for window in WINDOWS:
            labels = filled("weeks", status=status[group], years=window[0])
            part = basic if group == "activation" else history  # days in measures are published inputs of an agency
            features.append(Feature(f"register.weeks_{group}_{window}", part, labels=labels))
    features += [
        known("register.weeks_since_work", history),
        known("register.never_worked", history, "flag"),
        known("register.work_spells_5y", history),
        known("register.track", basic, "ordinal"),
        known("register.weak_competitiveness", basic, "flag"),
        # The flag for a code says already where there is none.
        Feature(
            "register.days_to_disability_code",
            history,
            sensitive=True,
            indicate=False,
            labels=event["disability_code"],
        ),
        known("register.weeks_current_benefit", history),
    ]
    for kind in EVENTS:
        for window in ("1y", "5y"):
            features.append(Feature(f"register.{kind}_{window}", history, sensitive=True, labels=event[kind]))
    return tuple(features)


REGISTER_FEATURES = _register_features()


def register_columns(rows: pd.DataFrame, registers: Registers, lag_days: int) -> pd.DataFrame:
    """Return what the registers held about each client on the answer date.

    Registers are known `lag_days` late, so only spells begun and events dated on or before
    ``answered_on - lag_days`` are seen, and of a spell that goes on nothing after that day. A
    ``known_on`` date, where there is one, must not lie after the answer.

    Parameters
    ----------
    rows : DataFrame of shape (n_rows, any)
        Has client_id and answered_on.
    registers : Registers
        Spells and events may hold later facts: they are not looked at.
    lag_days : int
        Reporting delay in days.

    Returns
    -------
    DataFrame of shape (n_rows, n_register_features)

    Raises
    ------
    LeakageError
        When PERSONS was compiled after the answer.
    """
    base = rows[["client_id", "answered_on"]].reset_index(drop=True)
    base = base.assign(row=np.arange(len(base)), cut=base["answered_on"] - lag_days * DAY)
    columns = _person_columns(base, registers.persons)
    columns |= _spell_columns(base, registers.spells)
    columns |= _event_columns(base, registers.events)
    columns |= _period_columns(base, registers.spells)
    columns["register.days_to_disability_code"] = _days_to_code(base, registers)
    return pd.DataFrame({f.name: columns[f.name] for f in REGISTER_FEATURES})


def _person_columns(base: pd.DataFrame, persons: pd.DataFrame) -> dict[str, np.ndarray]:
    who = base[["client_id", "answered_on", "cut"]].merge(persons, on="client_id", how="left", validate="many_to_one")
    if late := int((who["known_on"] > who["answered_on"]).sum()):
        raise LeakageError(
            f"persons: facts recorded after the answer in {late} answered wave(s); give them as known then"
        )
    levels = {name: float(place) for place, name in enumerate(EDUCATION)}
    codes = {f.name: {name: float(place) for place, name in enumerate(f.levels)} for f in REGISTER_FEATURES if f.levels}
    return {
        "register.age": _weeks(who["answered_on"] - who["born_on"]) * 7 / 365.25,
        "register.sex": who["sex"].map(codes["register.sex"]).to_numpy("float64"),
        "register.origin": who["origin"].map(codes["register.origin"]).to_numpy("float64"),
        "register.couple": who["family"].map({"single": 0.0, "couple": 1.0}).to_numpy("float64"),
        "register.children": who["children"].to_numpy("float64", na_value=np.nan),
        "register.education": who["education"].map(levels).to_numpy("float64"),
        "register.vocational": who["vocational_education"].to_numpy("float64", na_value=np.nan),
        **{
            f"register.{name}": who[name].to_numpy("float64", na_value=np.nan)
            for name in ("weak_competitiveness", *FLAGS, *(f"area_{area}" for area in AREA))
        },
        **{
            f"register.{name}": who[name].map(codes[f"register.{name}"]).to_numpy("float64")
            for name in ("education_field", "sought_occupation")
        },
        "register.registered_quarter": _unless_later(who, who["registered_on"].dt.quarter.to_numpy("float64") - 1),
        "register.weeks_registered": _unless_later(who, np.maximum(_weeks(who["cut"] - who["registered_on"]), 0.0)),
    }


def _unless_later(who: pd.DataFrame, value: np.ndarray) -> np.ndarray:
    """Return a fact of the registration, NaN where it came after the answer: a later registration is a later fact."""
    return np.where((who["registered_on"] > who["answered_on"]).to_numpy(bool), np.nan, value)


def _weeks(length: pd.Series) -> np.ndarray:
    """Return lengths of time in weeks, NaN where unknown."""
    weeks: np.ndarray = length.to_numpy("timedelta64[us]") / np.timedelta64(7, "D")
    return weeks


def _known(base: pd.DataFrame, facts: pd.DataFrame, dated: str) -> pd.DataFrame:
    """Return every (row, fact of the same client) that was known on the row's answer date."""
    mine, clients = pd.factorize(base["client_id"], use_na_sentinel=False)
    whose = pd.Index(clients).get_indexer(facts["client_id"])
    order = np.argsort(whose, kind="stable")  # facts of a client stay in their order: sums are added up in it
    starts = np.searchsorted(whose[order], np.arange(len(clients) + 1))
    n = np.diff(starts)[mine]
    row = np.repeat(np.arange(len(base)), n)
    fact = order[np.arange(len(row)) - np.repeat(n.cumsum() - n - starts[mine], n)]
    day, known_on = facts[dated].to_numpy(), facts["known_on"].to_numpy()[fact]
    cut, answered_on = base["cut"].to_numpy(), base["answered_on"].to_numpy()
    in_time = (day[fact] <= cut[row]) & (np.isnat(known_on) | (known_on <= answered_on[row]))
    row, fact = row[in_time], fact[in_time]  # later facts are dropped before anything else of them is looked at
    seen = facts.drop(columns=["client_id", "known_on"]).take(fact).reset_index(drop=True)
    return seen.assign(row=base["row"].to_numpy()[row], cut=cut[row])


def _spell_columns(base: pd.DataFrame, spells: pd.DataFrame) -> dict[str, np.ndarray]:
    coded = spells.assign(status=pd.Index(STATUSES).get_indexer(pd.Index(spells["status"])))
    pairs, n = _known(base, coded, "started_on"), len(base)
    row, status = pairs["row"].to_numpy(), pairs["status"].to_numpy()
    cut = pairs["cut"].to_numpy()
    ended = pairs["ended_on"].fillna(pd.Timestamp.max.floor("D").as_unit("us")).to_numpy()
    # Weeks back to the first and to the last day; a spell holds both days, so one of a single day is 1/7 week.
    start_back = (cut - pairs["started_on"].to_numpy()) / np.timedelta64(7, "D") + 1 / 7
    end_back = np.maximum((cut - ended) / np.timedelta64(7, "D"), 0.0)
    ongoing = ended >= cut
    columns: dict[str, np.ndarray] = {}
    for group, kinds in _GROUPS.items():
        mine = np.flatnonzero(np.isin(status, _places(kinds)))
        first, last = start_back[mine], end_back[mine]
        if len(kinds) > 1:  # two jobs at a time are one time in work
            mine = mine[np.lexsort((-first, row[mine]))]
            first = np.minimum(start_back[mine], _covered(row[mine], end_back[mine]))
            last = end_back[mine]
        for window, weeks in WINDOWS.items():
            overlap = np.clip(np.minimum(first, weeks) - last, 0.0, None)
            total = np.bincount(row[mine], weights=overlap, minlength=n)
            columns[f"register.weeks_{group}_{window}"] = total.astype("float64")  # numpy counts nothing as int
    work = np.isin(status, _places(WORK))
    since = np.full(n, np.inf)
    np.minimum.at(since, row[work], end_back[work])
    columns["register.never_worked"] = np.isinf(since).astype("float64")
    columns["register.weeks_since_work"] = np.minimum(since, NEVER_WEEKS)
    recent = work & (end_back < WINDOWS["5y"])
    columns["register.work_spells_5y"] = np.bincount(row[recent], minlength=n).astype("float64")
    track = np.full(n, np.nan)
    now = (status == STATUSES.index("activation")) & ongoing
    np.fmax.at(track, row[now], pairs["track"].to_numpy("float64", na_value=np.nan)[now])
    columns["register.track"] = track
    length = np.zeros(n)
    for benefit in BENEFITS:
        now = (status == STATUSES.index(benefit)) & ongoing
        columns[f"register.on_{benefit}"] = (np.bincount(row[now], minlength=n) > 0).astype("float64")
        np.maximum.at(length, row[now], start_back[now])
    columns["register.weeks_current_benefit"] = np.minimum(length, NEVER_WEEKS)
    return columns


def _places(kinds: tuple[str, ...]) -> list[int]:
    """Return the places of statuses: whole numbers compare many times faster than words."""
    return [STATUSES.index(kind) for kind in kinds]


def _period_columns(base: pd.DataFrame, spells: pd.DataFrame) -> dict[str, np.ndarray]:
    """Return how often somebody was registered before, how long the last time, and how long ago."""
    periods = spells[spells["status"] == "registered"]
    n = len(base)
    if periods.empty:  # this agency keeps no periods: that is not "never before"
        return {f"register.{name}": np.full(n, np.nan) for name in PERIODS}
    pairs = _known(base, periods, "started_on")
    over = pairs[(pairs["ended_on"] < pairs["cut"]).to_numpy(bool)].sort_values("ended_on", kind="stable")
    last = over.groupby("row").tail(1).set_index("row").reindex(range(n))
    return {
        "register.earlier_periods": np.bincount(over["row"], minlength=n).astype("float64"),
        "register.weeks_previous_period": _weeks(last["ended_on"] - last["started_on"]) + 1 / 7,
        "register.weeks_since_previous_period": _weeks(last["cut"] - last["ended_on"]),
    }


def _covered(row: np.ndarray, end_back: np.ndarray) -> np.ndarray:
    """Return how far back earlier spells of the same row reach; spells come in order of row and start.

    >>> _covered(np.array([0, 0, 0, 1]), np.array([9.0, 4.0, 6.0, 3.0])).tolist()
    [inf, 9.0, 4.0, inf]
    """
    before = pd.Series(end_back).groupby(row).cummin().groupby(row).shift()
    return before.fillna(np.inf).to_numpy()


def _event_columns(base: pd.DataFrame, events: pd.DataFrame) -> dict[str, np.ndarray]:
    placed = events.assign(kind=pd.Index(EVENTS).get_indexer(pd.Index(events["kind"])))
    pairs, n = _known(base, placed, "occurred_on"), len(base)
    row, kind = pairs["row"].to_numpy(), pairs["kind"].to_numpy()
    weeks_back = _weeks(pairs["cut"] - pairs["occurred_on"])
    columns: dict[str, np.ndarray] = {}
    for place, name in enumerate(EVENTS):
        for window in ("1y", "5y"):
            mine = (kind == place) & (weeks_back < WINDOWS[window])
            columns[f"register.{name}_{window}"] = np.bincount(row[mine], minlength=n).astype("float64")
    coded = np.bincount(row[kind == EVENTS.index("disability_code")], minlength=n) > 0
    columns["register.disability_code"] = coded.astype("float64")
    return columns


def _days_to_code(base: pd.DataFrame, registers: Registers) -> np.ndarray:
    """Return days from registration to the first disability code known; 0 where it was there before."""
    coded = registers.events[registers.events["kind"] == "disability_code"]
    pairs = _known(base, coded, "occurred_on")
    first = pairs.groupby("row")["occurred_on"].min().reindex(base["row"]).reset_index(drop=True)
    persons = registers.persons[["client_id", "registered_on"]]
    who = base.merge(persons, on="client_id", how="left", validate="many_to_one")
    registered = who["registered_on"].where(who["registered_on"] <= who["answered_on"])
    days: np.ndarray = np.maximum(_weeks(first - registered) * 7, 0.0)
    return days
