"""A Table 1: who people are, by outcome and by job centre."""

from dataclasses import replace

import numpy as np
import pandas as pd
import pytest

from eriq.config import Experiment, load_experiment
from eriq.disclosure import publishable
from eriq.study.design.prepare import prepare
from eriq.study.design.study import Study
from eriq.study.groups.who import who
from eriq.tables.results import Results


@pytest.fixture(scope="module")
def experiment() -> Experiment:
    quick = load_experiment("quick")
    return quick.model_copy(update={"source": quick.source.model_copy(update={"clients": 250})})


@pytest.fixture(scope="module")
def study(experiment: Experiment) -> Study:
    return prepare(experiment)


@pytest.fixture(scope="module")
def told(study: Study, experiment: Experiment) -> Results:
    return who(study, experiment)


def test_groups_are_counted_in_people_and_rows(study: Study, told: Results) -> None:
    """Rows, people, and people with and without the outcome, as counting by hand gives them."""
    women = (study.design.rows["sex"] == "female").to_numpy()
    row = told["who"].query("column == 'sex' and group == 'female'").iloc[0]
    happened = study.design.outcome == 1
    assert row["rows"] == women.sum()
    assert row["events"] == (women & happened).sum()
    assert row["people"] == len(np.unique(study.design.client[women]))
    assert row["people_with"] == len(np.unique(study.design.client[women & happened]))
    assert row["people_without"] == len(np.unique(study.design.client[women & ~happened]))


def test_centres_add_up_to_their_group(study: Study, told: Results) -> None:
    """The rows of a group over all centres are those of the group, centres without anybody among them."""
    table = told["who_by_centre"].query("column == 'sex x job_centre'")
    whole = told["who"].query("column == 'sex'").set_index("group")["rows"]
    assert table.groupby("group")["rows"].sum().to_dict() == whole.to_dict()
    assert len(table) == len(whole) * study.design.rows["job_centre"].nunique()


def test_numbers_are_of_registers_that_may_be_shown(study: Study, told: Results) -> None:
    """Mean age with the outcome is that of the rows; health, justice and protected facts are not there."""
    age = study.design.matrix["register.age"].to_numpy()[study.design.outcome == 1]
    row = told["who_numbers"].query("name == 'register.age' and group == 'with the outcome'").iloc[0]
    assert (row["mean"], row["sd"]) == pytest.approx((age.mean(), age.std(ddof=1)))
    barred = {f.name for f in study.features if f.sensitive or f.protected}
    assert barred
    assert not barred & set(told["who_numbers"]["name"])


def test_who_is_in_no_group_is_left_out_where_few_are(study: Study, experiment: Experiment) -> None:
    """Three people of unknown sex make no row, which would tell of them beside the total."""
    rows = study.design.rows.copy()
    rows.loc[study.design.client < 3, "sex"] = None
    some = replace(study, design=replace(study.design, rows=rows))
    assert set(who(some, experiment)["who"].query("column == 'sex'")["group"]) == {"female", "male"}


def test_a_small_cell_of_a_crossing_hides_the_crossing(told: Results) -> None:
    """Both totals are known, so that one small cell could be had from any other."""
    table = told["who_by_centre"].query("column == 'sex x job_centre'").reset_index(drop=True)
    table.loc[0, "people"] = 3
    assert publishable("who_by_centre", table)[["people", "rows"]].isna().all(axis=None)


def test_a_cohort_without_groups_has_no_table_one(study: Study, experiment: Experiment) -> None:
    """With one group in each column and no registers nothing is told."""
    rows = pd.DataFrame({name: study.design.rows[name] for name in ("client_id", "answered_on")}).assign(sex="female")
    bare = replace(study, design=replace(study.design, rows=rows), features=())
    assert who(bare, experiment) == {}
