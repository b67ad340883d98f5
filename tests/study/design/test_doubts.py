"""What is said of the people of a study before anything is fitted."""

from dataclasses import replace

import pandas as pd
import pytest

from eriq.config import Experiment, load_experiment
from eriq.features import Feature
from eriq.study.design.design import make_design
from eriq.study.design.doubts import doubts_of, remarks_on
from eriq.study.design.prepare import prepare
from eriq.study.design.study import Study


@pytest.fixture(scope="module")
def study() -> Study:
    """Return a small made-up cohort."""
    quick: Experiment = load_experiment("quick")
    return prepare(quick.model_copy(update={"source": quick.source.model_copy(update={"clients": 200})}))


def test_a_made_up_cohort_raises_no_doubt(study: Study) -> None:
    """Its people are there once, its values are sound, and every fact has a day."""
    assert () == doubts_of(study)


def test_people_twice_come_first(study: Study) -> None:
    """Everybody under a second id is a warning, before the remarks on registers."""
    design = study.design
    rows = pd.concat([design.rows, design.rows.assign(client_id="again-" + design.rows["client_id"])])
    matrix = pd.concat([design.matrix, design.matrix])
    intake = study.intake
    assert intake is not None
    persons = intake.registers.persons.assign(known_on=pd.NaT)
    undated = replace(intake, registers=replace(intake.registers, persons=persons))
    twice = replace(study, design=make_design(rows, matrix, [*design.outcome] * 2), intake=undated)
    first, second = doubts_of(twice)

    assert first.startswith("WARNING")
    assert second.startswith("persons: known_on: 200 of 200 people")


def test_values_of_a_ready_table_are_named_as_the_table_has_them(study: Study) -> None:
    """A code among measured values is told under the column's own name; codes of categories are not looked at."""
    hours = [float(n % 40) for n in range(200)] + [999.0] * 6
    matrix = pd.DataFrame({"register.hours": hours, "register.town": [999.0 * (n % 2) for n in range(206)]})
    features = (
        Feature("register.hours", "register_basic"),
        Feature("register.town", "register_basic", "category", levels=("a", "b")),
    )
    design = make_design(pd.DataFrame({"client_id": [str(n) for n in range(206)]}), matrix, [0, 1] * 103)
    found = remarks_on(replace(study, intake=None, design=design, features=features))

    assert [("table", "hours", "missing_code", 6)] == [(r.table, r.column, r.code, r.people) for r in found]
