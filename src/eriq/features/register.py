"""Columns the registers give, as known on the answer date."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from eriq.errors import LeakageError
from eriq.features.feature import Feature, Kind, Part
from eriq.features.matrix import blank, framed
from eriq.features.words import filled, words
from eriq.tables.by_client import ByClient, Places, blocks, by_client, coded, codes_of, days_of, place_among
from eriq.tables.cohort import Registers
from eriq.tables.schema import AREA, BENEFITS, EDUCATION, EVENTS, FIELDS, OCCUPATIONS, STATUSES, WORK

WINDOWS = {"1y": 52, "3y": 156, "5y": 260}  # weeks
Days = NDArray[np.int32]  # since 1970
NEVER, EVER = -(2**30), 2**30  # days: of a date that is missing, and of the end of what goes on
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
COUNTED = tuple(f"register.{name}" for name in ("children", "earlier_periods", "work_spells_5y"))  # beside events
# Kept for audit; what an office judged is made of origin, among others.
PROTECTED = tuple(f"register.{name}" for name in ("sex", "origin", "area_foreign_citizens", "weak_competitiveness"))


def _register_features() -> tuple[Feature, ...]:
    basic: Part = "register_basic"
    history: Part = "register_history"
    column, status, event = (words()[section] for section in ("columns", "statuses", "events"))

    def known(name: str, part: Part, kind: Kind = "continuous", levels: tuple[str, ...] = ()) -> Feature:
        counted = name in COUNTED
        return Feature(
            name, part, kind, protected=name in PROTECTED, levels=levels, labels=column[name], counted=counted
        )

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
            name = f"register.{kind}_{window}"
            features.append(Feature(name, history, sensitive=True, counted=True, labels=event[kind]))
    return tuple(features)


REGISTER_FEATURES = _register_features()


@dataclass(frozen=True, slots=True, eq=False)
class _Facts:
    """A register as whole numbers, found by client: prepared once, looked at in blocks of rows."""

    by_client: ByClient
    place: Places  # of each row's client
    day: Days  # from which a fact counts
    known_on: Days | None  # None: nowhere given
    columns: Mapping[str, np.ndarray]

    def known(self, block: slice, cut: Days, answered_on: Days) -> tuple[Places, Places]:
        """Return every (row of the block, fact of the same client) that was known on the row's answer date."""
        row, fact = self.by_client.pairs(self.place[block])
        in_time = self.day[fact] <= cut[row]
        if self.known_on is not None:
            in_time &= self.known_on[fact] <= answered_on[row]
        return row[in_time], fact[in_time]  # later facts are dropped before anything else of them is looked at


def _facts(rows: pd.DataFrame, table: pd.DataFrame, dated: str, **columns: np.ndarray) -> _Facts:
    found, known_on = by_client(table["client_id"]), table["known_on"]
    late = days_of(known_on, NEVER) if known_on.notna().any() else None
    return _Facts(found, found.place(rows["client_id"]), days_of(table[dated], NEVER), late, columns)


def register_columns(rows: pd.DataFrame, registers: Registers, lag_days: int, *, narrow: bool = False) -> pd.DataFrame:
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
    narrow : bool
        Columns of whole numbers as float32, see `eriq.features.matrix.blank`.

    Returns
    -------
    DataFrame of shape (n_rows, n_register_features)

    Raises
    ------
    LeakageError
        When PERSONS was compiled after the answer.
    """
    made = blank(REGISTER_FEATURES, len(rows), narrow=narrow)  # filled by column and block: there is one copy of it
    rows = rows[["answered_on"]].assign(client_id=coded(rows["client_id"]))
    answered = days_of(rows["answered_on"], NEVER)
    cut = np.where(answered == NEVER, NEVER, answered - lag_days).astype(np.int32)
    for name, values in _person_columns(rows, cut, registers.persons):
        made[name][:] = values
    registered = days_of(_of_rows(rows, registers.persons, "registered_on"), NEVER)
    registered = np.where(registered > answered, NEVER, registered)  # a later registration is a later fact
    spells, events = registers.spells, registers.events
    status, kind = _numbers(spells["status"], STATUSES), _numbers(events["kind"], EVENTS)
    lives = _facts(
        rows,
        spells,
        "started_on",
        status=status,
        ended=days_of(spells["ended_on"], EVER),
        track=spells["track"].to_numpy("float32", na_value=np.nan),
    )
    happened = _facts(rows, events, "occurred_on", kind=kind)
    periods = bool((status == STATUSES.index("registered")).any())
    for block in blocks(len(rows)):
        here = (block, cut[block], answered[block])
        parts = [_spell_columns(lives, *here, periods=periods), _event_columns(happened, *here, registered[block])]
        for part in parts:
            for name, values in part.items():
                made[name][block] = values
    return framed(made)


def _numbers(given: pd.Series, names: tuple[str, ...]) -> np.ndarray:
    """Return the place of each word among `names`: whole numbers compare many times faster than words."""
    code, words = codes_of(given)
    place: np.ndarray = np.append(pd.Index(names).get_indexer(words), -1).astype(np.int8)
    return place[code]


def _of_rows(rows: pd.DataFrame, persons: pd.DataFrame, column: str) -> pd.Series:
    place = place_among(pd.Index(persons["client_id"]), rows["client_id"])
    return pd.Series(persons[column].array.take(place, allow_fill=True))


def _person_columns(rows: pd.DataFrame, cut: Days, persons: pd.DataFrame) -> Iterator[tuple[str, np.ndarray]]:
    """Yield (column, values): what PERSONS holds is read once a person, and taken for each of the person's rows."""
    place = place_among(pd.Index(persons["client_id"]), rows["client_id"])
    answered = days_of(rows["answered_on"], NEVER)

    def day(name: str) -> np.ndarray:
        """Return a date of each row's person as days, NaN where unknown."""
        given = np.append(days_of(persons[name], NEVER), NEVER)[place]
        return np.where((given == NEVER) | (answered == NEVER), np.nan, given)

    def number(values: np.ndarray) -> np.ndarray:
        taken: np.ndarray = np.append(values, np.nan)[place]
        return taken

    def level(name: str, levels: Sequence[str]) -> np.ndarray:
        found = _numbers(persons[name], tuple(levels)).astype("float64")
        return number(np.where(found < 0, np.nan, found))

    if late := int((day("known_on") > answered).sum()):
        raise LeakageError(
            f"persons: facts recorded after the answer in {late} answered wave(s); give them as known then"
        )
    yield "register.age", (answered - day("born_on")) / 7 * 7 / 365.25
    levels = {f.name: f.levels for f in REGISTER_FEATURES if f.levels}
    for name in ("sex", "origin", "education_field", "sought_occupation"):
        yield f"register.{name}", level(name, levels[f"register.{name}"])
    yield "register.couple", level("family", ("single", "couple"))
    yield "register.education", level("education", EDUCATION)
    areas = (f"area_{area}" for area in AREA)
    for name in ("children", "vocational_education", "weak_competitiveness", *FLAGS, *areas):
        short = "vocational" if name == "vocational_education" else name
        yield f"register.{short}", number(persons[name].to_numpy("float64", na_value=np.nan))
    registered = day("registered_on")
    later = registered > answered  # a later registration is a later fact
    quarter = number(persons["registered_on"].dt.quarter.to_numpy("float64") - 1)
    yield "register.registered_quarter", np.where(later, np.nan, quarter)
    yield "register.weeks_registered", np.where(later, np.nan, np.maximum((cut - registered) / 7, 0.0))


def _spell_columns(
    lives: _Facts, block: slice, day: Days, answered_on: Days, *, periods: bool
) -> dict[str, np.ndarray]:
    row, fact = lives.known(block, day, answered_on)
    n, cut = len(day), day[row]
    status, started, ended = lives.columns["status"][fact], lives.day[fact], lives.columns["ended"][fact]
    # Weeks back to the first and to the last day; a spell holds both days, so one of a single day is 1/7 week.
    start_back = (cut - started) / 7 + 1 / 7
    end_back = np.maximum((cut - np.minimum(ended, cut)) / 7, 0.0)
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
            columns[f"register.weeks_{group}_{window}"] = np.bincount(row[mine], weights=overlap, minlength=n)
    work = np.isin(status, _places(WORK))
    since = np.full(n, np.inf)
    np.minimum.at(since, row[work], end_back[work])
    columns["register.never_worked"] = np.isinf(since)
    columns["register.weeks_since_work"] = np.minimum(since, NEVER_WEEKS)
    recent = work & (end_back < WINDOWS["5y"])
    columns["register.work_spells_5y"] = np.bincount(row[recent], minlength=n)
    track = np.full(n, np.nan)
    now = (status == STATUSES.index("activation")) & ongoing
    np.fmax.at(track, row[now], lives.columns["track"][fact[now]])
    columns["register.track"] = track
    length = np.zeros(n)
    for benefit in BENEFITS:
        now = (status == STATUSES.index(benefit)) & ongoing
        columns[f"register.on_{benefit}"] = np.bincount(row[now], minlength=n) > 0
        np.maximum.at(length, row[now], start_back[now])
    columns["register.weeks_current_benefit"] = np.minimum(length, NEVER_WEEKS)
    if not periods:  # this agency keeps no periods: that is not "never before"
        return columns | {f"register.{name}": np.full(n, np.nan) for name in PERIODS}
    over = np.flatnonzero((status == STATUSES.index("registered")) & (ended < cut))
    return columns | _period_columns(row[over], started[over], ended[over], day)


def _places(kinds: tuple[str, ...]) -> list[int]:
    return [STATUSES.index(kind) for kind in kinds]


def _period_columns(row: Places, started: Days, ended: Days, cut: Days) -> dict[str, np.ndarray]:
    """Return how often somebody was registered before, how long the last time, and how long ago."""
    n = len(cut)
    order = np.lexsort((ended, row))
    last = order[np.append(row[order][1:] != row[order][:-1], True)[: len(order)]]
    length, ago = np.full(n, np.nan), np.full(n, np.nan)
    length[row[last]] = (ended[last] - started[last]) / 7 + 1 / 7
    ago[row[last]] = (cut[row[last]] - ended[last]) / 7
    return {
        "register.earlier_periods": np.bincount(row, minlength=n),
        "register.weeks_previous_period": length,
        "register.weeks_since_previous_period": ago,
    }


def _covered(row: np.ndarray, end_back: np.ndarray) -> np.ndarray:
    """Return how far back earlier spells of the same row reach; spells come in order of row and start.

    >>> _covered(np.array([0, 0, 0, 1]), np.array([9.0, 4.0, 6.0, 3.0])).tolist()
    [inf, 9.0, 4.0, inf]
    """
    before = pd.Series(end_back).groupby(row).cummin().groupby(row).shift()
    return before.fillna(np.inf).to_numpy()


def _event_columns(
    happened: _Facts, block: slice, cut: Days, answered_on: Days, registered: Days
) -> dict[str, np.ndarray]:
    row, fact = happened.known(block, cut, answered_on)
    n, kind, day = len(cut), happened.columns["kind"][fact], happened.day[fact]
    back = cut[row] - day
    columns: dict[str, np.ndarray] = {}
    for place, name in enumerate(EVENTS):
        of = np.flatnonzero(kind == place)
        for window in ("1y", "5y"):
            mine = of[back[of] < 7 * WINDOWS[window]]
            columns[f"register.{name}_{window}"] = np.bincount(row[mine], minlength=n)
    coded = kind == EVENTS.index("disability_code")
    first = np.full(n, EVER)
    np.minimum.at(first, row[coded], day[coded])
    columns["register.disability_code"] = first < EVER
    # Days from registration to the first code known; 0 where it was there before.
    there = (first < EVER) & (registered != NEVER)
    columns["register.days_to_disability_code"] = np.where(there, np.maximum((first - registered) / 7 * 7, 0.0), np.nan)
    return columns
