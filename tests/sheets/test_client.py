"""What a page says of a client's answers: steps that count, voices apart, strengths, gaps."""

import numpy as np
import pandas as pd
import pytest

from eriq.instrument.instrument import Instrument
from eriq.sheets.client import Person, people, threshold
from eriq.tables.intake import check_answers


def person(instrument: Instrument, answer_text, waves: list[dict[str, str]]) -> Person:
    """Return one client with these answers wave by wave, each "3" where nothing else is said."""
    raw = answer_text(len(waves), client_id=["c1"] * len(waves), wave=[str(k + 1) for k in range(len(waves))])
    for row, said in enumerate(waves):
        for name, value in said.items():
            raw.loc[row, name] = value
    answers, problems = check_answers(raw, instrument, pd.Timestamp("2020-01-01").date())
    assert not problems
    (one,) = people(answers, instrument, "en")
    return one


def voice(one: Person, indicator: str, respondent: str):
    """Return one voice."""
    (area,) = [area for area in one.areas if area.indicator == indicator]
    return next(voice for voice in area.voices if voice.respondent == respondent)


def test_only_a_step_beyond_the_threshold_is_a_change(instrument: Instrument, answer_text) -> None:
    """One step is what two answers of a person differ by; two are a change, and the way of it is kept."""
    one = person(instrument, answer_text, [{}, {"cw01": "4", "cl01": "5", "cl02": "1"}])

    assert threshold(instrument, "job_search") == 2
    assert voice(one, "job_search", "caseworker").change == 0
    assert voice(one, "job_search", "client").change == 1
    assert voice(one, "labour_market_knowledge", "client").change == -1
    assert voice(one, "job_search", "client").path == (2, 4)


def test_a_questionnaire_may_declare_its_threshold(instrument: Instrument, answer_text) -> None:
    """Where it declares one step as reliable, one step is a change; an indicator it lacks is refused."""
    finer = instrument.model_copy(update={"reliable_change": {"job_search": 1.0}})

    assert voice(person(finer, answer_text, [{}, {"cw01": "4"}]), "job_search", "caseworker").change == 1
    with pytest.raises(ValueError, match="reliable_change"):
        instrument.model_copy(update={"reliable_change": {"job_serch": 1.0}})


def test_an_undeclared_threshold_leaves_the_digest(instrument: Instrument) -> None:
    """Questionnaires of today keep their digest, so that saved models still know them."""
    assert instrument.model_copy(update={"reliable_change": {}}).digest == instrument.digest


def test_another_caseworker_is_marked(instrument: Instrument, answer_text) -> None:
    """A wave recorded by another caseworker is a handover; the first never is."""
    one = person(instrument, answer_text, [{}, {"caseworker_id": "w2"}, {"caseworker_id": "w2"}])

    assert [wave.handover for wave in one.waves] == [False, True, False]


def test_voices_apart_strengths_and_what_can_move(instrument: Instrument, answer_text) -> None:
    """Two steps apart is a question; near the top in both voices is a strength; the rest can be worked on."""
    one = person(
        instrument, answer_text, [{"cw01": "1", "cl01": "5", "cw02": "5", "cl02": "4", "cw03": "5", "cl03": "2"}]
    )

    assert [area.indicator for area in one.areas if area.apart] == ["job_search", "goal_orientation"]
    assert [area.indicator for area in one.strengths] == ["labour_market_knowledge"]
    open_areas = [area.indicator for area in one.possibilities]
    assert "job_search" in open_areas
    assert "labour_market_knowledge" not in open_areas
    assert "belief" not in open_areas
    assert open_areas == [name for name in instrument.indicators if name in open_areas]


def test_what_is_unanswered_is_named_in_its_words(instrument: Instrument, answer_text) -> None:
    """A gap is said with its reason and counts for nothing else."""
    one = person(instrument, answer_text, [{"cw05": "-2", "cl05": ""}])

    assert voice(one, "health_coping", "caseworker").why_not == "cannot tell"
    assert voice(one, "health_coping", "client").why_not == "no answer"
    assert one.n_answered == one.n_questions - 2
    assert len(one.unanswered) == 2
    assert "health_coping" not in [area.indicator for area in (*one.strengths, *one.possibilities)]


def test_the_caseworkers_forecast_is_nowhere(instrument: Instrument, answer_text) -> None:
    """Whatever the caseworker expects, the person is the same: only that it was asked, and when, is known."""
    said = [person(instrument, answer_text, [{"cw11": code}]) for code in "14"]

    assert said[0] == said[1]
    assert said[0].belief_on is not None
    assert not said[0].belief_late


def test_a_belief_after_a_forecast_is_told(instrument: Instrument, answer_text) -> None:
    """A view that was written down after a score was shown is marked as such."""
    late = {"score_shown_on": "2015-02-01", "belief_recorded_on": "2015-03-01"}
    one = person(instrument, answer_text, [{**late}])

    assert one.belief_late
    assert np.datetime64(one.belief_on) == np.datetime64("2015-03-01")
