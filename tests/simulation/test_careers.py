"""What made-up clients live on, as registers keep it."""

import pandas as pd

from eriq.config import OUTCOMES
from eriq.simulation.cohort import SimulatedCohort
from eriq.tables.cohort import Registers, build_cohort


def test_nothing_is_seen_after_the_end_of_follow_up(cohort: SimulatedCohort) -> None:
    """No spell begins, ends or lasts, and no event happens, after its client's last day; a few leave early."""
    until = cohort.persons.set_index("client_id")["followed_until"]
    spells, events = cohort.spells, cohort.events

    assert (spells["started_on"] <= spells["client_id"].map(until)).all()
    assert (spells["ended_on"].dropna() <= spells["client_id"].map(until)[spells["ended_on"].notna()]).all()
    assert (events["occurred_on"] <= events["client_id"].map(until)).all()
    assert 0.005 < (until < pd.Timestamp("2018-12-31")).mean() < 0.10


def test_benefits_pause_while_in_work(cohort: SimulatedCohort) -> None:
    """One client's spells of benefit, education and work follow each other without a hole or an overlap."""
    main = cohort.spells[cohort.spells["status"] != "activation"].sort_values(["client_id", "started_on"])
    same = main["client_id"].eq(main["client_id"].shift())
    hole = (main["started_on"] - main["ended_on"].shift())[same]

    assert (hole == pd.Timedelta(days=1)).all()


def test_short_jobs_occur_and_are_no_entry(cohort: SimulatedCohort) -> None:
    """Some paid jobs last under 28 days; a client whose only job is one of them has no outcome."""
    registers = Registers(cohort.persons, cohort.spells, cohort.events)
    rows = build_cohort(cohort.answers, registers, OUTCOMES["job_entry_12m"]).rows
    paid = cohort.spells[cohort.spells["status"].isin(["work_unsubsidised", "work_subsidised"])]
    days = (paid["ended_on"] - paid["started_on"]) / pd.Timedelta(days=1) + 1
    first = cohort.answers.groupby("client_id")["answered_on"].min()
    later = paid["started_on"] > paid["client_id"].map(first)
    only_short = set(paid.loc[later & (days < 28), "client_id"]) - set(paid.loc[later & ~(days < 28), "client_id"])

    assert only_short
    assert rows.loc[rows["client_id"].isin(only_short), "outcome"].sum() == 0
