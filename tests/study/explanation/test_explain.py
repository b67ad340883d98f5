"""Explanations: nothing sensitive is named, and what does not apply is left out."""

from dataclasses import replace

import numpy as np

from eriq.features import Feature
from eriq.features.sensitive import SENSITIVE_LABEL, units
from eriq.study.design.contender import Contender
from eriq.study.explanation.explain import explain
from eriq.study.learning.progress import Progress
from tests.study.explanation.conftest import explained_of


def test_sensitive_columns_are_one_unit(study, everything):
    """All health and justice columns share one unit; every other column is its own, and none is lost."""
    used = [f for f in study.features if f.name in everything]
    names, member = units(used)
    hidden = [f.sensitive for f in used]
    assert sum(hidden) == 12
    assert len(names) == len(used) - sum(hidden) + 1
    assert (member.sum(axis=1) == 1).all()
    assert member[:, names.index("register.sensitive")].tolist() == [float(h) for h in hidden]
    assert [n for n in names if n != "register.sensitive"] == [f.name for f in used if not f.sensitive]


def test_contributions_of_a_unit_are_the_sum_of_its_columns():
    """Two hidden columns with 1 and 2 and a plain one with 4 give 4 and 3, whatever their order."""
    a, b = Feature("register.x_1y", "register_history", sensitive=True), Feature("register.age", "register_basic")
    names, member = units([a, b, replace(a, name="register.y")])
    assert names == ["register.sensitive", "register.age"]
    assert (np.array([1.0, 4.0, 2.0]) @ member).tolist() == [3.0, 4.0]


def test_no_table_names_a_sensitive_column(tables, study):
    """Not one cell or column of any table holds the name of a health or justice column, or what it counts."""
    words = [f.name for f in study.features if f.sensitive]
    words += ["psychiatric", "musculoskeletal", "conviction", "disability_code", "gp_contact"]
    for name, table in tables.items():
        text = " ".join(table.columns) + table.to_csv()
        assert not [word for word in words if word in text], name
    labels = tables["importance"].set_index("name")["label"]
    assert labels["register.sensitive"] == SENSITIVE_LABEL.en


def test_no_table_names_a_protected_column_or_a_client(tables, study):
    """Sex, origin and ids are in no table."""
    ids = set(study.design.rows["client_id"])
    for name, table in tables.items():
        text = table.to_csv()
        assert "register.sex" not in text, name
        assert "register.origin" not in text, name
        assert not ids & {str(v) for column in table.columns for v in table[column]}, name


def test_progress_is_told(experiment, study, folds):
    """Refits, other estimators and the belief are announced, so that a long wait has a reason."""
    said: list[tuple[str, str]] = []
    say = Progress(step=lambda what, which: said.append((what, which)))
    columns = ("belief.cw11", "client.cl01")
    contender = Contender("two", "some", "logistic", columns)
    explain(replace(explained_of(contender, study, experiment, folds), instrument=study.instrument), say)
    assert [what for what, _ in said].count("refits for intervals") == 3
    assert {what for what, _ in said} == {"refits for intervals", "agreement", "belief"}


def test_one_column_is_explained_without_others(experiment, study, folds):
    """A model of one column has importance and dependence, and no pairs or agreement to speak of."""
    contender = Contender("one", "belief", "level_rates", ("belief.cw11",))
    found = explain(explained_of(contender, study, experiment, folds))
    assert set(found) == {"importance", "dependence"}
    assert found["importance"]["share"].tolist() == [1.0, 1.0, 1.0]
