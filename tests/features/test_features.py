"""Columns: hand-computed numbers, nothing from after the answer, the same code for every row."""

from dataclasses import replace

import numpy as np
import pandas as pd
import pytest

from eriq.config import Flat
from eriq.errors import ConfigError, LeakageError
from eriq.features import (
    BLOCKS,
    FORM_FEATURES,
    NEVER_WEEKS,
    REGISTER_FEATURES,
    WAVES,
    WINDOWS,
    Feature,
    factorial,
    flat_columns,
    flat_features,
    questionnaire_columns,
    questionnaire_features,
    register_columns,
    select,
    wave_columns,
)
from eriq.instrument.instrument import load_instrument
from eriq.instrument.texts import LANGUAGES, Texts
from eriq.simulation.cohort import simulate
from eriq.simulation.settings import load_simulation
from eriq.tables.cohort import Registers

DAY = pd.Timedelta(days=1)


@pytest.fixture(scope="module")
def made(instrument):
    """Return a hundred made-up people with their registers."""
    return simulate(load_simulation("claim"), instrument, clients=100, seed=1)


@pytest.fixture
def seen(waves, registers):
    """Return the register columns of one client who answers on 31 December 2015."""

    def look(*spells, events=(), lag=0, **facts):
        register = registers([("x", *spell) for spell in spells], [("x", *e) for e in events], persons={"x": facts})
        return register_columns(waves([("x", "2015-12-31")]), register, lag).iloc[0]

    return look


# --- what an agency publishes as its inputs --------------------------------------------------


def test_periods_as_a_jobseeker_before_this_one(seen):
    """Two periods ended before: the last had 14 days and ended three weeks ago; the one that goes on does not count."""
    columns = seen(
        ("2015-12-20", None, "registered"),
        ("2015-11-27", "2015-12-10", "registered"),
        ("2014-01-01", "2014-06-30", "registered"),
    )
    assert columns["register.earlier_periods"] == 2
    assert columns["register.weeks_previous_period"] == pytest.approx(2.0)
    assert columns["register.weeks_since_previous_period"] == pytest.approx(3.0)


def test_a_first_period_is_not_an_unknown_one(seen):
    """Who is registered for the first time had none before; where no period is kept at all, nobody knows."""
    first, unknown = seen(("2015-12-20", None, "registered")), seen(("2015-12-20", None, "education"))
    assert first["register.earlier_periods"] == 0
    assert np.isnan(first["register.weeks_previous_period"])
    assert np.isnan(unknown["register.earlier_periods"])


def test_a_period_that_ends_after_the_cut_is_not_over(seen):
    """With a delay of 30 days an end ten days ago is not known yet."""
    columns = seen(("2015-06-01", "2015-12-21", "registered"), lag=30)
    assert columns["register.earlier_periods"] == 0


def test_optional_facts_of_a_person_become_columns(seen):
    """Flags, codes by place and numbers of the area; absent ones are gaps."""
    columns = seen(
        education_field="03", sought_occupation="5", fund_member="1", area_income="251.5", registered_on="2015-05-02"
    )
    assert columns["register.education_field"] == 3
    assert columns["register.sought_occupation"] == 5
    assert columns["register.fund_member"] == 1
    assert columns["register.area_income"] == 251.5
    assert columns["register.registered_quarter"] == 1  # April to June is the second place of four
    assert np.isnan(columns["register.willing_to_move"])
    assert np.isnan(seen(registered_on="2016-02-01")["register.registered_quarter"])  # a later fact


# --- registers by hand ---------------------------------------------------------------------


@pytest.mark.parametrize(
    ("spells", "one_year", "three_years", "five_years"),
    [
        ([("2015-12-25", None)], 1.0, 1.0, 1.0),
        ([("2015-12-31", "2015-12-31")], 1 / 7, 1 / 7, 1 / 7),
        ([("2015-06-01", "2015-06-14")], 2.0, 2.0, 2.0),
        # 52 weeks back from 31 December 2015 begin on 2 January 2015: one of the seven days lies before.
        ([("2015-01-01", "2015-01-07")], 6 / 7, 1.0, 1.0),
        ([("2013-01-04", "2013-01-10")], 0.0, 1.0, 1.0),
        ([("2013-01-03", "2013-01-09")], 0.0, 6 / 7, 1.0),
        ([("2000-01-01", None)], 52.0, 156.0, 260.0),
        ([("2000-01-01", "2010-01-01")], 0.0, 0.0, 0.0),
        ([("2015-06-01", "2015-06-07"), ("2015-06-08", "2015-06-14")], 2.0, 2.0, 2.0),
        ([("2016-01-01", None)], 0.0, 0.0, 0.0),
    ],
)
def test_weeks_in_a_status_count_both_days_of_a_spell(seen, spells, one_year, three_years, five_years):
    """A spell holds its first and its last day, cut by the window of 52, 156 or 260 weeks that ends at the cut."""
    columns = seen(*[(start, end, "education") for start, end in spells])
    found = [columns[f"register.weeks_education_{window}"] for window in ("1y", "3y", "5y")]
    assert found == pytest.approx([one_year, three_years, five_years])


def test_two_jobs_at_a_time_are_one_time_in_work(seen):
    """Weeks in work are days with any work: 11 to 31 December is three weeks, whichever jobs overlap."""
    columns = seen(
        ("2015-12-11", "2015-12-24", "work_unsubsidised"),
        ("2015-12-18", None, "work_subsidised"),
        ("2015-12-20", "2015-12-21", "work_sheltered"),
    )
    assert columns["register.weeks_work_1y"] == pytest.approx(3.0)
    assert columns["register.work_spells_5y"] == 3


def test_recency_of_work(seen):
    """Weeks since the last day of work; none on record is 520 weeks and a flag."""
    assert seen(("2015-01-01", "2015-12-17", "work_subsidised"))["register.weeks_since_work"] == 2.0
    assert seen(("2015-01-01", None, "work_subsidised"))["register.weeks_since_work"] == 0.0
    assert seen(("1980-01-01", "1990-01-01", "work_subsidised"))["register.weeks_since_work"] == NEVER_WEEKS
    for columns, never in ((seen(), 1.0), (seen(("2015-01-01", None, "education")), 1.0)):
        assert columns["register.never_worked"] == never
        assert columns["register.weeks_since_work"] == NEVER_WEEKS
    assert seen(("1980-01-01", "1990-01-01", "work_subsidised"))["register.never_worked"] == 0.0


def test_the_current_benefit_and_how_long(seen):
    """What goes on at the cut counts from its first day; an ended benefit is no current one."""
    columns = seen(("2015-12-18", None, "sickness_benefit"), ("2015-01-01", "2015-12-17", "social_assistance"))
    assert columns["register.on_sickness_benefit"] == 1.0
    assert columns["register.on_social_assistance"] == 0.0
    assert columns["register.weeks_current_benefit"] == pytest.approx(2.0)
    assert seen()["register.weeks_current_benefit"] == 0.0


def test_events_are_counted_by_window(seen):
    """52 weeks back from 31 December 2015 is 1 January 2015, which is outside; codes count whenever they were set."""
    events = [("2015-12-31", "gp_contact"), ("2015-01-02", "gp_contact"), ("2015-01-01", "gp_contact")]
    columns = seen(events=[*events, ("1999-01-01", "disability_code"), ("2016-01-01", "conviction")])
    assert columns["register.gp_contact_1y"] == 2
    assert columns["register.gp_contact_5y"] == 3
    assert columns["register.disability_code"] == 1.0
    assert columns["register.disability_code_5y"] == 0.0
    assert columns["register.conviction_5y"] == 0.0


def test_facts_about_a_person_by_hand(seen):
    """Age in years, categories as places, gaps as NaN, and no negative time since registration."""
    columns = seen(sex="male", family="couple", education="higher", children="2", registered_on="2015-12-10")
    assert columns["register.age"] == pytest.approx(36.0, abs=0.01)
    assert columns[["register.sex", "register.couple", "register.education", "register.children"]].tolist() == [
        1,
        1,
        2,
        2,
    ]
    assert columns["register.weeks_registered"] == 3.0
    assert np.isnan(columns[["register.origin", "register.vocational"]].to_numpy("float64")).all()
    assert seen(registered_on="2015-12-31")["register.weeks_registered"] == 0.0  # within the reporting lag
    assert np.isnan(seen(registered_on="2016-05-01")["register.weeks_registered"])  # a later registration, a later fact
    assert np.isnan(seen()["register.weeks_registered"])


@pytest.mark.parametrize(
    ("registered", "coded", "days"),
    [
        ("2014-01-01", ["2015-01-02"], 366.0),
        ("2014-01-01", ["2015-06-01", "2015-01-02"], 366.0),
        ("2014-01-01", ["2013-05-05"], 0.0),
        ("2014-01-01", ["2016-01-01"], np.nan),  # a later fact
        ("2016-01-01", ["2015-01-02"], np.nan),
        (None, ["2015-01-02"], np.nan),
        ("2014-01-01", [], np.nan),
    ],
)
def test_days_from_registration_to_the_first_code_known(seen, registered, coded, days):
    """The first code counts, and only codes and registrations that lie before the answer."""
    facts = {"registered_on": registered} if registered else {}
    columns = seen(events=[(day, "disability_code") for day in coded], **facts)
    assert columns["register.days_to_disability_code"] == pytest.approx(days, nan_ok=True)


def test_a_code_within_the_reporting_lag_is_not_known(seen):
    """A code of 2 December is not known on 31 December where registers are 30 days late."""
    events = [("2015-12-02", "disability_code")]
    assert np.isnan(seen(events=events, lag=30, registered_on="2014-01-01")["register.days_to_disability_code"])


def test_the_track_is_that_of_activations_that_go_on(waves, registers):
    """Of two activations under way the higher track counts; one that ended, or another status, has none."""
    spells = [
        ("x", "2015-01-01", None, "activation"),
        ("x", "2015-06-01", "2016-06-01", "activation"),
        ("x", "2014-01-01", "2014-12-31", "activation"),
        ("y", "2014-01-01", None, "education"),
        ("z", "2014-01-01", None, "activation"),
    ]
    register = registers(spells, persons={"x": {}, "y": {}, "z": {}})
    track = pd.array([1, 3, 9, 2, None], dtype="Int8")
    tracked = replace(register, spells=register.spells.assign(track=track))
    rows = waves([(client, "2015-12-31") for client in "xyz"])
    np.testing.assert_array_equal(register_columns(rows, tracked, 0)["register.track"], [3, np.nan, np.nan])


def test_a_judgement_of_an_office_is_taken_as_given(seen):
    """Weak competitiveness is a flag of PERSONS, and a gap where nobody judged."""
    assert seen(weak_competitiveness="1")["register.weak_competitiveness"] == 1
    assert np.isnan(seen()["register.weak_competitiveness"])


def test_the_reporting_lag_moves_every_window(seen):
    """With a lag of 30 days the registers end on 1 December, while age is that of the answer date."""
    spells = [("2015-11-25", "2015-12-20", "education"), ("2015-12-02", None, "sickness_benefit")]
    columns = seen(*spells, events=[("2015-12-02", "gp_contact"), ("2015-12-01", "conviction")], lag=30)
    assert columns["register.weeks_education_1y"] == pytest.approx(1.0)
    assert columns["register.on_sickness_benefit"] == 0.0
    assert columns["register.gp_contact_1y"] == 0
    assert columns["register.conviction_1y"] == 1
    assert columns["register.age"] == seen()["register.age"]


def test_weeks_equal_a_count_of_days(made):
    """For made-up histories each number of weeks is the number of days on which any such spell went on, over seven."""
    rows = made.answers.drop_duplicates("client_id", keep="last").head(12)
    columns = register_columns(rows, Registers(made.persons, made.spells, made.events), 30)
    groups = {
        "work": "work_",
        "social_assistance": "social_assistance",
        "activation": "activation",
        "education": "education",
    }
    nonzero = 0
    for place, (client, answered) in enumerate(rows[["client_id", "answered_on"]].itertuples(index=False)):
        cut = answered - 30 * DAY
        mine = made.spells[made.spells["client_id"] == client]
        for group, prefix in groups.items():
            days = set()
            for start, end, status in mine[["started_on", "ended_on", "status"]].itertuples(index=False):
                if status.startswith(prefix) and start <= cut:
                    days |= set(pd.date_range(start, cut if pd.isna(end) else min(end, cut)))
            for window, weeks in WINDOWS.items():
                counted = sum(day > cut - 7 * weeks * DAY for day in days) / 7
                assert columns[f"register.weeks_{group}_{window}"].iloc[place] == pytest.approx(counted)
                nonzero += counted > 0
    assert nonzero > 20


# --- as known on the answer date -----------------------------------------------------------


def test_nothing_after_the_cut_is_looked_at(made):
    """Later spells and events, and the end of a spell that goes on, change no register column of any row."""
    whole = Registers(made.persons, made.spells, made.events)
    for lag in (0, 30):
        for keep in ("first", "last"):
            rows = made.answers.drop_duplicates("client_id", keep=keep).reset_index(drop=True)
            cut = rows.set_index("client_id")["answered_on"] - lag * DAY
            spells = made.spells[made.spells["started_on"] <= made.spells["client_id"].map(cut)]
            going_on = spells["ended_on"] >= spells["client_id"].map(cut)
            spells = spells.assign(ended_on=spells["ended_on"].mask(going_on))
            events = made.events[made.events["occurred_on"] <= made.events["client_id"].map(cut)]
            assert len(spells) < len(made.spells)
            assert going_on.any() or keep == "last"
            past = register_columns(rows, Registers(made.persons, spells, events), lag)
            pd.testing.assert_frame_equal(register_columns(rows, whole, lag), past)
            changed = register_columns(rows, Registers(made.persons, spells.iloc[::2], events), lag)
            assert not changed.equals(past)


def test_a_planned_end_is_no_fact_of_the_answer_date(waves, registers):
    """A spell that goes on is the same to every column whether it has no end or one planned for 400 days later."""
    rows = waves([("x", "2015-12-31")])
    for status in ("activation", "work_subsidised", "sickness_benefit"):
        found = [
            register_columns(rows, registers([("x", "2015-01-01", end, status)], persons={"x": {}}), 30)
            for end in (None, "2017-02-03", "2015-12-01")
        ]
        pd.testing.assert_frame_equal(found[0], found[1])
        pd.testing.assert_frame_equal(found[0], found[2])  # an end on the day of the cut has not been seen to pass


def test_what_became_known_after_the_answer_is_not_looked_at(waves, registers):
    """A spell or event recorded after the answer is as if it was not there; one recorded on the day is there."""
    rows = waves([("x", "2015-12-31")])
    register = registers(
        [("x", "2015-01-01", None, "sickness_benefit")], [("x", "2015-01-05", "gp_contact")], persons={"x": {}}
    )
    for known, there in (("2015-12-31", 1.0), ("2016-01-01", 0.0)):
        day = pd.Timestamp(known).as_unit("us")
        late = Registers(register.persons, register.spells.assign(known_on=day), register.events.assign(known_on=day))
        columns = register_columns(rows, late, 0).iloc[0]
        assert columns["register.on_sickness_benefit"] == there
        assert columns["register.gp_contact_1y"] == there
        assert (columns["register.weeks_sickness_benefit_1y"] > 0) == bool(there)


def test_persons_compiled_after_the_answer_are_refused(waves, registers, secret):
    """Persons knows only its last state, so one compiled later is a leak (exit code 12), counted and not named."""
    rows = waves([(secret, "2015-12-31"), (secret, "2016-03-31"), ("y", "2015-12-31")])
    persons = {secret: {"known_on": "2016-01-01"}, "y": {"known_on": "2015-12-31"}}
    with pytest.raises(LeakageError, match=r"recorded after the answer in 1 answered wave\(s\)") as caught:
        register_columns(rows, registers(persons=persons), 0)
    assert secret not in str(caught.value)
    assert LeakageError.exit_code == 12
    register_columns(rows.iloc[1:], registers(persons=persons), 0)


def test_rows_do_not_depend_on_each_other(made):
    """Each row's columns are the same alone, in any order and beside any other rows: training and scoring agree."""
    register = Registers(made.persons, made.spells, made.events)
    rows = made.answers.sample(40, random_state=1)
    together = register_columns(rows, register, 30)
    turned = register_columns(rows.iloc[::-1], register, 30).iloc[::-1].reset_index(drop=True)
    pd.testing.assert_frame_equal(together, turned)
    for place in (0, 17, 39):
        alone = register_columns(rows.iloc[[place]], register, 30)
        pd.testing.assert_frame_equal(alone, together.iloc[[place]].reset_index(drop=True))


def test_a_client_without_registers_has_gaps_and_no_history(waves, registers):
    """Nobody in persons gives NaN facts; no spells and events give zeros, as for somebody with an empty history."""
    columns = register_columns(waves([("x", "2015-12-31")]), registers(), 30).iloc[0]
    assert np.isnan(columns["register.age"])
    assert columns["register.weeks_work_5y"] == 0.0
    assert columns["register.never_worked"] == 1.0


# --- questionnaire -------------------------------------------------------------------------


def test_answers_are_oriented_so_that_higher_is_more_ready(waves):
    """In version 1.0.0 cw05 is turned round and cw01 is not; missing codes and gaps are NaN."""
    answers = waves([("a", "2015-01-01"), ("b", "2015-01-01"), ("c", "2015-01-01"), ("d", "2015-01-01")],
                    cw01=[1, 5, -2, None], cw05=[1, 5, -2, None], cw11=[1, 4, -4, None])  # fmt: skip
    instrument = load_instrument("eriq22-1")
    columns = questionnaire_columns(answers, instrument)
    assert columns["caseworker.cw01"].tolist()[:2] == [0, 4]
    assert columns["caseworker.cw05"].tolist()[:2] == [4, 0]
    assert columns["belief.cw11"].tolist()[:2] == [0, 3]
    assert columns.loc[2:, ["caseworker.cw01", "caseworker.cw05", "belief.cw11"]].isna().all(axis=None)
    for feature in questionnaire_features(instrument):
        if feature.item:
            oriented = instrument.oriented(feature.item, answers[feature.item]).to_numpy()
            np.testing.assert_array_equal(columns[feature.name].to_numpy(), oriented)


def test_shares_left_unanswered_by_hand(waves, instrument):
    """Two of ten caseworker questions are open and all of eleven client ones; the forecast is a flag of its own."""
    clients = {item.id: [-4] for item in instrument.half("client")}
    columns = questionnaire_columns(
        waves([("a", "2015-01-01")], cw01=[-1], cw02=[None], cw11=[-2], **clients), instrument
    )
    assert columns["caseworker.unanswered"].tolist() == [0.2]
    assert columns["client.unanswered"].tolist() == [1.0]
    assert columns["belief.unanswered"].tolist() == [1.0]


@pytest.mark.parametrize("policy", [None, "indicator", "worst", "drop"])
def test_missing_policies(waves, instrument, policy):
    """The policy "worst" puts the least ready answer in place of a gap, the others leave it; the shares stay."""
    answers = waves([("a", "2015-01-01")], cw05=[None], cw11=[-2])
    columns = questionnaire_columns(answers, instrument, policy)
    gap = [0.0] if policy == "worst" else [pytest.approx(np.nan, nan_ok=True)]
    assert columns["caseworker.cw05"].tolist() == gap
    assert columns["belief.cw11"].tolist() == gap
    assert columns["caseworker.unanswered"].tolist() == [0.1]
    assert columns["belief.unanswered"].tolist() == [1.0]


def test_columns_come_in_the_order_of_their_features(made, instrument):
    """The matrix has exactly the declared columns, in order, each once, as float64."""
    register = Registers(made.persons, made.spells, made.events)
    pairs = (
        (questionnaire_columns(made.answers, instrument), questionnaire_features(instrument)),
        (register_columns(made.answers, register, 30), REGISTER_FEATURES),
        (wave_columns(made.answers, made.answers, instrument), WAVES),
    )
    for columns, features in pairs:
        assert columns.columns.tolist() == [f.name for f in features]
        assert columns.columns.is_unique
        assert set(columns.dtypes.astype(str)) == {"float64"}
        assert len(columns) == len(made.answers)
        assert not np.isinf(columns.to_numpy()).any()
        assert all(f.labels.in_(language) for f in features for language in LANGUAGES)


def test_no_feature_function_changes_its_input(made, instrument):
    """Answers and registers are the same after as before."""
    frames = (made.answers, made.persons, made.spells, made.events)
    copies = [frame.copy(deep=True) for frame in frames]
    questionnaire_columns(made.answers, instrument, "worst")
    register_columns(made.answers, Registers(made.persons, made.spells, made.events), 30)
    wave_columns(made.answers, made.answers, instrument)
    for frame, copy in zip(frames, copies, strict=True):
        pd.testing.assert_frame_equal(frame, copy)


# --- blocks --------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def features(instrument):
    """Return every feature there is."""
    return (*questionnaire_features(instrument), *FORM_FEATURES, *REGISTER_FEATURES, *WAVES)


def test_blocks_hold_what_their_names_say(features):
    """The questionnaire is its parts; without the belief it lacks exactly the belief; registers are nested."""
    block = {name: set(select(name, features)) for name in BLOCKS if name != "indicators"}  # no score is declared
    assert block["none"] == set()
    assert block["belief"] == {"belief.cw11", "belief.unanswered"}
    assert block["questionnaire"] == block["caseworker"] | block["client"]
    assert block["questionnaire"] - block["questionnaire_without_belief"] == block["belief"]
    assert block["caseworker"] - block["caseworker_without_belief"] == block["belief"]
    assert block["register_basic"] < block["register_full"]
    assert not block["questionnaire"] & block["register_full"]
    assert block["form"] == {f.name for f in FORM_FEATURES}
    assert sum(name.rsplit(".", 1)[1] in {f"cw{k:02d}" for k in range(1, 12)} for name in block["caseworker"]) == 11
    assert set(select("belief + register_full", features)) == block["belief"] | block["register_full"]


def test_columns_of_a_block_come_in_one_order_whatever_the_order_of_names(features):
    """A union is the same contender however it is written."""
    assert select("client + belief", features) == select("belief+client", features)


def test_protected_columns_are_in_no_block(features):
    """Sex, origin, and what is partly made of origin are kept for audit."""
    protected = {f.name for f in features if f.protected}
    assert protected == {
        f"register.{name}" for name in ("sex", "origin", "area_foreign_citizens", "weak_competitiveness")
    }
    for name in factorial():
        assert not protected & set(select(name, features))
    assert set(select("protected", features)) == protected
    assert set(select("register_basic + protected", features)) == set(select("register_basic", features)) | protected


@pytest.mark.parametrize(
    ("block", "words"),
    [
        ("belif", "there is no block 'belif'. Did you mean 'belief'?"),
        ("belief + registr_full", "there is no block 'registr_full'. Did you mean 'register_full'?"),
        ("swedsh", "there is no block 'swedsh'. Did you mean 'swedish'?"),
        ("", "there is no block ''."),
    ],
)
def test_a_misspelt_block_gets_the_nearest_name(features, block, words):
    """Variants of the questionnaire are suggested as well."""
    with pytest.raises(ConfigError) as caught:
        select(block, features, {"swedish": frozenset({"cw11"})})
    assert words in str(caught.value)


def test_a_block_without_a_usable_column_is_refused():
    """A block that the data do not fill, or whose columns are all protected, is a ConfigError."""
    some = [Feature("client.cl01", "client"), Feature("register.sex", "register_basic", protected=True)]
    for block in ("belief", "client + changes", "register_basic"):
        with pytest.raises(ConfigError, match="has no usable column in this data"):
            select(block, some)
    assert select("none", some) == ()


def test_a_variant_is_its_items_and_what_was_left_unanswered(features):
    """A shorter questionnaire has its items and the shares; a single forecast is itself alone."""
    variants = {"two": frozenset({"cw01", "cl01"}), "one": frozenset({"cl11"})}
    assert select("one", features, variants) == ("client.cl11",)
    two = select("two", features, variants)
    assert {"caseworker.cw01", "client.cl01"} < set(two)
    assert {name for name in two if not name.endswith("unanswered")} == {"caseworker.cw01", "client.cl01"}


def test_the_factorial_is_every_union_once(features):
    """Sixteen different sets of columns, from none to all."""
    sets = {select(name, features) for name in factorial()}
    assert len(sets) == 16
    assert max(len(s) for s in sets) == len(select("questionnaire + register_full", features))


# --- one ready table -----------------------------------------------------------------------


def flat(**columns: dict[str, object]) -> Flat:
    return Flat(kind="flat", file="x.csv", client="id", outcome="y", answered_on="day", columns=columns)


def test_a_ready_table_gives_its_declared_columns():
    """Register and questionnaire columns become features, audit and later ones do not; categories become places."""
    source = flat(
        age={"role": "register", "monotone": -1},
        town={"role": "register", "kind": "category"},
        mood={"role": "questionnaire", "kind": "ordinal", "malleable": True, "label": "Mood"},
        hours={"role": "form"},
        sex={"role": "audit"},
        wage={"role": "after"},
    )
    frame = pd.DataFrame(
        {"age": pd.array([40, None], "Int8"), "town": ["b", "a"], "mood": [2.0, 1.0], "hours": [9.0, None]}
    )
    features = flat_features(source, frame)
    assert [(f.name, f.part, f.monotone, f.levels) for f in features] == [
        ("register.age", "register_basic", -1, ()),
        ("register.town", "register_basic", 0, ("a", "b")),
        ("questionnaire.mood", "client", 0, ()),
        ("form.hours", "form", 0, ()),
    ]
    assert features[2].labels == Texts.same("Mood")
    columns = flat_columns(frame, features)
    np.testing.assert_array_equal(columns.to_numpy(), [[40, 1, 2, 9], [np.nan, 0, 1, np.nan]])
    later = pd.DataFrame({"age": [50, 51], "town": ["c", None], "mood": [1, 2], "hours": [1, 2]})
    assert flat_columns(later, features)["register.town"].isna().all()


@pytest.mark.parametrize("role", ["register", "form", "questionnaire"])
def test_the_outcome_cannot_be_a_feature(role):
    """Declared as something known at baseline, the outcome is a leak; as an audit column it is not."""
    with pytest.raises(LeakageError, match="column 'y' is the outcome"):
        flat_features(flat(y={"role": role}), pd.DataFrame({"y": [0, 1]}))
    assert flat_features(flat(y={"role": "after"}), pd.DataFrame({"y": [0, 1]})) == ()


@pytest.mark.parametrize("name", ["id", "day"])
def test_who_and_when_cannot_be_features(name):
    """The id of the client and the date of the answer identify a row and say nothing about readiness."""
    with pytest.raises(ConfigError, match=f"column '{name}' says who or when"):
        flat_features(flat(**{name: {"role": "register"}}), pd.DataFrame({name: ["1"]}))


# --- other respondents ---------------------------------------------------------------------


def test_a_respondent_of_a_questionnaire_is_a_block():
    """Columns of a declared respondent are selected by its name, by `questionnaire`, and by nobody else's block."""
    import yaml

    from eriq.instrument.instrument import Instrument
    from eriq.instrument.start import started

    content = yaml.safe_load(started("own", 4, "teacher"))
    for item in content["items"][:2]:
        item["respondent"] = "client"
    own = Instrument.model_validate(content | {"minimum_answered": {"client": 1, "teacher": 1}})
    features = questionnaire_features(own)
    assert select("teacher", features) == ("teacher.q03", "teacher.q04", "teacher.unanswered")
    assert select("client", features) == ("client.q01", "client.q02", "client.unanswered")
    assert len(select("questionnaire", features)) == 6
    with pytest.raises(ConfigError, match="Did you mean 'teacher'"):
        select("teachers", features)
    told = next(f for f in features if f.name == "teacher.q03")
    assert (told.respondent, told.labels.in_("en")) == ("teacher", "topic 3 (teacher)")
    answers = pd.DataFrame({"q01": [1, 4], "q02": [2, None], "q03": [None, 3], "q04": [None, -1]}, dtype="Int8")
    made = questionnaire_columns(answers, own)
    assert made["teacher.unanswered"].tolist() == [1.0, 0.5]
    assert made["client.unanswered"].tolist() == [0.0, 0.5]
