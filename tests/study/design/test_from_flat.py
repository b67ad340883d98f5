"""A study from one ready table: who counts, what counts how much, who is kept together, who is tested."""

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
from pydantic import ValidationError

from eriq.config import Capacity, Experiment, Groups, Tuning
from eriq.errors import CohortError, ConfigError, LeakageError, SchemaError
from eriq.study.comparison.declared import clusters
from eriq.study.comparison.out_of_fold import OutOfFold
from eriq.study.design.contender import Contender
from eriq.study.design.design import resampled
from eriq.study.design.folds import Fold, client_folds, kept_apart, make_folds
from eriq.study.design.prepare import prepare
from eriq.study.design.study import Study
from eriq.study.evaluation.wanted import Wanted
from eriq.study.groups.picked import rule_of
from eriq.study.groups.sides import rows_of, side_of
from eriq.study.learning import settling, training

N = 240
Make = Callable[..., Study]


def table() -> pd.DataFrame:
    """Return 120 people in two rounds each, in twelve villages, with weeks without work."""
    rng = np.random.default_rng(4)
    person = np.repeat(np.arange(N // 2), 2)
    weeks = rng.integers(1, 104, N).astype(object)
    weeks[[3, 7]] = 999  # the code for not known
    return pd.DataFrame(
        {
            "id": [f"p{k:03d}" for k in person],
            "round": np.tile([3, 4], N // 2),
            "village": [f"v{k % 12}" for k in person],
            "weeks": weeks,
            "age": rng.integers(15, 60, N),
            "edu": rng.choice(["low", "middle", "high"], N),
            "hope": rng.integers(1, 6, N),
            "weight": rng.choice([0.5, 1.0, 2.5], N),
            "answered": np.where(np.arange(N) % 2, "2021-03-01", "2020-01-15"),
            "benefit_from": rng.choice(["2019-01-01", "2020-01-10", "2022-01-01"], N),
        }
    )


@pytest.fixture
def made(tmp_path: Path) -> Make:
    """Prepare a study from the table; keys of the source, further keys of the config, and edits of the table."""

    def make(
        columns: dict[str, Any] | None = None,
        edit: Callable[[pd.DataFrame], pd.DataFrame] = lambda frame: frame,
        more: dict[str, Any] | None = None,
        **source: Any,
    ) -> Study:
        edit(table()).to_csv(tmp_path / "table.csv", index=False)
        declared = {
            "weeks": {"role": "after", "missing": [999]},
            "age": {"role": "register"},
            "hope": {"role": "questionnaire", "kind": "ordinal"},
        }
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
                        "outcome": "weeks <= 52",
                        "columns": declared | (columns or {}),
                        **source,
                    },
                    "contenders": [{"blocks": ["register_basic", "client"], "estimators": ["logistic"]}],
                    "headline": {"with": "client", "without": "register_basic"},
                    **(more or {}),
                }
            )
        )

    return make


def test_an_outcome_is_made_from_a_number(made):
    """Weeks up to 52 are a yes; the two rows whose weeks are a missing code are counted as without outcome."""
    found, raw = made(), table()
    known = raw[raw["weeks"] != 999]
    assert found.design.outcome.tolist() == (known["weeks"] <= 52).astype(int).tolist()
    assert found.flow == (("no outcome recorded", 2),)
    assert found.outcome_words == "weeks <= 52"


def test_what_makes_the_outcome_cannot_be_a_feature(made):
    """The weeks themselves tell the outcome and are refused in any role but after and audit."""
    with pytest.raises(LeakageError, match="'weeks' is the outcome, or makes it"):
        made({"weeks": {"role": "register", "missing": [999]}})


def test_a_horizon_is_used(made):
    """It is printed with the outcome, is the gap of rolling origin, and is asked for there."""
    found = made(horizon_days=180, answered_on="answered")
    assert (found.horizon_days, found.observe_days) == (180, 180)
    assert found.outcome_words == "weeks <= 52 within 180 days"
    rolling = {"validation": {"design": "rolling_origin", "origins": 1}}
    with pytest.raises(ValidationError, match=r"needs source\.horizon_days"):
        made(answered_on="answered", more=rolling)
    plan = Experiment.model_validate({**_config(), **rolling})
    (fold,) = make_folds(found.design, plan, found.observe_days)
    assert fold.known_after == 180
    assert set(found.design.rows["answered_on"].iloc[fold.test].dt.year) == {2021}
    long = made(horizon_days=800, answered_on="answered")
    with pytest.raises(CohortError, match="more than the gap of 800 days"):
        make_folds(long.design, plan, long.observe_days)


def _config() -> dict[str, Any]:
    return {
        "version": 1,
        "name": "x",
        "question": "?",
        "instrument": None,
        "source": {"kind": "flat", "file": "x.csv", "client": "id", "outcome": "y", "horizon_days": 1}
        | {"columns": {"a": {"role": "register"}}},
        "contenders": [{"blocks": ["none"], "estimators": ["prevalence"]}],
        "headline": {"with": "a", "without": "b"},
    }


def test_rows_that_count_are_kept_by_a_rule_and_counted(made):
    """The flow says how many do not meet the rule, and apart how many cannot be judged by it."""

    def gaps(frame: pd.DataFrame) -> pd.DataFrame:
        return frame.assign(age=frame["age"].astype("Int64").where(np.arange(N) > 4))

    found, raw = made(keep="age >= 18 and round == 4", edit=gaps), gaps(table())
    unknown = (raw["age"].isna() & (raw["round"] == 4)).sum()
    kept = raw[(raw["age"] >= 18) & (raw["round"] == 4)]
    assert found.flow[0] == ("not known whether age >= 18 and round == 4", unknown)
    assert found.flow[1] == ("not among the rows that count (age >= 18 and round == 4)", N - unknown - len(kept))
    assert len(found.design.outcome) == (kept["weeks"] != 999).sum()
    assert found.n_read - sum(n for _, n in found.flow) == len(found.design.outcome)
    with pytest.raises(CohortError, match="no row is left"):
        made(keep="age > 200")
    with pytest.raises(SchemaError, match=r"agee is not there\. Did you mean 'age'"):
        made(keep="agee > 20")


def test_a_group_is_on_one_side_of_every_split(made):
    """Villages are never torn, neither outside nor in inner folds, and are what intervals draw; people stay people."""
    found = made(groups="village")
    plan = Experiment.model_validate({**_config(), "validation": {"folds": 4}})
    village = found.design.rows["kept_together"].to_numpy()
    for fold in make_folds(found.design, plan, 0):
        assert not {*village[fold.train]} & {*village[fold.test]}
    assert found.n_clients == N // 2
    assert len(np.unique(found.design.group)) == 12
    assert len(np.unique(clusters(found.design, "client"))) == 12
    torn = Fold("torn", 0, np.flatnonzero(village == "v1")[:4], np.flatnonzero(village == "v1")[4:])
    with pytest.raises(LeakageError, match="torn"):
        kept_apart(found.design, torn, "torn")
    again = resampled(found.design, np.random.default_rng(1))
    assert len(np.unique(again.group)) == 12
    assert len(np.unique(again.client)) > 60
    assert "12 groups" in " ".join(found.remarks)
    assert "village" not in {f.column for f in found.features}


def test_groups_that_share_a_person_are_one(made):
    """A person who moved joins two villages: else the person would be on both sides."""

    def moved(frame: pd.DataFrame) -> pd.DataFrame:
        return frame.assign(village=frame["village"].where(frame.index != 0, "v5"))  # p000 is of v0 otherwise

    assert len(np.unique(made(groups="village", edit=moved).design.group)) == 11


def test_sampling_weights_are_rows_counted_several_times(made):
    """Weights have mean 1, rows without one are left out and counted, and the rate is the weighted one."""

    def some(frame: pd.DataFrame) -> pd.DataFrame:
        return frame.assign(weight=frame["weight"].where(frame.index >= 5).where(frame.index != 9, 0.0))

    found, raw = made(weights="weight", edit=some), some(table())
    kept = raw[(raw["weeks"] != 999) & (raw["weight"] > 0)]
    assert found.flow[-1] == ("no sampling weight, or one of zero", N - 2 - len(kept))
    assert found.design.weight.mean() == pytest.approx(1)
    assert found.design.rate == pytest.approx(np.average(kept["weeks"] <= 52, weights=kept["weight"]))
    with pytest.raises(SchemaError, match="weight: below 0 in 1 row"):
        made(weights="weight", edit=lambda frame: frame.assign(weight=frame["weight"].where(frame.index != 1, -1)))
    with pytest.raises(ConfigError, match="how much a row counts"):
        made({"weight": {"role": "register"}}, weights="weight")


def test_rows_of_a_value_are_the_test_set(made):
    """Round 4 is tested and round 3 trains, without the people of round 4: here nobody would be left."""
    nobody = made(edit=lambda frame: frame.iloc[8:], more={"validation": {"test_where": "round == 4"}})
    assert nobody.external.all()
    with pytest.raises(CohortError, match="the training rows have one outcome only"):
        make_folds(nobody.design, _external(), 0, external=nobody.external)

    def newcomers(frame: pd.DataFrame) -> pd.DataFrame:
        return frame.assign(id=np.where(frame.index >= 60, frame["id"] + "-" + frame["round"].astype(str), frame["id"]))

    study = made(edit=newcomers, more={"validation": {"test_where": "round == 4"}})
    assert study.external.sum() == (table()["weeks"] != 999).sum() - (table().loc[::2, "weeks"] != 999).sum()
    assert study.flow[-1][0] == "of somebody who is tested, or of that group: never trains"
    assert study.flow[-1][1] == 30 - 2  # two people's later row has no outcome, so that they are not tested
    (fold,) = make_folds(study.design, _external(), 0, external=study.external)
    clients = study.design.rows["client_id"]
    assert not {*clients.iloc[fold.train]} & {*clients.iloc[fold.test]}
    assert len(fold.test) == study.external.sum()


def _external() -> Experiment:
    return Experiment.model_validate({**_config(), "validation": {"test_where": "round == 4"}})


def test_the_test_set_by_value_is_a_design_of_its_own():
    """It excludes others, and needs a ready table."""
    assert _external().validation.design == "external"
    again = Experiment.model_validate(_external().model_dump(by_alias=True))
    assert again == _external()
    with pytest.raises(ValidationError, match="a design of its own"):
        Experiment.model_validate({**_config(), "validation": {"test_where": "a == 1", "design": "grouped_kfold"}})
    with pytest.raises(ValidationError, match="needs a ready table"):
        Experiment.model_validate(
            {**_config(), "source": {"kind": "simulated"}, "validation": {"test_where": "a == 1"}}
        )
    with pytest.raises(ValidationError, match="a call is no part of a rule"):
        Experiment.model_validate({**_config(), "validation": {"test_where": "open('x') == 1"}})


def test_levels_dates_and_ranges_become_numbers(made):
    """An order gives places, a date gives days before the answer, later dates nothing, and a remark counts them."""
    found = made(
        {
            "edu": {"role": "register", "kind": "ordinal", "levels": ["low", "middle", "high"]},
            "benefit_from": {"role": "register", "kind": "date"},
        },
        answered_on="answered",
        keep="round == 3",
    )
    raw = table().query("round == 3 and weeks != 999").reset_index(drop=True)
    place = raw["edu"].map({"low": 0.0, "middle": 1.0, "high": 2.0})
    assert found.design.matrix["register.edu"].tolist() == place.tolist()
    days = raw["benefit_from"].map({"2019-01-01": 379.0, "2020-01-10": 5.0})
    pd.testing.assert_series_equal(found.design.matrix["register.benefit_from"], days, check_names=False)
    late = int((raw["benefit_from"] == "2022-01-01").sum())
    assert f"benefit_from: {late} date(s) after the answer are not looked at." in found.remarks
    since = made({"benefit_from": {"role": "register", "kind": "date", "since": "2019-01-01"}})
    assert set(since.design.matrix["register.benefit_from"]) == {0.0, 374.0, 1096.0}
    with pytest.raises(SchemaError, match=r"edu: a level that `levels` leaves out in \d+ row"):
        made({"edu": {"role": "register", "kind": "ordinal", "levels": ["low", "high"]}})
    with pytest.raises(SchemaError, match="age: below 18"):
        made({"age": {"role": "register", "low": 18}})
    with pytest.raises(ValidationError, match="'benefit_from' is a date: give it since"):
        made({"benefit_from": {"role": "register", "kind": "date"}})


@pytest.mark.parametrize("estimator", ["logistic", "elastic_net"])
def test_a_group_is_on_one_side_within_a_fit_too(made, monkeypatch, estimator):
    """What a learner settles or a search tries is judged on villages it was not fitted on."""
    found, dealt = made(groups="village"), []
    for module in (settling, training):

        def spied(outcome: np.ndarray, units: np.ndarray, *more: Any) -> np.ndarray:
            dealt.append(len(np.unique(units)))
            return client_folds(outcome, units, *more)

        monkeypatch.setattr(module, "client_folds", spied)
    contender = Contender("x", "register_basic", estimator, ("register.age",))
    training.fit(contender, found.design, found.features, seed=1, tuning=Tuning(candidates=2, folds=3))
    assert dealt
    assert set(dealt) == {12}


def test_intervals_draw_whole_groups(made):
    """Bootstraps, and gaps between groups of people, draw villages where they are declared, and count people."""
    design = made(groups="village").design
    x = np.random.default_rng(2).normal(size=len(design.outcome))
    held = OutOfFold((Contender("x", "x", "logistic", ()),), design, x[:, None], ())
    forecasts = held.forecasts()
    by_group = forecasts.bootstrap(Wanted(("brier",)), replicates=50, seed=1)
    as_people = replace(forecasts, client=design.group, group=None).bootstrap(Wanted(("brier",)), replicates=50, seed=1)
    assert np.array_equal(by_group.draws, as_people.draws)
    rule = rule_of(Groups(thresholds=(0.3,)), Capacity())
    rows = rows_of(forecasts.outcome, x, forecasts.client, rule, None, forecasts.drawn)
    side = side_of("calibration_in_the_large", rows, rows.clients, 1)
    assert len(side.sums) == 12
    assert side.people > 12


def test_groups_of_an_audit_have_the_words_of_their_labels(made):
    """An audit column's levels are told by their labels; without any, by themselves, and a flag by no and yes."""
    audit = {"role": "audit", "kind": "category"}
    found = made(
        {
            "edu": audit | {"labels": {"low": {"en": "Little", "sv": "Lite"}}},
            "round": {"role": "audit", "kind": "ordinal"},
        }
    )
    assert set(found.design.rows["edu"]) == {"Little", "middle", "high"}
    assert set(found.design.rows["round"]) == {"3", "4"}
    flag = made(
        {"late": {"role": "audit", "kind": "flag", "labels": {1: "late round"}}},
        edit=lambda frame: frame.assign(late=(frame["round"] == 4).astype(int)),
    )
    assert set(flag.design.rows["late"]) == {"no", "late round"}
