"""The made-up cohort has the shape of real tables, and its truth stays apart from them."""

import datetime as dt
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from eriq.config import OUTCOMES
from eriq.errors import ConfigError
from eriq.instrument.instrument import Instrument, load_instrument
from eriq.simulation.cohort import ABOUT, SimulatedCohort, simulate, stream
from eriq.simulation.settings import load_simulation
from eriq.tables import schema
from eriq.tables.cohort import Registers, build_cohort

CLIENTS = 400
TABLES = ("answers", "persons", "spells", "events")


@pytest.fixture(scope="module")
def cohort(instrument: Instrument) -> SimulatedCohort:
    """Make a small cohort of the preset that the demo uses."""
    return simulate(load_simulation("claim"), instrument, CLIENTS, seed=5)


def columns_of(instrument: Instrument) -> dict[str, tuple[schema.Column, ...]]:
    contracts = (schema.answers_columns(instrument), schema.PERSONS, schema.SPELLS, schema.EVENT_COLUMNS)
    return dict(zip(TABLES, contracts, strict=True))


@pytest.mark.parametrize("preset", ["claim", "literature", "null"])
def test_tables_pass_the_check_at_the_border(preset: str, instrument: Instrument) -> None:
    """Every table has its columns in order and typed, and breaks no rule, also not between tables."""
    made = simulate(load_simulation(preset), instrument, 120, seed=3)
    problems = []
    for table, columns in columns_of(instrument).items():
        given = getattr(made, table)
        typed, found = schema.check(given, columns, table)
        problems += found + schema.check_dates(given, table, dt.date(2019, 1, 1))
        pd.testing.assert_frame_equal(typed, given)
    problems += schema.check_spells(made.spells)
    for table in ("answers", "spells", "events"):
        problems += schema.check_known(getattr(made, table), made.persons, table)
    problems += schema.check_repeats(made.answers, ["client_id", "answered_on"], "answers")
    problems += schema.check_repeats(made.persons, ["client_id"], "persons")

    assert [] == problems


def test_same_seed_same_tables(cohort: SimulatedCohort, instrument: Instrument) -> None:
    """Twice the same seed gives equal tables; another seed gives other answers."""
    again = simulate(load_simulation("claim"), instrument, CLIENTS, seed=5)
    other = simulate(load_simulation("claim"), instrument, CLIENTS, seed=6)

    for table in (*TABLES, "truth", "caseworkers"):
        pd.testing.assert_frame_equal(getattr(cohort, table), getattr(again, table))
    assert not cohort.answers["cw01"].equals(other.answers["cw01"])


def test_streams_do_not_disturb_each_other() -> None:
    """What one purpose draws does not depend on what another has drawn."""
    stream(1, "people").random(1000)

    assert stream(1, "items").random() == stream(1, "items").random() != stream(1, "people").random()


def test_a_shorter_questionnaire_is_answered_by_the_same_people(cohort: SimulatedCohort) -> None:
    """Asking fewer items changes neither lives nor the answers to the items that stay."""
    shorter = load_instrument("eriq-sv")
    made = simulate(load_simulation("claim"), shorter, CLIENTS, seed=5)

    pd.testing.assert_frame_equal(cohort.spells, made.spells)
    pd.testing.assert_frame_equal(cohort.truth, made.truth)
    assert cohort.answers["cw11"].equals(made.answers["cw11"])
    assert len(shorter.item_ids) == 14


def test_the_number_of_answers_is_exact(cohort: SimulatedCohort) -> None:
    """400 clients at 2.8697 responses give 1,148 answers, and everybody gives at least one."""
    assert len(cohort.answers) == 1148
    assert cohort.answers["client_id"].nunique() == CLIENTS == len(cohort.persons)


def test_waves_are_numbered_in_order_of_date(cohort: SimulatedCohort) -> None:
    """Waves of a client count 1, 2, ... without a hole, on rising dates about 13 weeks apart."""
    by_client = cohort.answers.groupby("client_id")
    gap = by_client["answered_on"].diff().dropna() / pd.Timedelta(weeks=1)

    assert (cohort.answers["wave"] == by_client.cumcount() + 1).all()
    assert gap.between(10, 16).all()


def test_caseworkers_sit_in_one_job_centre(cohort: SimulatedCohort) -> None:
    """Each caseworker belongs to one centre, and a change of caseworker never changes the centre."""
    assert cohort.answers.groupby("caseworker_id")["job_centre"].nunique().max() == 1
    assert cohort.answers.groupby("client_id")["job_centre"].nunique().max() == 1
    assert len(cohort.caseworkers) == 300
    assert cohort.caseworkers["job_centre"].nunique() == 10


def test_truth_is_a_probability_per_answer(cohort: SimulatedCohort) -> None:
    """The truth has the rows of the answers in their order, each strictly between 0 and 1."""
    keys = ["client_id", "answered_on", "wave"]

    pd.testing.assert_frame_equal(cohort.truth[keys], cohort.answers[keys])
    assert cohort.truth["probability"].between(0, 1, inclusive="neither").all()


def test_truth_stands_in_no_table(cohort: SimulatedCohort) -> None:
    """No table has a column of the truth beyond the keys, nor a number that repeats the probability."""
    latent = {"probability", "log_hazard", "belief_level", "caseworker_changed", "optimism", "effectiveness"}
    for table in TABLES:
        assert not latent & set(getattr(cohort, table).columns)


def test_registration_is_known_before_the_first_answer(cohort: SimulatedCohort) -> None:
    """Register facts about a person carry a date before that person's first answer."""
    first = cohort.persons["client_id"].map(cohort.answers.groupby("client_id")["answered_on"].min())

    assert (cohort.persons["known_on"] == cohort.persons["registered_on"]).all()
    assert (cohort.persons["known_on"] < first).all()


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


def test_a_missing_half_is_missing_as_a_whole(cohort: SimulatedCohort, instrument: Instrument) -> None:
    """Where a client half is gone every item is blank or every item says no contact; both ways occur."""
    items = [item.id for item in instrument.half("client")]
    half = cohort.answers[items]
    no_contact = (half == -4).fillna(False)

    assert (no_contact.any(axis="columns") == no_contact.all(axis="columns")).all()
    assert no_contact.all(axis="columns").sum() > 0
    assert half.isna().all(axis="columns").sum() > 0


def test_answers_follow_the_orientation_of_their_item(cohort: SimulatedCohort, instrument: Instrument) -> None:
    """The belief of the caseworker rises with every oriented item of the caseworker, reversed or not."""
    oriented = pd.DataFrame({i: instrument.oriented(i, cohort.answers[i]) for i in instrument.item_ids})
    rises = oriented.corr()["cw11"].drop("cw11")

    assert (rises[[i for i in rises.index if i.startswith("cw")]] > 0.05).all()
    assert any(instrument.by_id[i].orientation == -1 for i in rises.index if i.startswith("cw"))


def test_a_drift_changes_who_finds_work_and_not_the_first_answers(instrument: Instrument) -> None:
    """With a drift the first day of the study is as without; effects of later years are turned."""
    still = load_simulation("claim")
    turned = still.model_copy(update={"hazard": still.hazard.model_copy(update={"drift": 0.5})})
    before, after = (simulate(s, instrument, 2000, seed=2).truth for s in (still, turned))
    both = before.merge(after, on=["client_id", "answered_on"], suffixes=("", "_drift"))
    early, late = (
        both[both["answered_on"] < "2013-04-01"],
        both[both["answered_on"] >= "2015-01-01"],
    )

    assert early["log_hazard"].corr(early["log_hazard_drift"]) > 0.98
    assert late["log_hazard"].corr(late["log_hazard_drift"]) < 0.85


def test_the_notice_says_that_people_are_made_up(cohort: SimulatedCohort) -> None:
    """The text for reports says made up and names the preset."""
    assert cohort.about.startswith(ABOUT)
    assert "made up" in ABOUT
    assert "claim" in cohort.about


def test_no_client_is_refused(instrument: Instrument) -> None:
    """A cohort needs at least one client, and one client is enough."""
    with pytest.raises(ValueError, match="at least 1"):
        simulate(load_simulation("claim"), instrument, 0, seed=1)
    assert simulate(load_simulation("claim"), instrument, 1, seed=1).persons["client_id"].tolist() == ["c1"]


def test_a_file_that_extends_another_changes_only_what_it_names() -> None:
    """The preset null keeps the structure of claim and takes its signal away; weights are replaced as one."""
    claim, null = load_simulation("claim"), load_simulation("null")

    assert claim.design == null.design
    assert (claim.hazard.signal, null.hazard.signal) == (1.0, 0.0)


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ("hazard: {signall: 1.0}", "hazard.signall: not a known key. Did you mean 'signal'"),
        ("items: {cw01: serch}", "domain 'serch' is not in hazard.domains. Did you mean 'search'"),
        ("hazard: {register_traits: {agee: 1.0}}", "'agee' is not a trait. Did you mean 'age'"),
        ("level_shares: [0.5, 0.2]", "level_shares: shares must add to 1"),
        ("hazard: {belief: [0.0, 1.0]}", "one effect per level"),
        ("design: {last_wave: 2012-01-01}", "must come in this order"),
        ("design: {caseworkers: 3}", "a caseworker in every job centre"),
    ],
)
def test_settings_that_cannot_be_are_refused(change: str, message: str, tmp_path: Path) -> None:
    """A misspelt key or domain, shares that do not add up and dates out of order are named."""
    base = Path(__file__).parents[2] / "configs" / "simulation" / "claim.yaml"
    file = tmp_path / "mine.yaml"
    file.write_text(f"extends: {base.as_posix()}\n{change}\n", encoding="utf-8")

    with pytest.raises(ConfigError) as caught:
        load_simulation(file)
    assert message in str(caught.value)


def test_true_probabilities_are_calibrated(instrument: Instrument) -> None:
    """Over 4,000 clients the observed rate lies within four standard errors of the mean truth.

    The standard error counts clients, not answers: 11,479 answers of 4,000 clients.
    """
    made = simulate(load_simulation("claim"), instrument, 4000, seed=9)
    registers = Registers(made.persons, made.spells, made.events)
    rows = build_cohort(made.answers, registers, OUTCOMES["job_entry_12m"]).rows
    joined = rows.merge(made.truth, on=["client_id", "answered_on"], validate="one_to_one")
    excess = (joined["outcome"] - joined["probability"]).groupby(joined["client_id"]).sum().to_numpy()

    assert abs(excess.sum()) < 4 * np.sqrt((excess**2).sum())
