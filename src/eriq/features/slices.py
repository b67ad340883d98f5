"""Groups that register facts make, for looking at who a forecast serves; never features."""

from collections.abc import Iterable, Sequence
from itertools import pairwise

import numpy as np
import pandas as pd

from eriq.features.register import register_columns
from eriq.tables.by_client import place_among
from eriq.tables.cohort import Registers

YEAR = 365
OLDER = 55  # years; of the definition below
# "Weak competitiveness" as the Swedish agency defines it; Almega, "Så bryter vi långtidsarbetslösheten" (2023).
PARTS_OF_WEAK = ("register.education", "register.origin", "register.disability_code", "register.age")
DECIDED = {
    "register.track": "the track of an activation",
    "register.weak_competitiveness": "weak competitiveness",
}
SLICES = {  # in words, where they are printed
    "disability_code": "Disability code",
    "days_to_code": "Days until it was coded",
    "track": "Service track",
    "weak_competitiveness": '"Weak competitiveness", as the agency defines it',
}
NO_CODE = "no code known"


def register_slices(
    rows: pd.DataFrame, registers: Registers, lag_days: int, seen: pd.DataFrame | None = None
) -> pd.DataFrame:
    """Return the group of each row by what registers held on the answer date; gaps where they do not say.

    A missing code is not a missing disability: in Sweden coding took 366 days on average in 2022, so "no code known"
    holds people who wait for one.

    Parameters
    ----------
    rows, registers, lag_days
        As in `register_columns`.
    seen : DataFrame of shape (n_rows, any), optional
        What `register_columns` gave for these rows, where that was asked before.

    Returns
    -------
    DataFrame of shape (n_rows, n_slices)
        Of disability_code, days_to_code, track and weak_competitiveness those that the data have. Weak
        competitiveness is what an office judged, where PERSONS has it; else no upper secondary education, born
        outside Europe, a disability code, or over 55.
    """
    seen = register_columns(rows, registers, lag_days) if seen is None else seen
    days = seen["register.days_to_disability_code"]
    coded = seen["register.disability_code"] == 1
    track = seen["register.track"]
    judged = seen["register.weak_competitiveness"]
    weak = judged if judged.notna().any() else _weak(seen)
    groups = {
        "disability_code": _words(coded.astype("float64"), {1: "coded", 0: NO_CODE}),
        "days_to_code": _words((days > YEAR).astype("float64").where(days.notna()), {0: "up to a year", 1: "longer"}),
        "track": _words(track, {n: f"track {n}" for n in range(1, 10)}),
        "weak_competitiveness": _words(weak, {1: "yes", 0: "no"}),
    }
    there = {"disability_code": coded.any(), "days_to_code": days.notna().any()}
    return pd.DataFrame({n: group for n, group in groups.items() if there.get(n, group.notna().any())})


def audit_slices(
    rows: pd.DataFrame,
    registers: Registers,
    lag_days: int,
    age_bands: Sequence[int],
    seen: pd.DataFrame | None = None,
) -> pd.DataFrame:
    """Return the groups a forecast is judged by beside its place: sex, origin, language, age, disability code.

    Parameters
    ----------
    rows, registers, lag_days
        As in `register_columns`; a code counts as far as it was known on the answer date.
    age_bands : sequence of int
        First year of age of each band but the youngest.
    seen : DataFrame of shape (n_rows, any), optional
        As in `register_slices`.

    Returns
    -------
    DataFrame of shape (n_rows, n_slices)
        Those that the data have; gaps where they do not say.
    """
    told = ["sex", "origin", "language"]
    persons = registers.persons
    place = place_among(pd.Index(persons["client_id"]), rows["client_id"])
    groups = pd.DataFrame({name: persons[name].array.take(place, allow_fill=True) for name in told}, copy=False)
    born = pd.Series(persons["born_on"].array.take(place, allow_fill=True), index=rows.index)
    groups["age"] = age_groups((rows["answered_on"] - born).dt.days / 365.25, age_bands).array
    made = register_slices(rows, registers, lag_days, seen) if len(registers.events) else pd.DataFrame()
    if "disability_code" in made:
        groups = groups.assign(disability_code=made["disability_code"].to_numpy())
    return groups[[name for name in groups if groups[name].notna().any() or name in ("sex", "origin")]]


def age_groups(years: pd.Series, starts: Sequence[int]) -> pd.Series:
    """Return the band of each age, named so that bands sort from young to old.

    >>> age_groups(pd.Series([29.9, 30.0, 61.0, None]), (30, 55)).tolist()
    ['29 or younger', '30 to 54', '55 or older', nan]
    """
    if not starts:
        return pd.Series(np.nan, index=years.index).astype("str")
    between = [f"{low} to {high - 1}" for low, high in pairwise(starts)]
    names = [f"{starts[0] - 1} or younger", *between, f"{starts[-1]} or older"]
    band = np.where(years.isna(), len(names), np.searchsorted(starts, years.to_numpy("float64"), side="right"))
    return pd.Series(pd.array([*names, None], dtype="str").take(band), index=years.index)


def decided_by_somebody(columns: Iterable[str]) -> str:
    """Return the warning for columns that are an assessor's decision and no fact about the client, or nothing.

    >>> decided_by_somebody(["register.age", "register.track"])
    'The track of an activation is a decision of somebody who met the client: a model that uses it repeats that \
decision, and changes when the rule for it does.'
    """
    used = [DECIDED[name] for name in columns if name in DECIDED]
    if not used:
        return ""
    text = " and ".join(used)
    verb = "are decisions" if len(used) > 1 else "is a decision"
    return (
        f"{text[0].upper()}{text[1:]} {verb} of somebody who met the client: a model that uses "
        f"{'them' if len(used) > 1 else 'it'} repeats that decision, and changes when the rule for it does."
    )


def _weak(seen: pd.DataFrame) -> pd.Series:
    """Return 1 where any part of the definition holds, 0 where none does, and a gap where that is not known."""
    education, origin, coded, age = (seen[name] for name in PARTS_OF_WEAK)
    parts = {"education": (education == 0, education), "origin": (origin == 2, origin), "age": (age > OLDER, age)}
    holds = np.any([(coded == 1), *(part for part, _ in parts.values())], axis=0)
    known = np.all([value.notna() for _, value in parts.values()], axis=0)
    return pd.Series(np.where(holds, 1.0, np.where(known, 0.0, np.nan)))


def _words(codes: pd.Series, words: dict[int, str]) -> pd.Series:
    return codes.map(words).astype("str")
