"""The made-up form: at most one a client, within its contract, drawn apart from everything else."""

import datetime as dt

import numpy as np

from eriq.config.streams import stream
from eriq.simulation.cohort import SimulatedCohort
from eriq.simulation.form import form_columns
from eriq.simulation.people import draw_people
from eriq.simulation.settings import load_simulation
from eriq.tables import schema
from eriq.tables.between import check_known
from eriq.tables.remarks import extreme_values


def test_forms_pass_the_check_at_the_border(cohort: SimulatedCohort) -> None:
    """Types, ranges, days, people and repeats are as for a real form, and no value makes one doubt it."""
    typed, problems = schema.check(cohort.forms, schema.FORMS, "forms")
    problems += schema.check_dates(typed, "forms", dt.date(2019, 1, 1))
    problems += check_known(typed, cohort.persons, "forms")
    problems += schema.check_repeats(typed, ["client_id", "filled_on"], "forms")
    numbers = typed[["activity_hours", "contacts", "problem_areas"]].astype("Float64")

    assert [] == problems
    assert [] == extreme_values(numbers, typed["client_id"], "forms")
    assert 320 < len(typed) < 400


def test_a_form_goes_with_attachment_and_is_known_at_the_first_answer() -> None:
    """Hours of activity rise with attachment, and no form is filled in after intake."""
    people = draw_people(load_simulation("claim"), 2000, 3)
    made = form_columns(people, 3)
    place = {name: k for k, name in enumerate(people.ids)}
    rows = [place[name] for name in made["client_id"]]

    assert 0.1 < np.corrcoef(made["activity_hours"], people.attachment[rows])[0, 1] < 0.6
    assert (made["filled_on"] == people.intake[rows]).all()
    assert (made["contacts"] >= made["problem_areas"]).all()


def test_the_form_draws_from_a_stream_of_its_own() -> None:
    """Drawing it twice, or not at all, leaves the people of a seed as they are."""
    settings = load_simulation("claim")
    before = draw_people(settings, 50, 3)
    first, again = form_columns(before, 3), form_columns(draw_people(settings, 50, 3), 3)

    assert all((first[name] == again[name]).all() for name in first)
    assert stream(3, "form").random() != stream(3, "people").random()
