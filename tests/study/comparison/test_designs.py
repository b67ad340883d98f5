"""The declared pair under other validation designs."""

from dataclasses import replace

import numpy as np
import pandas as pd

from eriq.config import Validation
from eriq.study.comparison.designs import as_held, begin_pair, other_designs
from eriq.study.design.folds import leave_one_centre_out


def test_other_designs_are_run_for_the_declared_pair(study, experiment):
    """Leave-one-centre-out tests every row in a fold per centre; rolling origin only later ones."""
    # Dates spread over three years, so that outcomes occur in every test period.
    days = pd.Timestamp("2013-01-01") + pd.to_timedelta(
        np.random.default_rng(1).integers(0, 1000, len(study.design.rows)), "D"
    )
    design = replace(study.design, rows=study.design.rows.assign(answered_on=days))
    table = other_designs(replace(study, design=design), experiment)["designs"]
    assert set(table["contender"]) == {"questionnaire | logistic", "register_full | logistic"}
    by_design = table.drop_duplicates("design").set_index("design")
    assert by_design.loc["leave_one_centre_out", "folds"] == study.design.rows["job_centre"].nunique() == 10
    assert by_design.loc["leave_one_centre_out", "rows"] == len(study.design.outcome)
    assert by_design.loc["rolling_origin", "folds"] == 2
    assert 0 < by_design.loc["rolling_origin", "rows"] < len(study.design.outcome)
    assert by_design.loc["rolling_origin", "clients"] <= study.n_clients
    assert table["auc"].between(0, 1).all()
    assert (table["low"] <= table["high"]).all()


def test_a_design_these_people_do_not_allow_is_told_as_such(study, experiment):
    """With one job centre and no dates both designs come back as not possible, with the reason."""
    rows = study.design.rows.assign(job_centre="north", answered_on=pd.NaT)
    table = other_designs(replace(study, design=replace(study.design, rows=rows)), experiment)["designs"]
    assert table["contender"].tolist() == ["not possible"] * 2
    assert table["words"].str.contains("at least two job centres|date of every answer").all()


def test_a_test_period_without_the_outcome_is_told_as_such(study, experiment):
    """Where nobody who is tested later has the outcome there is no AUC, and the table says why."""
    day = study.design.rows["answered_on"]
    quiet = replace(study.design, outcome=np.where(day < "2014-01-01", study.design.outcome, 0).astype("int8"))
    table = other_designs(replace(study, design=quiet), experiment)["designs"]
    rolling = table[table["design"] == "rolling_origin"]
    assert rolling["contender"].tolist() == ["not possible"]
    assert rolling["words"].str.startswith("nobody has the outcome").all()


def test_no_other_design_gives_an_empty_table(study, experiment):
    """Without further designs there is nothing to tell."""
    plain = experiment.model_copy(update={"validation": Validation(folds=3)})
    assert all(table.empty for table in other_designs(study, plain).values())


def test_the_main_design_has_its_table_by_centre_too(study, experiment, held):
    """Where the main folds are centres they are told one by one; where they are drawn at random they are not."""
    centres = experiment.model_copy(update={"validation": Validation(design="leave_one_centre_out")})
    folds = leave_one_centre_out(study.design)
    main = as_held(begin_pair(study, centres, folds), study.home)
    tables = other_designs(study, centres, main)
    assert tables["designs"].empty
    assert set(tables["by_fold"]["fold"]) == {f"centre {k}" for k in range(1, 11)}
    assert set(tables["by_fold"]["design"]) == {"leave_one_centre_out"}
    plain = experiment.model_copy(update={"validation": Validation(folds=3)})
    assert other_designs(study, plain, held)["by_fold"].empty
