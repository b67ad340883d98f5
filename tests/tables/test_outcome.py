"""When an outcome has happened: hand-made lives, and properties of joined spells."""

import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from eriq.config import OUTCOMES
from eriq.errors import CohortError
from eriq.tables import schema
from eriq.tables.cohort import build_cohort
from eriq.tables.outcome import join_spells

JOB = OUTCOMES["job_entry_12m"]
SERVICE = OUTCOMES["after_service_90d"]


# --- entries -------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("spells", "outcome"),
    [
        ([], 0),
        ([(1, 28, "work_unsubsidised")], 1),
        ([(1, 27, "work_unsubsidised")], 0),
        ([(1, None, "work_subsidised")], 1),
        ([(365, 392, "work_unsubsidised")], 1),
        ([(366, None, "work_unsubsidised")], 0),
        ([(1, 27, "work_unsubsidised"), (200, 227, "work_subsidised")], 1),
        ([(1, 14, "work_unsubsidised"), (15, 28, "work_unsubsidised")], 1),
        ([(1, 14, "work_unsubsidised"), (22, 28, "work_subsidised")], 1),
        ([(1, 14, "work_unsubsidised"), (23, 45, "work_unsubsidised")], 0),
        ([(1, 14, "work_unsubsidised"), (15, 45, "work_sheltered")], 0),
        ([(-20, -1, "work_unsubsidised"), (1, 20, "work_unsubsidised")], 0),
        ([(365, 386, "work_unsubsidised"), (393, None, "work_unsubsidised")], 1),
        ([(365, 386, "work_unsubsidised"), (394, None, "work_unsubsidised")], 0),
        ([(1, None, "work_sheltered")], 0),
        ([(1, None, "education")], 0),
        ([(-100, -1, "work_unsubsidised")], 0),
    ],
    ids=[
        "none",
        "four weeks from the next day",
        "a day short",
        "open",
        "starts on the last day",
        "a day late",
        "a short one, then a long one",
        "two short ones in a row",
        "two of different kinds with seven days between them",
        "eight days between them",
        "one of another kind after it",
        "one before the answer joins nothing",
        "the second begins on the last day that is seen",
        "the second begins a day later",
        "another kind of work",
        "education",
        "before the answer",
    ],
)
def test_a_job_entry_is_a_spell_that_starts_in_the_window_and_lasts(outcome_of, spells, outcome):
    """Entry: starts on day 1 to 365 and lasts 28 days, both ends counted and gaps of up to a week bridged."""
    assert outcome_of(*spells) == outcome


def test_sixteen_contracts_of_three_weeks_are_what_one_of_eleven_months_is(outcome_of):
    """Back to back they are an entry like the one long contract; with bridge_days: 0 also, with a day between not."""
    short = [(10 + 21 * k, 30 + 21 * k, "work_unsubsidised") for k in range(16)]
    whole = (10, 345, "work_unsubsidised")
    rare = [(10 + 23 * k, 30 + 23 * k, "work_unsubsidised") for k in range(15)]  # two days between them
    alone = JOB.model_copy(update={"bridge_days": 0})
    assert short[-1][1] == whole[1]
    assert (outcome_of(*short), outcome_of(whole), outcome_of(*rare)) == (1, 1, 1)
    assert (outcome_of(*short, outcome=alone), outcome_of(*rare, outcome=alone)) == (1, 0)


# --- states --------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("spell", "any_of_four", "work"),
    [
        ((-9, None, "work_unsubsidised"), 1, 1),
        ((456, 456, "work_subsidised"), 1, 1),
        ((1, 455, "work_sheltered"), 0, 0),
        ((457, None, "work_sheltered"), 0, 0),
        ((400, 500, "education"), 1, 0),
        ((1, None, "activation"), 0, 0),
    ],
)
def test_a_state_is_looked_at_on_one_day(waves, registers, day, spell, any_of_four, work):
    """State: what goes on exactly 456 days after the answer, whatever was before or comes after."""
    for name, expected in (("trial_any_15m", any_of_four), ("trial_work_15m", work)):
        persons = {client: {"followed_until": day(456)} for client in ("x", "yes", "no")}
        start, end, status = spell
        register = registers(
            [("x", day(start), day(end), status), ("yes", day(1), None, "work_unsubsidised")], persons=persons
        )
        cohort = build_cohort(waves([("x", day(0)), ("yes", day(0)), ("no", day(0))]), register, OUTCOMES[name])
        assert cohort.rows.set_index("client_id")["outcome"].to_dict() == {"x": expected, "yes": 1, "no": 0}


@pytest.mark.parametrize(
    ("spell", "outcome"),
    [
        ((-9, None, "registered"), 1),
        ((-9, 455, "registered"), 0),
        ((456, 456, "work_sheltered"), 1),
        ((1, None, "education"), 0),
        ((1, None, "unemployment_benefit"), 0),
    ],
)
def test_who_is_in_work_or_still_registered_has_not_gone(outcome_of, spell, outcome):
    """In work or still registered as a jobseeker on day 456; a benefit is no registration, education no work."""
    registered = (-50, -20, "registered")  # the register holds such spells
    assert outcome_of(spell, registered, outcome=OUTCOMES["work_or_registered_15m"]) == outcome


def test_without_spells_of_registration_nobody_is_taken_for_gone(outcome_of):
    """A register that does not hold registrations cannot answer the question, and that is said."""
    with pytest.raises(CohortError, match="work_or_registered_15m: spells has no spell of status registered"):
        outcome_of((1, None, "work_sheltered"), outcome=OUTCOMES["work_or_registered_15m"])


# --- after a service -----------------------------------------------------------------------


@pytest.mark.parametrize(
    ("spells", "outcome"),
    [
        ([], "in no service on the answer date"),
        ([(-30, -1, "activation")], "in no service on the answer date"),
        ([(1, 30, "activation")], "in no service on the answer date"),
        ([(-30, 20, "activation")], 0),
        ([(-30, 20, "activation"), (110, 110, "work_sheltered")], 1),
        ([(-30, 20, "activation"), (110, 110, "education")], 1),
        ([(-30, 20, "activation"), (21, 109, "work_unsubsidised")], 0),
        ([(-30, 20, "activation"), (111, None, "work_unsubsidised")], 0),
        ([(-30, 20, "activation"), (28, 50, "activation"), (140, 140, "education")], 1),
        ([(-30, 20, "activation"), (29, 50, "activation"), (140, 140, "education")], 0),
        ([(0, 0, "activation"), (90, 90, "education")], 1),
        ([(-30, 365, "activation"), (455, 455, "education")], 1),
        ([(-30, 366, "activation"), (456, 456, "education")], "service still goes on 365 days after the answer"),
        ([(-30, None, "activation"), (1, None, "education")], "service still goes on 365 days after the answer"),
    ],
    ids=[
        "no service",
        "a service before",
        "a service later",
        "nothing after it",
        "work on day 90 after it",
        "education on day 90 after it",
        "work till the day before",
        "work from the day after",
        "the next service within a week is the same",
        "after eight days it is another",
        "the day of the answer is its last",
        "it ends in time",
        "it ends a day late",
        "it has no end",
    ],
)
def test_the_state_after_a_service_is_looked_at_90_days_after_it_ends(outcome_of, spells, outcome):
    """In are answers during a service that ends within 365 days; work or education on day 90 after its last day."""
    assert outcome_of(*spells, outcome=SERVICE) == outcome


def test_whether_a_service_is_censored_does_not_hang_on_how_long_it_was(outcome_of):
    """Every row needs 455 days, so that short services do not come in before long ones of the same day."""
    for spells in ([(-30, 5, "activation")], [(-30, 300, "activation")]):
        assert outcome_of(*spells, outcome=SERVICE, until=455) == 0
        assert outcome_of(*spells, outcome=SERVICE, until=454).startswith("censored")


def test_who_leaves_for_good_during_a_service_has_left_it(outcome_of):
    """Death ends a service; 90 days later there is neither work nor education."""
    assert outcome_of((-30, None, "activation"), (1, None, "education"), outcome=SERVICE, left=100) == 0


# --- hours ---------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("spell", "leave_out", "count"),
    [
        ((1, 60, "work_unsubsidised", 15.0), 1, 1),
        ((1, 60, "work_unsubsidised", 14.9), 0, 0),
        ((1, 60, "work_unsubsidised", None), 0, 1),
        ((1, 60, "education", None), 1, 1),
    ],
)
def test_work_counts_from_so_many_hours_a_week(outcome_of, spell, leave_out, count):
    """minimum_hours asks work, not education; what spells without hours are worth is declared."""
    for rule, expected in (("leave_out", leave_out), ("count", count)):
        outcome = JOB.model_copy(
            update={"kinds": ("work_unsubsidised", "education"), "minimum_hours": 15.0, "unknown_hours": rule}
        )
        assert outcome_of(spell, outcome=outcome) == expected


def test_a_job_of_too_few_hours_joins_nothing(outcome_of):
    """Two weeks of full time, a week of few hours between and two weeks again: only with the week between an entry."""
    outcome = JOB.model_copy(update={"minimum_hours": 15.0, "bridge_days": 6})
    two = [(1, 14, "work_unsubsidised", 37.0), (22, 35, "work_unsubsidised", 37.0)]
    for hours, expected in ((37.0, 1), (5.0, 0)):
        assert outcome_of(*two, (15, 21, "work_unsubsidised", hours), outcome=outcome) == expected


@pytest.mark.parametrize(
    ("spell", "outcome"),
    [
        ((1, 1, "work_unsubsidised", 1.0), 1),
        ((365, None, "work_unsubsidised", 3.0), 1),
        ((366, None, "work_unsubsidised", 3.0), 0),
        ((1, None, "work_unsubsidised", 0.5), 0),
        ((1, None, "work_unsubsidised", None), 0),
        ((1, None, "work_subsidised", 37.0), 0),
    ],
)
def test_some_ordinary_hours_are_a_spell_of_any_length(outcome_of, spell, outcome):
    """One hour a week of unsubsidised work for a day is some; work without hours or subsidised is none."""
    assert outcome_of(spell, outcome=OUTCOMES["some_ordinary_hours"]) == outcome


def test_an_outcome_in_hours_needs_hours(waves, registers):
    """Where no spell of work has hours nobody would have the outcome, so the question is refused."""
    register = registers(
        [("a", "2015-01-05", None, "work_unsubsidised")], persons={"a": {"followed_until": "2017-01-01"}}
    )
    with pytest.raises(CohortError, match="some_ordinary_hours asks for hours, and no spell of work has any"):
        build_cohort(waves([("a", "2015-01-01")]), register, OUTCOMES["some_ordinary_hours"])


# --- joined spells -------------------------------------------------------------------------

LIVES = st.lists(
    st.tuples(st.sampled_from("ab"), st.integers(0, 60), st.one_of(st.none(), st.integers(0, 12))), max_size=12
)


def spells_of(lives: list[tuple[str, int, int | None]]) -> pd.DataFrame:
    """Return spells from (client, first day, further days); none: still going on."""
    start = pd.Timestamp("2015-01-01")
    frame = pd.DataFrame(
        {
            "client_id": pd.Series([c for c, *_ in lives], dtype="str"),
            "started_on": [start + pd.Timedelta(days=a) for _, a, _ in lives],
            "ended_on": [pd.NaT if n is None else start + pd.Timedelta(days=a + n) for _, a, n in lives],
        }
    )
    return frame.astype({"started_on": "datetime64[us]", "ended_on": "datetime64[us]"})


@given(LIVES, st.integers(0, 9), st.randoms())
def test_joining_spells_is_idempotent_and_free_of_order(lives, bridge, chance):
    """What is joined once stays, and rows may come in any order."""
    joined = join_spells(spells_of(lives), bridge)
    pd.testing.assert_frame_equal(join_spells(joined, bridge), joined)
    mixed = list(lives)
    chance.shuffle(mixed)
    pd.testing.assert_frame_equal(join_spells(spells_of(mixed), bridge), joined)


@given(LIVES, st.integers(0, 9))
def test_joined_spells_cover_the_days_and_the_gaps_that_are_short_enough(lives, bridge):
    """Day by day: every day of a spell and every gap of at most `bridge` days between two, and nothing else."""
    for client in "ab":
        days = {d for c, a, n in lives if c == client for d in range(a, 200 if n is None else a + n + 1)}
        covered = set(days)
        for d in range(200):
            before = max((x for x in days if x <= d), default=None)
            after = min((x for x in days if x >= d), default=None)
            if before is not None and after is not None and after - before - 1 <= bridge:
                covered.add(d)
        joined = join_spells(spells_of(lives), bridge)
        mine = joined[joined["client_id"] == client]
        origin = pd.Timestamp("2015-01-01")
        ends = mine["ended_on"].fillna(origin + pd.Timedelta(days=199))
        found = [
            set(range((a - origin).days, (b - origin).days + 1)) for a, b in zip(mine["started_on"], ends, strict=True)
        ]
        assert set().union(*found) == covered
        assert sum(map(len, found)) == len(covered)


def test_statuses_of_registers_and_outcomes_are_the_same() -> None:
    """Whatever an outcome may ask for, SPELLS may hold."""
    assert all(set(outcome.kinds) <= set(schema.STATUSES) for outcome in OUTCOMES.values())
