"""Who is in, with which outcome: hand-made cases, and a slow second implementation on random worlds."""

import datetime as dt
from collections.abc import Iterable
from dataclasses import dataclass, replace

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from eriq.config import OUTCOMES, Outcome
from eriq.errors import CohortError
from eriq.instrument.instrument import load_instrument
from eriq.tables import schema
from eriq.tables.cohort import Registers, build_cohort, keep, require_two_classes, sensitivity
from eriq.tables.results import LEFT_RULES

JOB = OUTCOMES["job_entry_12m"]
DAY0 = pd.Timestamp("2015-01-01")


def day(n: int | None) -> str | None:
    """Return the day `n` days after 1 January 2015."""
    return None if n is None else f"{DAY0 + pd.Timedelta(days=n):%Y-%m-%d}"


# --- hand-made cases -----------------------------------------------------------------------


@pytest.mark.parametrize("status", ["work_unsubsidised", "work_subsidised", "work_sheltered"])
@pytest.mark.parametrize(("start", "end", "out"), [(-9, 0, True), (0, 0, True), (0, None, True), (-9, -1, False)])
def test_who_is_in_work_on_the_answer_date_is_not_at_risk(outcome_of, status, start, end, out):
    """Any work counts, also of a kind that is not the outcome; the last day of a spell belongs to it."""
    assert outcome_of((start, end, status)) == ("already in work on the answer date" if out else 0)


def test_for_an_outcome_at_risk_for_everyone_people_in_work_stay():
    """The trial's outcome asks where somebody is, so nobody is left out for being there already."""
    states = {"trial_any_15m", "trial_work_15m", "work_or_registered_15m", "after_service_90d"}
    assert {o.name for o in OUTCOMES.values() if o.at_risk == "everyone"} == states


@pytest.mark.parametrize("spell", [None, (1, None, "work_unsubsidised")], ids=["no entry", "early entry"])
def test_follow_up_that_ends_a_day_early_is_censored_and_never_a_no(outcome_of, spell):
    """365 days and four weeks after them must be observed: on day 393 the row is in, on day 392 it is left out."""
    spells = [spell] if spell else []
    assert outcome_of(*spells, until=393) == (1 if spell else 0)
    assert outcome_of(*spells, until=392).startswith("censored: follow-up ends before day 393")


def test_the_last_day_of_all_registers_limits_everyone(outcome_of):
    """A date for everyone stands in for a missing own one, and a later own one does not count."""
    limit = (DAY0 + pd.Timedelta(days=393)).date()
    assert outcome_of(until=None, given=limit) == 0
    assert outcome_of(until=2000, given=limit) == 0
    with pytest.raises(CohortError, match="censored"):
        outcome_of(until=2000, given=limit - dt.timedelta(days=1))
    assert outcome_of(until=392, given=limit).startswith("censored")


@pytest.mark.parametrize(("consent", "out"), [(1, False), (0, True), (None, True)])
def test_only_who_consented_is_in_where_consent_is_recorded(outcome_of, consent, out):
    """With a consent column a gap is no consent."""
    assert outcome_of(consent=[consent, 1, 1]) == ("no consent recorded" if out else 0)


def test_who_withdrew_consent_is_out_with_every_answer_and_counted(outcome_of):
    """A day of withdrawal, on whatever answer, takes the person out; others stay."""
    nothing = pd.Series([None] * 3, dtype="datetime64[us]")
    assert outcome_of(consent=[1, 1, 1], consent_withdrawn_on=nothing) == 0
    some = pd.Series(["2015-06-01", None, None], dtype="datetime64[us]")
    assert outcome_of(consent=[1, 1, 1], consent_withdrawn_on=some) == "consent withdrawn"


def test_without_a_consent_column_nobody_is_left_out_for_it(outcome_of):
    """A column that is empty for everyone records nothing."""
    assert outcome_of(consent=[None, None, None]) == 0


# --- nothing to learn from -----------------------------------------------------------------


def test_when_all_outcomes_are_censored_the_counts_are_told(waves, registers, secret):
    """No usable row is a CohortError (exit code 15) with the number of rows left out, and nobody's id."""
    answers = waves([(secret, day(0)), ("b", day(0)), ("b", day(90))])
    with pytest.raises(
        CohortError, match=r"no usable row is left; left out: 0 already in work .*; 3 censored"
    ) as caught:
        build_cohort(answers, registers(persons={secret: {}, "b": {}}), JOB, followed_until=dt.date(2015, 6, 1))
    assert secret not in str(caught.value)
    assert CohortError.exit_code == 15


def test_when_nobody_is_at_risk_the_counts_are_told(waves, registers):
    """Everybody in work already: no row, and no doubt about follow-up that would hide why."""
    with pytest.raises(CohortError, match=r"no usable row is left; left out: 1 already in work on the answer date$"):
        build_cohort(waves([("a", day(0))]), registers([("a", day(-9), None, "work_sheltered")]), JOB)


@pytest.mark.parametrize(("status", "words"), [("work_unsubsidised", "everybody has"), ("education", "nobody has")])
def test_one_class_only_is_told(waves, registers, status, words):
    """If all have the outcome or none, nothing can be learned."""
    register = registers([(client, day(10), day(400), status) for client in "ab"])
    with pytest.raises(CohortError, match=rf"{words} the outcome in 2 row\(s\)"):
        build_cohort(waves([("a", day(0)), ("b", day(0))]), register, JOB, followed_until=dt.date(2017, 1, 1))


def test_two_classes_are_enough():
    """One row of each is no error; an empty outcome is one."""
    require_two_classes(np.array([0, 1]))
    with pytest.raises(CohortError, match="nobody has"):
        require_two_classes(np.array([], dtype="int8"))


def test_keep_drops_what_is_not_surely_met_and_leaves_its_input():
    """A rule that is unknown for a row does not hold for it, and the flow only grows."""
    rows = pd.DataFrame({"a": pd.array([1, 2, None], dtype="Int8")})
    before, flow = rows.copy(), (("earlier", 4),)
    kept, longer = keep(rows, rows["a"] > 1, "small or unknown", flow)
    assert kept["a"].tolist() == [2]
    assert kept.index.tolist() == [0]
    assert longer == (("earlier", 4), ("small or unknown", 2))
    assert flow == (("earlier", 4),)
    pd.testing.assert_frame_equal(rows, before)


# --- leaving for good ----------------------------------------------------------------------


@pytest.mark.parametrize(
    ("spell", "until", "outcome"),
    [
        (None, 1000, 0),
        (None, 100, 0),
        (None, 99, 0),
        (None, 98, "censored"),
        ((50, None, "work_unsubsidised"), 100, 1),
        ((73, 100, "work_unsubsidised"), 100, 1),
        ((74, None, "work_unsubsidised"), 100, 0),
        ((74, 300, "work_unsubsidised"), 1000, 0),
        ((101, None, "work_unsubsidised"), 1000, 0),
    ],
    ids=[
        "seen to the end",
        "seen to the day of leaving",
        "seen to the day before",
        "lost before leaving",
        "at work on leaving",
        "four weeks by then",
        "27 days by then, open",
        "27 days by then, an end planned",
        "a job from the next day",
    ],
)
def test_who_leaves_within_the_window_without_an_entry_is_known_not_to_have_one(outcome_of, spell, until, outcome):
    """Leaving on day 100 ends what can happen: the row is in though follow-up ends, and nothing later counts."""
    found = outcome_of(*([spell] if spell else []), until=until, left=100)
    assert str(found).startswith(str(outcome))


@pytest.mark.parametrize(("left", "out"), [(-1, True), (0, True), (1, False)])
def test_who_has_left_by_the_answer_date_is_out(outcome_of, left, out):
    """An answer dated on or after the day of leaving is nobody's forecast."""
    assert outcome_of(left=left) == ("left for good by the answer date" if out else 0)


@pytest.mark.parametrize(("left", "out"), [(100, True), (393, True), (394, False)])
def test_leaving_may_be_declared_as_censoring(outcome_of, left, out):
    """With left: censored a row is out, entry or not, when its client leaves before the window has been seen."""
    rule = JOB.model_copy(update={"left": "censored"})
    for spell, happened in ((), 0), (((5, 60, "work_subsidised"),), 1):
        assert str(outcome_of(*spell, left=left, outcome=rule)).startswith("censored" if out else str(happened))


def test_leaving_brings_no_row_in_before_its_window_has_passed(waves, registers):
    """Of two late answers only the leaver's would be known: both are censored, so the rate is not lowered."""
    persons = {who: {"followed_until": day(500)} for who in ("yes", "no", "early", "late", "gone")}
    persons["early"]["left_on"] = persons["gone"]["left_on"] = day(300)
    answers = [("yes", day(0)), ("no", day(0)), ("early", day(0)), ("late", day(200)), ("gone", day(200))]
    register = registers([("yes", day(5), None, "work_unsubsidised")], persons=persons)
    for limit in (None, dt.date(2016, 5, 15)):
        cohort = build_cohort(waves(answers), register, JOB, followed_until=limit)
        assert cohort.rows.set_index("client_id")["outcome"].to_dict() == {"early": 0, "no": 0, "yes": 1}


@pytest.fixture
def left_world(waves, registers):
    """Make 160 clients of whom 20 find work and 10 die: the truth is 20 of 160, 12.5 %."""

    def make(column: str):
        clients = [f"c{n:03d}" for n in range(160)]
        persons = {client: {"followed_until": day(1000)} for client in clients}
        for n, client in enumerate(clients[20:30]):
            persons[client][column] = day(30 * n + 10)
        spells = [(client, day(30), day(300), "work_unsubsidised") for client in clients[:20]]
        return waves([(client, day(0)) for client in clients]), registers(spells, persons=persons)

    return make


def test_the_dead_stay_in_the_denominator(left_world):
    """Deaths given as the end of follow-up raise the rate to 20 of 150, 13.3 %; given as left_on it is 12.5 %."""
    given_as_end = build_cohort(*left_world("followed_until"), JOB).rows["outcome"]
    given_as_left = build_cohort(*left_world("left_on"), JOB).rows["outcome"]
    assert (len(given_as_end), given_as_end.mean()) == (150, pytest.approx(20 / 150))
    assert (len(given_as_left), given_as_left.mean()) == (160, pytest.approx(20 / 160))


@pytest.mark.parametrize("declared", ["no_entry", "censored"])
def test_both_rules_are_shown_whichever_is_declared(left_world, declared):
    """Rows, events and rate of the declared rule come first, those of the other second; the remark says which."""
    answers, register = left_world("left_on")
    outcome = JOB.model_copy(update={"left": declared})
    table = sensitivity(answers, register, outcome)
    expected = {"no_entry": (160, 20, 20 / 160), "censored": (150, 20, 20 / 150)}
    assert [str(dtype) for dtype in table.dtypes] == [column.dtype for column in LEFT_RULES]
    assert table["left"].iloc[0] == declared
    for left, rows, events, rate in table.itertuples(index=False):
        assert (rows, events, rate) == (*expected[left][:2], pytest.approx(expected[left][2]))
    words = {"no_entry": "counts as not having the outcome from that day", "censored": "is left out, like anyone"}
    assert words[declared] in " ".join(build_cohort(answers, register, outcome).remarks)


def test_a_rule_that_leaves_nobody_has_no_rate(waves, registers):
    """Sensitivity is told also where one of the rules could not be trained on."""
    register = registers(
        [("a", day(5), None, "work_unsubsidised")], persons={"a": {"followed_until": day(900), "left_on": day(200)}}
    )
    table = sensitivity(waves([("a", day(0))]), register, JOB)
    assert table["rows"].tolist() == [1, 0]
    assert table["rate"].isna().tolist() == [False, True]


def test_the_rules_of_the_outcome_are_said(waves, registers):
    """The remarks say where follow-up ends, what leaving is worth, what is joined and what hours count."""
    persons = {"a": {"followed_until": day(394)}, "b": {"followed_until": day(395)}}
    spells = [("a", day(5), None, "work_unsubsidised"), ("b", day(380), None, "work_unsubsidised")]
    register = registers(spells, persons=persons)
    register = replace(register, spells=register.spells.assign(hours=pd.array([20.0, None], dtype="Float64")))
    outcome = JOB.model_copy(update={"minimum_hours": 20.0})
    assert build_cohort(waves([("a", day(0)), ("b", day(0))]), register, outcome).remarks == (
        "Last observed day: stated for each person, at the latest 2016-01-31.",
        "Who leaves for good within the window counts as not having the outcome from that day; persons has no left_on, "
        "so nobody is known to have.",
        "Spells at most 7 days apart are joined before the least length of 4 weeks is asked for.",
        "Work of less than 20 hours a week does not count; work without hours (50% of its spells) does not count.",
    )


# --- against a slow second implementation --------------------------------------------------

Spell = tuple[str, int, int | None, str]


@dataclass(frozen=True)
class World:
    """A small world in days: who answers (client, day, consent), lives, is followed, and leaves."""

    answers: list[tuple[str, int, int | None]]
    spells: list[Spell]
    until: dict[str, int]
    left: dict[str, int]
    given: int | None
    outcome: Outcome


def slow(world: World) -> tuple[list[tuple[str, int, int]], list[int]]:
    """Return (client, day, outcome) of every row that is in, and how many each rule left out, row by row."""
    outcome, ask = world.outcome, any(consent is not None for *_, consent in world.answers)
    out = {"consent": 0, "left": 0, "work": 0, "censored": 0}
    work = {*outcome.kinds, "work_unsubsidised", "work_subsidised", "work_sheltered"}
    at_risk, rows = [], []
    for client, answered, consent in sorted(world.answers):
        mine = [(a, b, s) for c, a, b, s in world.spells if c == client]
        busy = any(s in work and a <= answered and (b is None or answered <= b) for a, b, s in mine)
        if ask and consent != 1:
            out["consent"] += 1
        elif world.left.get(client, 999) <= answered:
            out["left"] += 1
        elif outcome.at_risk == "not_in_kinds" and busy:
            out["work"] += 1
        else:
            at_risk.append((client, answered, mine))
    last_start = max(a for _, a, _, s in world.spells if s in outcome.kinds)
    stated = all(client in world.until for client, *_ in at_risk)
    end = world.given if world.given is not None else max(world.until.values()) if stated else last_start
    for client, answered, mine in at_risk:
        own, gone = world.until.get(client, end), world.left.get(client, 999)
        own = own if world.given is None else min(own, world.given)
        needed = answered + outcome.observe_days
        if gone <= needed and outcome.left == "no_entry":
            known = own >= needed or (own >= gone - 1 and end >= needed)
        else:
            known = own >= needed and gone > needed
        if not known:
            out["censored"] += 1
            continue
        rows.append((client, answered, slow_outcome(mine, answered, min(needed, gone), outcome)))
    counts = ([out["consent"]] if ask else []) + ([out["left"]] if world.left else [])
    counts += [out["work"]] if outcome.at_risk == "not_in_kinds" else []
    return rows, [*counts, out["censored"]]


def slow_outcome(mine: list[tuple[int, int | None, str]], answered: int, seen: int, outcome: Outcome) -> int:
    """Return the outcome of one row, day by day up to the last that is seen."""
    kinds = [(a, seen if b is None else min(b, seen)) for a, b, s in mine if s in outcome.kinds and a <= seen]
    target = answered + outcome.horizon_days
    if outcome.measure == "state":
        return int(any(a <= target <= b for a, b in kinds))
    worked = sorted({d for a, b in kinds if a > answered for d in range(a, b + 1)})
    began = before = None
    for d in worked:
        if before is None or d - before - 1 > outcome.bridge_days:
            began = d
        before = d
        if began <= target and d - began + 1 >= 7 * outcome.minimum_weeks:
            return 1
    return 0


STATUSES = ("work_unsubsidised", "work_subsidised", "work_sheltered", "education", "sickness_benefit")
OUTCOME_KINDS = (("work_unsubsidised",), ("work_unsubsidised", "work_subsidised"), ("education",))


def random_world(seed: int, measure: str, at_risk: str, consents: bool) -> World:
    """Return a random small world in which every boundary is hit by chance: all dates lie within weeks."""
    rng = np.random.default_rng([seed, measure == "state", at_risk == "everyone", consents])
    clients = [f"k{n:02d}" for n in range(40)]
    outcome = Outcome(
        name="o",
        words="o",
        kinds=OUTCOME_KINDS[rng.integers(3)],
        horizon_days=int(rng.integers(5, 25)),
        minimum_weeks=int(rng.integers(0, 3)),  # 0 counts a spell of one day
        bridge_days=int(rng.integers(0, 4)),
        measure=measure,
        at_risk=at_risk,
        left=("no_entry", "censored")[rng.integers(2)],
    )
    answers = {(str(rng.choice(clients)), int(rng.integers(0, 40))) for _ in range(100)}
    told = [
        (client, n, int(rng.random() < 0.9) if consents and rng.random() < 0.9 else None)
        for client, n in sorted(answers)
    ]
    rng.shuffle(told)
    told = [(str(client), int(n), consent) for client, n, consent in told]
    spells: list[Spell] = []
    for _ in range(220):
        start = int(rng.integers(-30, 60))
        end = None if rng.random() < 0.2 else start + int(rng.integers(0, 15))
        spells.append((str(rng.choice(clients)), start, end, str(rng.choice(STATUSES))))
    followed = 1.0 if rng.random() < 0.3 else 0.7
    until = {client: int(rng.integers(20, 100)) for client in clients if rng.random() < followed}
    left = {client: int(rng.integers(0, 60)) for client in clients if rng.random() < 0.3}
    until |= {c: left[c] + int(rng.integers(-2, 2)) for c in left if rng.random() < 0.5}
    return World(told, spells, until, left, None if rng.random() < 0.5 else int(rng.integers(50, 100)), outcome)


def tables(world: World) -> tuple[pd.DataFrame, Registers]:
    """Return ANSWERS and the registers of a small world."""
    frame = pd.DataFrame([(c, day(n), k) for c, n, k in world.answers], columns=["client_id", "answered_on", "consent"])
    who = sorted({*world.until, *world.left})
    persons = pd.DataFrame({"client_id": who, "born_on": "1980-01-01"}).assign(
        followed_until=[day(world.until.get(c)) for c in who], left_on=[day(world.left.get(c)) for c in who]
    )
    life = pd.DataFrame(
        [(c, day(a), day(b), s) for c, a, b, s in world.spells],
        columns=["client_id", "started_on", "ended_on", "status"],
    )
    typed, _ = schema.check(frame, schema.answers_columns(load_instrument("eriq22")), "answers")
    register = Registers(
        schema.check(persons, schema.PERSONS, "persons")[0],
        schema.check(life, schema.SPELLS, "spells")[0],
        schema.empty(schema.EVENT_COLUMNS),
    )
    return typed, register


@pytest.mark.parametrize("measure", ["entry", "state"])
@pytest.mark.parametrize("at_risk", ["not_in_kinds", "everyone"])
@pytest.mark.parametrize("consents", [False, True])
def test_the_cohort_equals_a_slow_row_by_row_one(measure, at_risk, consents):
    """On random small worlds rows, order, outcomes and counts agree with a second implementation."""
    assert worlds_that_agree(range(12), measure, at_risk, consents) > 100


def worlds_that_agree(seeds: Iterable[int], measure: str, at_risk: str, consents: bool) -> int:
    """Return the rows of random worlds, once cohort and second implementation agree on all of them."""
    n_rows = 0
    for seed in seeds:
        world = random_world(seed, measure, at_risk, consents)
        typed, register = tables(world)
        if seed % 2:  # as tables of many rows come from files
            coded = register.spells.astype({"client_id": "category", "status": "category"})
            register = replace(register, spells=coded)
        copies = [f.copy(deep=True) for f in (typed, register.persons, register.spells)]
        limit = None if world.given is None else (DAY0 + pd.Timedelta(days=world.given)).date()
        rows, counts = slow(world)
        if len({happened for _, _, happened in rows}) < 2:
            with pytest.raises(CohortError, match=r"nobody has|no usable row"):
                build_cohort(typed, register, world.outcome, followed_until=limit)
            continue
        cohort = build_cohort(typed, register, world.outcome, followed_until=limit)
        found = cohort.rows[["client_id", "answered_on", "outcome"]].itertuples(index=False)
        assert [(c, (d - DAY0).days, int(o)) for c, d, o in found] == rows
        assert [count for _, count in cohort.flow] == counts
        assert len(cohort.rows) + sum(counts) == cohort.n_read == len(world.answers)
        for after, before in zip((typed, register.persons, register.spells), copies, strict=True):
            pd.testing.assert_frame_equal(after, before)
        n_rows += len(rows)
    return n_rows


@given(st.integers(0, 10_000), st.sampled_from(["entry", "state"]), st.integers(1, 400))
def test_planned_ends_change_nothing(seed, measure, ahead):
    """An end beyond the last day anybody sees is as good as none: rows, outcomes, counts and remarks stay."""
    world = random_world(seed, measure, "not_in_kinds", False)
    typed, register = tables(world)
    limit = None if world.given is None else (DAY0 + pd.Timedelta(days=world.given)).date()
    # Day 101 is past every stated and every derived last day of these worlds.
    planned = register.spells["ended_on"].fillna(DAY0 + pd.Timedelta(days=100 + ahead))
    told = []
    for spells in (register.spells, register.spells.assign(ended_on=planned)):
        try:
            cohort = build_cohort(typed, replace(register, spells=spells), world.outcome, followed_until=limit)
        except CohortError as why:
            told.append(str(why))
        else:
            told.append((cohort.rows.to_csv(), cohort.flow, cohort.remarks))
    assert told[0] == told[1]


@pytest.mark.parametrize("measure", ["entry", "state"])
@pytest.mark.parametrize("at_risk", ["not_in_kinds", "everyone"])
def test_rows_followed_to_the_horizon_are_those_of_leave_out(measure, at_risk):
    """On random small worlds, kept censored rows are those that leave_out counts; all others have its outcome."""
    n_rows = n_early = 0
    for seed in range(12):
        world = random_world(seed, measure, at_risk, False)
        typed, register = tables(world)
        limit = None if world.given is None else (DAY0 + pd.Timedelta(days=world.given)).date()
        try:
            plain = build_cohort(typed, register, world.outcome, followed_until=limit)
        except CohortError:
            continue
        whole = build_cohort(typed, register, world.outcome, followed_until=limit, censored=True)
        rows = whole.rows[whole.rows["followed_days"] >= world.outcome.horizon_days].reset_index(drop=True)
        pd.testing.assert_frame_equal(rows[plain.rows.columns], plain.rows)
        assert len(whole.rows) - len(plain.rows) == plain.flow[-1][1]
        assert whole.flow == plain.flow[:-1]
        rest = whole.rows[whole.rows["followed_days"] < world.outcome.horizon_days]
        assert rest["outcome"].tolist() == (rest["event"] & (rest["days"] <= world.outcome.horizon_days)).tolist()
        n_rows, n_early = n_rows + len(rows), n_early + int(rest["outcome"].sum())
    assert n_rows > 100
    assert (n_early > 0) == (measure == "entry")


def test_a_censored_row_is_no_second_outcome(waves, registers):
    """Where every known row has the outcome, a row that is not followed does not make up for a "no"."""
    register = registers([("a", day(10), day(400), "work_unsubsidised")], persons={"a": {}, "b": {}})
    answers = waves([("a", day(0)), ("b", day(300))])
    with pytest.raises(CohortError, match=r"everybody has the outcome in 1 row\(s\)"):
        build_cohort(answers, register, JOB, followed_until=dt.date(2016, 3, 1), censored=True)
