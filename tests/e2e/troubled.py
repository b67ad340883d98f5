"""A cohort with every trouble that registers really have, and the truth of it by counting days, from made-up lives."""

from dataclasses import dataclass

import numpy as np
import pandas as pd

from eriq.instrument.instrument import load_instrument
from eriq.simulation.cohort import simulate
from eriq.simulation.settings import load_simulation

DRAWN = pd.Timestamp("2015-03-31")  # the day the tables are drawn: what begins later nobody has seen
LAST_ANSWER = DRAWN - pd.Timedelta(days=365 + 28)  # later answers cannot be judged by then
KNOWN = pd.Timestamp("2018-12-31")  # lives are known to this day
PAID = ("work_unsubsidised", "work_subsidised")
WORK = (*PAID, "work_sheltered")
PIECE, PAUSE = 21, 3  # days of a short contract, and most days before the next one


@dataclass(frozen=True, slots=True, eq=False)
class Lives:
    """Tables as they would be without any trouble, and who dies when."""

    answers: pd.DataFrame
    persons: pd.DataFrame
    spells: pd.DataFrame
    events: pd.DataFrame


def draw(clients: int, seed: int) -> Lives:
    """Return people whose lives are known to the end of 2018; one in eight dies, at any time."""
    made = simulate(load_simulation("claim"), load_instrument("eriq22"), clients=clients, seed=seed)
    whole = made.persons["followed_until"] == KNOWN
    persons = made.persons[whole].assign(followed_until=pd.NaT).reset_index(drop=True)
    rng = np.random.default_rng([seed, 1])
    first = made.answers.groupby("client_id")["answered_on"].min().reindex(persons["client_id"]).to_numpy()
    day = pd.Series(first + rng.integers(30, 900, len(persons)).astype("timedelta64[D]"))
    dies = pd.Series(rng.random(len(persons)) < 1 / 8)
    persons = persons.assign(
        left_on=day.where(dies).astype("datetime64[us]"), left_why=pd.Series("death", index=day.index).where(dies)
    )
    answers, spells, events = (
        t[t["client_id"].isin(persons["client_id"])] for t in (made.answers, made.spells, made.events)
    )
    return Lives(answers, persons, spells.assign(ended_on=spells["ended_on"].fillna(KNOWN)), events)


def with_short_contracts(lives: Lives, seed: int) -> pd.DataFrame:
    """Return the spells with half of the longer jobs written as back-to-back contracts of three weeks."""
    spells, rng = lives.spells, np.random.default_rng([seed, 2])
    days = (spells["ended_on"] - spells["started_on"]).dt.days + 1
    split = spells["status"].isin(PAID) & (days >= 2 * PIECE) & (rng.random(len(spells)) < 0.5)
    rows = [spells[~split]]
    for row in spells[split].itertuples(index=False):
        starts = pd.date_range(row.started_on, row.ended_on, freq=f"{PIECE}D")
        ends = np.minimum(starts + pd.Timedelta(days=PIECE - 1 - int(rng.integers(PAUSE + 1))), row.ended_on)
        pieces = pd.DataFrame({"started_on": starts, "ended_on": [*ends[:-1], row.ended_on]})
        rows.append(pieces.assign(**{c: getattr(row, c) for c in spells.columns if c not in pieces}))
    return pd.concat(rows, ignore_index=True)[spells.columns].astype(spells.dtypes)


def as_recorded(lives: Lives, spells: pd.DataFrame, *, drawn: bool) -> dict[str, pd.DataFrame]:
    """Return the four tables up to each death; `drawn` up to the day they are drawn, with planned ends ahead of it."""
    left = lives.persons.set_index("client_id")["left_on"]

    def before_death(table: pd.DataFrame, day: str) -> pd.DataFrame:
        gone = table["client_id"].map(left)
        return table[~(table[day] >= gone)]

    answers, events = before_death(lives.answers, "answered_on"), before_death(lives.events, "occurred_on")
    spells, persons = before_death(spells, "started_on"), lives.persons
    gone = spells["client_id"].map(left)
    spells = spells.assign(ended_on=spells["ended_on"].mask(spells["ended_on"] > gone, gone))
    if drawn:
        answers, events = answers[answers["answered_on"] <= DRAWN], events[events["occurred_on"] <= DRAWN]
        spells = spells[spells["started_on"] <= DRAWN]
        going_on = spells["ended_on"] > DRAWN
        planned = going_on & (spells["status"] == "activation")
        ahead = pd.Series(DRAWN + pd.Timedelta(days=400), index=spells.index)
        spells = spells.assign(ended_on=spells["ended_on"].mask(going_on, pd.NaT).mask(planned, ahead))
        unseen = persons["left_on"] > DRAWN
        persons = persons.assign(
            left_on=persons["left_on"].mask(unseen), left_why=persons["left_why"].mask(unseen.to_numpy())
        )
    return {"answers": answers, "persons": persons, "spells": spells, "events": events}


def doubled(tables: dict[str, pd.DataFrame], people: int) -> dict[str, pd.DataFrame]:
    """Return the tables with the first people who answered often a second time, under other ids."""
    counts = tables["answers"].loc[tables["answers"]["answered_on"] <= LAST_ANSWER, "client_id"].value_counts()
    chosen = sorted(counts.index[counts >= 2])[:people]
    made = {}
    for name, table in tables.items():
        again = table[table["client_id"].isin(chosen)]
        made[name] = pd.concat([table, again.assign(client_id="again-" + again["client_id"])], ignore_index=True)
    return made


def truth(lives: Lives) -> pd.DataFrame:
    """Return answers that could be judged on the day of drawing, with what came of them, by counting days at work.

    A day of paid work counts, and so does a pause of at most a week between two; an entry is a first such day within a
    year of the answer, after a day without, that is followed by at least 27 more before a death.
    """
    left = lives.persons.set_index("client_id")["left_on"]
    answers = lives.answers[lives.answers["answered_on"] <= LAST_ANSWER]
    answers = answers[~(answers["answered_on"] >= answers["client_id"].map(left))]
    spells = dict(iter(lives.spells[lives.spells["status"].isin(WORK)].groupby("client_id")))
    origin, rows = pd.Timestamp("2000-01-01"), []
    for client, asked in answers.groupby("client_id"):
        paid, any_work = np.zeros(8000, dtype=bool), np.zeros(8000, dtype=bool)
        for spell in spells.get(client, lives.spells[:0]).itertuples():
            first, last = (spell.started_on - origin).days, (spell.ended_on - origin).days
            any_work[max(first, 0) : last + 1] = True
            if spell.status in PAID:
                paid[max(first, 0) : last + 1] = True
        end = 8000 if pd.isna(left[client]) else (left[client] - origin).days + 1
        for row in asked.itertuples():
            day = (row.answered_on - origin).days
            if not any_work[day]:
                happened = _enters(paid[:end], day)
                rows.append((client, row.answered_on, happened))
    return pd.DataFrame(rows, columns=["client_id", "answered_on", "outcome"])


def _enters(paid: np.ndarray, day: int) -> bool:
    """Return whether somebody not in work on `day` enters within a year and stays for four weeks."""
    working = np.flatnonzero(paid[day + 1 :]) + day + 1
    if not len(working):
        return False
    breaks = np.flatnonzero(np.diff(working) > 8)  # more than seven days without work in between
    starts, ends = working[np.r_[0, breaks + 1]], working[np.r_[breaks, len(working) - 1]]
    return bool(((starts <= day + 365) & (ends - starts >= 27)).any())
