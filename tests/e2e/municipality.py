"""A made-up cohort as a Danish municipality, or a Swedish one, would send it: for tests of what really arrives."""

from pathlib import Path

import numpy as np
import pandas as pd

from eriq.instrument.instrument import Instrument
from eriq.instrument.texts import Language

FIRST_DAY = pd.Timestamp("2008-01-07")  # a Monday
LAST_DAY = pd.Timestamp("2018-12-30")  # a Sunday

# Made up: what a code means in the real register is for its user to say.
DREAM = {
    "work_unsubsidised": "901",
    "work_subsidised": "521",
    "work_sheltered": "771",
    "education": "651",
    "unemployment_benefit": "111",
    "sickness_benefit": "890",
    "disability_benefit": "783",
    "social_assistance": "730",
}
DANISH = {
    "sex": {"female": "Kvinde", "male": "Mand", "other": "Andet"},
    "origin": {"native": "dansk", "europe": "europæisk", "outside_europe": "uden for Europa"},
    "family": {"single": "enlig", "couple": "par"},
    "education": {"below_upper_secondary": "grundskole", "upper_secondary": "gymnasial", "higher": "videregående"},
    "vocational_education": {1: "Ja", 0: "Nej"},
    "consent": {1: "Ja", 0: "Nej"},
}
PERSONS = {
    "client_id": "CPR",
    "born_on": "fødselsdato",
    "sex": "køn",
    "origin": "oprindelse",
    "family": "civilstand",
    "children": "børn",
    "education": "uddannelse",
    "vocational_education": "erhvervsuddannelse",
    "registered_on": "tilmeldt",
    "area_unemployment": "ledighed",
    "known_on": "kendt",
    "followed_until": "fulgt_til",
}
ANSWERS = {
    "client_id": "CPR",
    "answered_on": "besvaret",
    "caseworker_id": "sagsbehandler",
    "job_centre": "jobcenter",
    "consent": "samtykke",
}


def weekly_cohort(
    answers: pd.DataFrame, persons: pd.DataFrame, spells: pd.DataFrame
) -> tuple[pd.DataFrame, pd.DataFrame, pd.DataFrame]:
    """Return a simulated cohort in the product's own form as one code per week can tell it.

    Spells begin on Mondays and do not overlap, the strongest of a week counts; ids are like personal numbers, and a
    number with decimals is known of each person.
    """
    # Of the form of a Danish personal number, and of a day that there is not.
    numbers = {who: f"99{101 + place % 28:04d}-{place:04d}" for place, who in enumerate(persons["client_id"])}
    grid = np.full((len(persons), _weeks()), "", dtype=object)
    row_of = {who: row for row, who in enumerate(persons["client_id"])}
    order = {status: place for place, status in enumerate(reversed(DREAM))}
    known = spells[spells["status"].isin(DREAM)]
    for one in known.assign(rank=known["status"].map(order)).sort_values("rank").itertuples():
        end = LAST_DAY if pd.isna(one.ended_on) else one.ended_on
        first, last = ((day - FIRST_DAY).days // 7 for day in (one.started_on, end))
        grid[row_of[one.client_id], max(first, 0) : max(last + 1, 0)] = one.status
    lines = []
    for who, row in row_of.items():
        begin = 0
        for week in range(1, _weeks() + 1):
            if week == _weeks() or grid[row, week] != grid[row, begin]:
                if grid[row, begin]:
                    end = pd.NaT if week == _weeks() else _monday(week) - pd.Timedelta(days=1)
                    lines.append((numbers[who], _monday(begin), end, grid[row, begin]))
                begin = week
    made = pd.DataFrame(lines, columns=["client_id", "started_on", "ended_on", "status"])
    area = pd.Series([3 + place % 17 / 4 for place in range(len(persons))], dtype="Float64")
    return (
        answers.assign(client_id=answers["client_id"].map(numbers)).drop(columns="wave"),
        persons.assign(client_id=persons["client_id"].map(numbers), area_unemployment=area),
        made,
    )


def write_municipality(
    folder: Path, answers: pd.DataFrame, persons: pd.DataFrame, spells: pd.DataFrame, instrument: Instrument
) -> None:
    """Write the files of a Danish municipality from a cohort that `weekly_cohort` made.

    ``besvarelser_sagsbehandler.csv``, ``besvarelser_borger.csv``, ``personer.csv`` and ``dream.csv``: semicolons,
    decimal commas, days as 31-12-2013, Danish words and labels, a column of free text. The halves of a questionnaire
    are up to eight days apart; `answered_on` is the day of the later one.
    """
    folder.mkdir(parents=True, exist_ok=True)
    for whose, file in (("caseworker", "besvarelser_sagsbehandler"), ("client", "besvarelser_borger")):
        _write(half_of(answers, whose, instrument), folder / f"{file}.csv")
    told = persons[list(PERSONS)].rename(columns=PERSONS)
    for ours, theirs in PERSONS.items():
        told[theirs] = _danish(persons[ours], ours)
    _write(told, folder / "personer.csv")
    grid = np.full((len(persons), _weeks()), "", dtype=object)
    row_of = {who: row for row, who in enumerate(persons["client_id"])}
    for one in spells.itertuples():
        first = (one.started_on - FIRST_DAY).days // 7
        last = _weeks() if pd.isna(one.ended_on) else (one.ended_on - FIRST_DAY).days // 7 + 1
        grid[row_of[one.client_id], first:last] = DREAM[one.status]
    weeks = pd.DataFrame(grid, columns=[_week_name(week) for week in range(_weeks())])
    weeks.insert(0, "CPR", persons["client_id"].to_numpy())
    _write(weeks, folder / "dream.csv")


def half_of(answers: pd.DataFrame, whose: str, instrument: Instrument) -> pd.DataFrame:
    """Return the halves of one respondent in Danish, those that were given."""
    items = {side: [i.id for i in instrument.items if i.respondent == side] for side in ("caseworker", "client")}
    other = "client" if whose == "caseworker" else "caseworker"
    given, beside = answers[items[whose]].notna().any(axis=1), answers[items[other]].notna().any(axis=1)
    earlier = np.arange(len(answers)) % 9 * np.where(np.arange(len(answers)) % 2 == (whose == "client"), 1, 0)
    # The half that comes first, where there are two, was answered up to eight days before.
    days = answers["answered_on"] - pd.to_timedelta(np.where(beside, earlier, 0), unit="D")
    half = pd.DataFrame({theirs: _danish(answers[ours], ours) for ours, theirs in ANSWERS.items()})
    half["besvaret"] = days.dt.strftime("%d-%m-%Y")
    for item in items[whose]:
        half[item] = labelled(answers[item], instrument, item, "da")
    half["bemærkning"] = [f"fri tekst; nr. {place}" for place in range(len(half))]
    # A questionnaire that nobody answered has its caseworker's sheet, empty.
    return half[given | (~beside & (whose == "caseworker"))]


def labelled(codes: pd.Series, instrument: Instrument, item: str, language: Language) -> pd.Series:
    """Return answers as the labels that a form shows."""
    labels = {level.code: level.labels.in_(language) for level in instrument.levels(item)}
    labels |= {code.code: code.labels.in_(language) for code in instrument.missing_codes}
    return codes.map(labels.get, na_action="ignore").astype("str")


def write_own_form(folder: Path, answers: pd.DataFrame, persons: pd.DataFrame, spells: pd.DataFrame) -> None:
    """Write the same cohort in the product's own form."""
    folder.mkdir(parents=True, exist_ok=True)
    answers.to_csv(folder / "answers.csv", index=False, date_format="%Y-%m-%d")
    persons.dropna(axis="columns", how="all").to_csv(folder / "persons.csv", index=False, date_format="%Y-%m-%d")
    spells.to_csv(folder / "spells.csv", index=False, date_format="%Y-%m-%d")


def _danish(given: pd.Series, ours: str) -> pd.Series:
    if given.dtype.kind == "M":
        return given.dt.strftime("%d-%m-%Y")
    if ours in DANISH:
        return given.map(DANISH[ours].get, na_action="ignore").astype("str")
    if given.dtype.kind == "f":
        return given.map(lambda number: repr(number).replace(".", ","), na_action="ignore").astype("str")
    return given


def _write(frame: pd.DataFrame, path: Path) -> None:
    frame.to_csv(path, sep=";", index=False, encoding="utf-8")


def _weeks() -> int:
    return (LAST_DAY - FIRST_DAY).days // 7 + 1


def _monday(week: int) -> pd.Timestamp:
    return FIRST_DAY + pd.Timedelta(days=7 * week)


def _week_name(week: int) -> str:
    year, number, _ = _monday(week).isocalendar()
    return f"y_{year % 100:02d}{number:02d}"
