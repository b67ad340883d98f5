"""Made-up people as a Danish municipality or a Swedish office would send them, for tests of what is recognised."""

from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pandas as pd

from eriq.instrument.instrument import Instrument, load_instrument
from eriq.simulation.cohort import simulate
from eriq.simulation.settings import load_simulation
from eriq.tables.personal import is_swedish

DANISH = {
    "sex": {"female": "Kvinde", "male": "Mand", "other": "Andet"},
    "origin": {"native": "Dansk", "europe": "Vestlig", "outside_europe": "Ikke-vestlig"},
    "family": {"single": "Enlig", "couple": "Gift/samboende"},
    "education": {"below_upper_secondary": "Grundskole", "upper_secondary": "Gymnasial", "higher": "Videregående"},
}
SWEDISH = {
    "sex": {"female": "Kvinna", "male": "Man", "other": "Annat"},
    "origin": {"native": "Svensk", "europe": "Norden", "outside_europe": "Utomeuropeisk"},
    "family": {"single": "Ensamstående", "couple": "Sambo"},
    "education": {"below_upper_secondary": "Grundskola", "upper_secondary": "Gymnasium", "higher": "Högskola"},
}
DREAM = {
    "work_unsubsidised": "",
    "work_subsidised": "",
    "work_sheltered": "771",
    "education": "651",
    "social_assistance": "130",
    "unemployment_benefit": "111",
    "sickness_benefit": "890",
    "disability_benefit": "783",
    "activation": "737",
}


@dataclass(frozen=True, slots=True)
class Country:
    """How files of a country are written."""

    language: str
    words: dict[str, dict[str, str]]
    yes_no: dict[int, str]
    day: str
    heads: dict[str, str]  # ours -> theirs


DENMARK = Country(
    "da",
    DANISH,
    {1: "Ja", 0: "Nej"},
    "%d-%m-%Y",
    {
        "client_id": "CPR",
        "answered_on": "Besvarelsesdato",
        "wave": "Runde",
        "caseworker_id": "Sagsbehandler",
        "job_centre": "Jobcenter",
        "consent": "Samtykke",
        "born_on": "Fødselsdato",
        "sex": "Køn",
        "origin": "Herkomst",
        "family": "Civilstand",
        "children": "Antal børn",
        "education": "Uddannelse",
        "vocational_education": "Erhvervsuddannelse",
        "registered_on": "Tilmeldt den",
        "followed_until": "Følges til",
    },
)


def cpr(clients: pd.Series) -> dict[str, str]:
    """Return an id that looks like a Danish personal number for each client."""
    days = pd.Timestamp("1965-01-01") + pd.to_timedelta(np.arange(clients.nunique()) * 17 % 9000, unit="D")
    return {name: f"{day:%d%m%y}-{1000 + k}" for k, (name, day) in enumerate(zip(clients.unique(), days, strict=True))}


def personnummer(clients: pd.Series) -> dict[str, str]:
    """Return an id that looks like a Swedish personal number, check digit and all, for each client."""
    days = pd.Timestamp("1965-01-01") + pd.to_timedelta(np.arange(clients.nunique()) * 17 % 9000, unit="D")
    made = {}
    for k, (name, day) in enumerate(zip(clients.unique(), days, strict=True)):
        made[name] = next(n for last in range(10) if is_swedish(n := f"{day:%Y%m%d}-{100 + k % 900}{last}"))
    return made


def labelled(answers: pd.DataFrame, instrument: Instrument, language: str) -> pd.DataFrame:
    """Return answers with labels in place of codes."""
    told = answers.copy()
    for item in instrument.item_ids:
        names = {level.code: level.labels.in_(language) for level in instrument.levels(item)}
        names |= {code.code: code.labels.in_(language) for code in instrument.missing_codes}
        told[item] = answers[item].map(names)
    return told


def weekly(spells: pd.DataFrame, ids: dict[str, str]) -> pd.DataFrame:
    """Return spells as one row per person and one column per week of 2013 and 2014, a code where there is one."""
    weeks = pd.date_range("2013-01-07", "2014-12-29", freq="7D")
    rows = {}
    for client, of_client in spells.groupby("client_id"):
        cells = []
        for week in weeks:
            end = of_client["ended_on"].fillna(pd.Timestamp("2030-01-01"))
            here = of_client.loc[(of_client["started_on"] <= week) & (end >= week), "status"]
            cells.append(DREAM.get(here.iloc[0], "") if len(here) else "")
        rows[ids[str(client)]] = cells
    calendar = [week.isocalendar() for week in weeks]
    names = [f"y_{c.year % 100:02d}{c.week:02d}" for c in calendar]
    return pd.DataFrame.from_dict(rows, orient="index", columns=names).rename_axis("CPR").reset_index()


def municipality(folder: Path, clients: int = 150) -> list[Path]:
    """Write the four files of a Danish municipality; return where they are."""
    instrument = load_instrument("eriq22")
    made = simulate(load_simulation("claim"), instrument, clients=clients, seed=5)
    ids = cpr(made.persons["client_id"])
    answers = labelled(made.answers, instrument, "da").assign(client_id=made.answers["client_id"].map(ids))
    answers["consent"] = answers["consent"].map(DENMARK.yes_no)
    facts = [name for name in DENMARK.heads if name in answers]
    halves = {
        "sagsbehandler": [i.id for i in instrument.half("caseworker")],
        "borger": [i.id for i in instrument.half("client")],
    }
    places = []
    for name, items in halves.items():
        half = (
            answers[facts + items]
            .rename(columns=DENMARK.heads)
            .assign(bemærkning=[f"Ringer {k}" for k in answers.index])
        )
        places.append(written(half, folder / f"besvarelser_{name}.csv"))
    persons = made.persons.assign(client_id=made.persons["client_id"].map(ids))
    for name, words in DENMARK.words.items():
        persons[name] = persons[name].map(words)
    persons["vocational_education"] = persons["vocational_education"].map(DENMARK.yes_no)
    persons = persons[[name for name in DENMARK.heads if name in persons]].rename(columns=DENMARK.heads)
    persons["Indkomst"] = [f"{k},5" for k in range(len(persons))]
    places.append(written(persons, folder / "personer.csv"))
    places.append(written(weekly(made.spells, ids), folder / "dream.csv"))
    return places


def written(frame: pd.DataFrame, path: Path, *, day: str = "%d-%m-%Y", encoding: str = "utf-8") -> Path:
    """Write a table as such an office would."""
    frame.to_csv(path, sep=";", index=False, date_format=day, encoding=encoding)
    return path
