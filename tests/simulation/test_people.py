"""Clients and caseworkers of a made-up cohort."""

from eriq.simulation.cohort import SimulatedCohort


def test_caseworkers_sit_in_one_job_centre(cohort: SimulatedCohort) -> None:
    """Each caseworker belongs to one centre, and a change of caseworker never changes the centre."""
    assert cohort.answers.groupby("caseworker_id")["job_centre"].nunique().max() == 1
    assert cohort.answers.groupby("client_id")["job_centre"].nunique().max() == 1
    assert len(cohort.caseworkers) == 300
    assert cohort.caseworkers["job_centre"].nunique() == 10


def test_registration_is_known_before_the_first_answer(cohort: SimulatedCohort) -> None:
    """Register facts about a person carry a date before that person's first answer."""
    first = cohort.persons["client_id"].map(cohort.answers.groupby("client_id")["answered_on"].min())

    assert (cohort.persons["known_on"] == cohort.persons["registered_on"]).all()
    assert (cohort.persons["known_on"] < first).all()
