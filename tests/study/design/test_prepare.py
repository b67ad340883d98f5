"""From a config to the rows every contender sees: the same for all, and nothing known only later."""

import datetime as dt
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
from pydantic import ValidationError

from eriq.config import Cross, Experiment, load_experiment
from eriq.errors import CohortError, ConfigError, LeakageError, SchemaError
from eriq.features import Feature
from eriq.study.design.contender import contenders
from eriq.study.design.folds import grouped_kfold
from eriq.study.design.prepare import prepare
from eriq.study.design.study import Study, summary
from eriq.study.learning.training import Learning, run_all


@pytest.fixture(scope="module")
def quick() -> Experiment:
    """Return the quick config with 250 made-up people."""
    shipped = load_experiment("quick")
    return shipped.model_copy(update={"source": shipped.source.model_copy(update={"clients": 250})})


@pytest.fixture(scope="module")
def study(quick: Experiment) -> Study:
    """Return the study of the quick config."""
    return prepare(quick)


def asked(quick: Experiment, *crosses: Cross, **more: Any) -> Study:
    """Return the study of the config with other contenders."""
    return prepare(quick.model_copy(update={**({"contenders": crosses} if crosses else {}), **more}))


# --- contenders ----------------------------------------------------------------------------


def test_the_full_factorial_has_sixteen_blocks(quick):
    """Four factors give sixteen unions; the empty one is the yardstick, the full one has every column of all."""
    found = asked(quick, Cross(blocks="factorial", estimators=("logistic", "lightgbm_pairs"))).contenders
    by_estimator = pd.Series([c.estimator for c in found]).value_counts()
    assert by_estimator.to_dict() == {"logistic": 15, "lightgbm_pairs": 15, "prevalence": 1}
    assert len({c.block for c in found}) == 16
    assert len({c.columns for c in found}) == 16
    full = max(found, key=lambda c: len(c.columns))
    assert set(full.columns) == {name for c in found for name in c.columns}
    assert next(c for c in found if not c.columns).name == "prevalence"


def test_a_contender_named_twice_takes_part_once(quick, study):
    """Overlapping crosses do not double a contender, and the order is that of the config."""
    found = contenders(
        (
            Cross(blocks=("belief", "client"), estimators=("logistic",)),
            Cross(blocks=("client", "none"), estimators=("logistic", "lightgbm")),
        ),
        study.features,
        {},
    )
    assert [c.name for c in found] == ["belief | logistic", "client | logistic", "client | lightgbm", "prevalence"]


def test_every_contender_is_judged_on_identical_rows(study, quick):
    """Whatever their columns, all contenders have a forecast for every row of the cohort, from the same folds."""
    folds = grouped_kfold(study.design, 3, 1, quick.seed)
    log_odds = run_all(study.contenders, study.design, folds, Learning(study.features, 1, quick.tuning))
    assert log_odds.shape == (len(study.design.outcome), len(study.contenders))
    assert np.isfinite(log_odds).all()
    assert all(set(c.columns) <= set(study.design.matrix.columns) for c in study.contenders)


def test_protected_columns_are_in_no_contender(quick):
    """Sex, origin and what an office judged are kept for audits, and no block of any kind selects them."""
    found = asked(quick, Cross(blocks="factorial", estimators=("logistic",)))
    used = {name for c in found.contenders for name in c.columns}
    names = ("sex", "origin", "area_foreign_citizens", "weak_competitiveness")
    guarded = {f"register.{name}" for name in names}
    assert not used & guarded
    assert not any(c.compared_only for c in found.contenders)
    assert {"sex", "origin"} <= set(found.design.rows.columns)
    assert {f.name for f in found.features if f.protected} == guarded


def test_the_block_of_protected_columns_makes_a_contender_compared_only(quick):
    """What is kept for audit may strengthen an opponent, which is marked so that nobody saves it."""
    found = asked(quick, Cross(blocks=("register_basic", "register_basic + protected"), estimators=("logistic",)))
    assert [c.compared_only for c in found.contenders] == [False, True]
    assert {"register.sex", "register.origin"} <= set(found.contenders[1].columns)


@pytest.mark.parametrize("name", ["age", "register.age"])
def test_further_columns_can_be_protected(quick, name):
    """A name in the config protects a column, with or without its block, and releases those not named."""
    found = asked(quick, Cross(blocks=("register_basic",), estimators=("logistic",)), protected=(name,))
    assert "register.age" not in found.contenders[0].columns
    assert "register.sex" in found.contenders[0].columns


def test_a_misspelt_block_gets_the_nearest_name(quick):
    """A typo in a config is refused before anything is fitted, with what was probably meant."""
    with pytest.raises(ConfigError, match="Did you mean 'questionnaire'"):
        asked(quick, Cross(blocks=("questionaire",), estimators=("logistic",)))
    with pytest.raises(ConfigError, match="Did you mean 'swedish'"):
        asked(quick, Cross(blocks=("register_full + sweedish",), estimators=("logistic",)))


def test_a_variant_holds_the_items_its_questionnaire_names(study, quick):
    """The shorter questionnaire of the config is a block of its own, of items of the longer one."""
    found = asked(quick, Cross(blocks=("swedish", "questionnaire"), estimators=("logistic",))).contenders
    items = [{n for n in c.columns if not n.endswith("unanswered")} for c in found]
    assert items[0] < items[1]
    assert len(items[1]) == 22


def test_an_estimator_that_does_not_exist_is_refused():
    """A config names estimators that there are."""
    with pytest.raises(ValidationError):
        Cross(blocks=("belief",), estimators=("logistics",))  # type: ignore[arg-type]


# --- made-up people ------------------------------------------------------------------------


def test_made_up_people_come_with_their_truth(study):
    """Every row has the true probability, and it tells the outcome better than chance."""
    assert study.truth is not None
    assert study.truth.shape == study.design.outcome.shape
    assert ((study.truth > 0) & (study.truth < 1)).all()
    assert study.truth[study.design.outcome == 1].mean() > study.truth[study.design.outcome == 0].mean()
    assert study.about


def test_the_same_config_gives_the_same_study(study, quick):
    """Rows, matrix and digests do not depend on when a config is prepared."""
    again = prepare(quick)
    pd.testing.assert_frame_equal(again.design.rows, study.design.rows)
    pd.testing.assert_frame_equal(again.design.matrix, study.design.matrix)
    assert again.digests == study.digests


def test_the_summary_adds_up(study):
    """Rows read less rows left out are the rows in."""
    left_out = sum(count for _, count in study.flow)
    assert study.n_read - left_out == len(study.design.outcome)
    text = summary(study)
    assert text.startswith(f"{study.n_read:,} answered waves read")
    assert f"{study.n_clients:,} clients in" in text
    assert study.n_clients == study.design.rows["client_id"].nunique()


# --- missing answers -----------------------------------------------------------------------


@pytest.fixture(scope="module")
def by_policy(quick: Experiment) -> dict[str, Study]:
    """Return the study under every way of treating missing answers."""
    return {p: prepare(quick.model_copy(update={"missing_policy": p})) for p in ("indicator", "worst", "drop")}


def test_missing_answers_are_kept_filled_or_left_out(by_policy):
    """Indicator keeps gaps, worst fills them with 0, drop leaves the rows out and counts them."""
    items = [f.name for f in by_policy["drop"].features if f.item]
    gaps = {policy: int(s.design.matrix[items].isna().sum().sum()) for policy, s in by_policy.items()}
    assert gaps["indicator"] > 0
    assert gaps["worst"] == gaps["drop"] == 0
    kept, filled = by_policy["indicator"].design, by_policy["worst"].design
    assert len(kept.outcome) == len(filled.outcome)
    assert (filled.matrix[items].to_numpy()[kept.matrix[items].isna().to_numpy()] == 0).all()
    incomplete = int(kept.matrix[items].isna().any(axis="columns").sum())
    assert by_policy["drop"].flow[-1] == ("some question without an answer (missing policy 'drop')", incomplete)
    assert len(by_policy["drop"].design.outcome) == len(kept.outcome) - incomplete


def test_the_share_left_unanswered_is_told_under_every_filling(by_policy):
    """Filling a gap does not hide that there was one."""
    names = ["belief.unanswered", "caseworker.unanswered", "client.unanswered"]
    kept, filled = (by_policy[p].design.matrix[names] for p in ("indicator", "worst"))
    pd.testing.assert_frame_equal(kept, filled)
    assert kept.to_numpy().max() > 0
    assert by_policy["drop"].design.matrix[names].to_numpy().max() == 0


# --- tables of an agency -------------------------------------------------------------------


@pytest.fixture
def agency_study(agency: Callable[..., Any], quick: Experiment) -> Callable[..., Study]:
    """Prepare a study from three clients' tables, each replaceable."""

    def make(options: dict[str, object] | None = None, **frames: pd.DataFrame) -> Study:
        source = agency({"followed_until": dt.date(2017, 1, 1), **(options or {})}, **frames)
        return prepare(quick.model_copy(update={"source": source, "contenders": quick.contenders[1:2], "variants": {}}))

    return make


def test_tables_of_an_agency_become_a_study(agency_study):
    """Of three clients the first starts work in June: outcomes 1, 0, 0, and digests of four files."""
    found = agency_study()
    assert found.design.outcome.tolist() == [1, 0, 0]
    assert set(found.digests) == {"answers", "persons", "spells", "events"}
    assert found.truth is None
    assert found.design.rows["sex"].tolist() == ["female", "male", "female"]


@pytest.mark.parametrize(("day", "refused"), [("2015-03-01", False), ("2015-03-03", True)])
def test_persons_compiled_after_the_answer_are_refused(agency_study, day, refused):
    """Facts about a person recorded after the answer are a leak; on the day itself they are not."""
    persons = pd.DataFrame(
        {
            "client_id": ["c1", "c2", "c3"],
            "born_on": ["1980-01-01"] * 3,
            "children": ["0", "1", "2"],
            "known_on": ["2015-03-01", "2015-03-01", day],
        }
    )
    if refused:
        persons["known_on"] = ["2015-03-01", "2015-03-03", "2015-03-03"]
        with pytest.raises(LeakageError, match=r"1 answered wave\(s\)"):
            agency_study(persons=persons)
    else:
        assert agency_study(persons=persons).design.matrix["register.children"].tolist() == [0, 1, 2]


def test_all_problems_of_the_input_come_at_once_without_values(agency_study, answer_text, secret):
    """One error names a bad answer and an unknown client, with counts and no value."""
    answers = answer_text(cw01=["3", "99", "3"], client_id=["c1", "c2", secret])
    with pytest.raises(SchemaError) as caught:
        agency_study(answers=answers)
    text = str(caught.value)
    assert "2 problem(s)" in text
    assert "client not in persons" in text
    assert "cw01" in text
    assert secret not in text
    assert "99" not in text


def test_nobody_with_the_outcome_is_an_error_with_counts(agency_study):
    """Where nobody entered work there is nothing to learn, and the text says so."""
    spells = pd.DataFrame(
        {"client_id": ["c2"], "started_on": ["2014-01-01"], "ended_on": ["2014-12-31"], "status": ["education"]}
    )
    with pytest.raises(CohortError, match="nobody has the outcome in 3 row"):
        agency_study(spells=spells)


# --- one ready table -----------------------------------------------------------------------


Flat = Callable[..., Study]


@pytest.fixture
def flat(tmp_path: Path) -> Flat:
    """Prepare a study from a ready table of 200 people; roles and further columns by keyword."""

    def make(
        roles: dict[str, dict[str, Any]] | None = None, blocks: tuple[str, ...] = ("register_basic",), **columns: Any
    ) -> Study:
        rng = np.random.default_rng(9)
        age = rng.integers(20, 60, 200)
        outcome = (rng.random(200) < np.where(age < 40, 0.5, 0.2)).astype(int)
        frame = pd.DataFrame({"id": [f"p{k}" for k in range(200)], "worked": outcome, "age": age})
        frame["hope"] = rng.integers(1, 6, 200)
        for name, value in columns.items():
            frame[name] = value(outcome, rng) if callable(value) else value
        frame.to_csv(tmp_path / "table.csv", index=False)
        given = {"age": {"role": "register"}, "hope": {"role": "questionnaire", "kind": "ordinal", "monotone": 1}}
        return prepare(
            Experiment.model_validate(
                {
                    "version": 1,
                    "name": "flat",
                    "question": "Does it run?",
                    "instrument": None,
                    "source": {
                        "kind": "flat",
                        "file": str(tmp_path / "table.csv"),
                        "client": "id",
                        "outcome": "worked",
                        "columns": given | (roles or {}),
                    },
                    "outcome": "at work after a year",
                    "contenders": [{"blocks": list(blocks), "estimators": ["logistic"]}],
                    "headline": {"with": "client", "without": "register_basic"},
                }
            )
        )

    return make


def test_a_ready_table_becomes_a_study(flat):
    """Declared columns are features, the rest is left out, the outcome keeps its words."""
    found = flat(note="free text")
    assert list(found.design.matrix.columns) == ["register.age", "questionnaire.hope"]
    assert found.contenders[0].columns == ("register.age",)
    assert found.outcome_words == "at work after a year"
    assert set(found.digests) == {"table"}
    assert found.n_clients == 200


def test_what_became_known_after_never_enters(flat):
    """A column of role "after" is in no feature, matrix or contender, though it tells the outcome outright."""
    found = flat({"earnings": {"role": "after"}}, earnings=lambda y, rng: 100 * y)
    assert not [f for f in found.features if "earnings" in f.name]
    assert not [c for c in found.design.matrix if "earnings" in c]
    assert not [n for c in found.contenders for n in c.columns if "earnings" in n]


@pytest.mark.parametrize(
    "copy",
    [
        lambda y, rng: y,
        lambda y, rng: 52.0 * y + rng.normal(size=200),  # weeks worked in the year after
        lambda y, rng: 1 - y,
        lambda y, rng: np.where(y == 1, rng.normal(size=200), np.nan),  # filled in only for those who got a job
    ],
    ids=["copy", "weeks worked", "reversed", "filled in later"],
)
def test_a_copy_of_the_outcome_among_registers_is_refused(flat, copy):
    """A column that tells the outcome alone is named and refused, before anything is fitted."""
    with pytest.raises(LeakageError, match=r"^pworky1: tells the outcome alone"):
        flat({"pworky1": {"role": "register"}}, pworky1=copy)


def test_the_outcome_itself_cannot_be_a_feature(flat):
    """Naming the outcome as a register column is refused as a leak."""
    with pytest.raises(LeakageError, match="'worked' is the outcome"):
        flat({"worked": {"role": "register"}})


def test_a_protected_column_of_a_ready_table_is_in_no_contender(flat):
    """A column marked as protected is read and never selected."""
    found = flat(
        {"sex": {"role": "register", "kind": "flag", "protected": True}}, sex=lambda y, rng: rng.integers(0, 2, 200)
    )
    assert "register.sex" in found.design.matrix
    assert found.contenders[0].columns == ("register.age",)


def test_audit_columns_of_a_ready_table_make_groups_and_no_feature(flat):
    """Audit and protected columns in words; a number makes none, but age makes bands; a later fact never does."""
    drawn = {
        "arm": ({"role": "audit", "kind": "category"}, lambda y, rng: rng.choice(["new", "old"], 200)),
        "sex": ({"role": "register", "kind": "flag", "protected": True}, lambda y, rng: rng.integers(0, 2, 200)),
        "income": ({"role": "audit"}, lambda y, rng: rng.normal(size=200)),
        "later": ({"role": "after", "kind": "flag"}, lambda y, rng: rng.integers(0, 2, 200)),
    }
    found = flat({n: role for n, (role, _) in drawn.items()}, **{n: make for n, (_, make) in drawn.items()})
    assert set(found.design.rows) == {"client_id", "answered_on", "caseworker_id", "job_centre", "arm", "sex"}
    assert set(found.design.rows["sex"]) == {"no", "yes"}
    assert not [f for f in found.features if "arm" in f.name]
    aged = flat({"age": {"role": "register", "protected": True}}, blocks=("client",))
    assert set(aged.design.rows["age"]) == {"29 or younger", "30 to 44", "45 to 54", "55 or older"}


def test_rows_of_tables_hold_audit_groups_that_are_no_features(study):
    """Sex, origin, age band and disability code beside the place; no contender has a column of them."""
    assert {"sex", "origin", "age", "disability_code", "job_centre"} <= set(study.design.rows)
    assert study.design.rows["age"].str.contains("to|or").all()
    assert not set(study.design.rows) & set(study.design.matrix)


def test_a_row_without_outcome_is_left_out_and_counted(flat):
    """Unknown outcomes are no "no"."""
    found = flat(worked=lambda y, rng: pd.array([*y[:-3], None, None, None], dtype="Int8"))
    assert found.flow == (("no outcome recorded", 3),)
    assert len(found.design.outcome) == 197


def test_a_declared_column_that_the_file_lacks_is_named(flat):
    """A missing column is a problem of the input, not a key error."""
    with pytest.raises(SchemaError, match="income"):
        flat({"income": {"role": "register"}})


def test_a_block_without_columns_is_refused(flat):
    """A contender that would have nothing to learn from is refused by name."""
    with pytest.raises(ConfigError, match="block 'changes' has no usable column"):
        flat(blocks=("changes",))


def test_features_of_the_quick_config_have_unique_names(study):
    """No two features share a name, and each has a column of the matrix."""
    names = [f.name for f in study.features]
    assert len(set(names)) == len(names)
    assert set(names) == set(study.design.matrix.columns)
    assert all(isinstance(f, Feature) for f in study.features)
