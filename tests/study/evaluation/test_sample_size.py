"""Sample size by Riley's criteria, and the smallest difference that can be shown."""

from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from eriq.study.evaluation import detectable, metrics, sample_size

R = pd.read_csv(Path(__file__).parents[2] / "reference" / "reference_r.csv").set_index("quantity")["value"]

# minimum persons at 22, 44, 66 and 110 parameters, found by simulation (error up to 2 %, and rounded)
SIMULATED = {
    (0.06, 0.75): (4060, 8120, 12180, 20300),
    (0.06, 0.80): (2640, 5270, 7910, 13180),
    (0.10, 0.70): (4100, 8200, 12350, 20600),
    (0.10, 0.75): (2530, 5050, 7600, 12600),
    (0.15, 0.75): (1800, 3600, 5400, 9000),
    (0.20, 0.75): (1450, 2900, 4350, 7250),
    (0.30, 0.75): (1120, 2250, 3370, 5610),
}


def required(prevalence: float, parameters: int, **expected: float) -> int:
    """Return the number of people that all criteria together ask for."""
    return int(sample_size.minimum_sample(prevalence, parameters, **expected)["persons"].iloc[-1])


def test_worked_example_of_riley() -> None:
    """R2 0.288, 24 parameters, prevalence 0.174: 623, 662 and 221 people, so 662 with 116 events."""
    table = sample_size.minimum_sample(0.174, 24, r2=0.288)

    assert [623, 662, 221, 662] == table["persons"].tolist()
    assert 116 == table["events"].iloc[-1]


def test_shrinkage_criterion_by_hand() -> None:
    """10 parameters at R2 0.09 and shrinkage 0.9: 10 / (-0.1 * log(1 - 0.1)) = 949.1, so 950."""
    table = sample_size.minimum_sample(0.3, 10, r2=0.09).set_index("criterion")

    assert 950 == table.loc["shrinkage", "persons"]


@pytest.mark.parametrize(("prevalence", "auc"), SIMULATED)
def test_minimum_sample_equals_the_simulated_table(prevalence: float, auc: float) -> None:
    """Integration instead of simulation moves the table by less than 3 %."""
    found = [required(prevalence, parameters, auc=auc) for parameters in (22, 44, 66, 110)]

    np.testing.assert_allclose(found, SIMULATED[prevalence, auc], rtol=0.03)


@pytest.mark.parametrize("setting", ["0.06/0.75", "0.15/0.75", "0.20/0.75", "0.30/0.90"])
def test_r2_from_auc_equals_integration_in_r(setting: str) -> None:
    """R's adaptive quadrature of the expected likelihood gives the same R2 to 1e-10."""
    prevalence, auc = map(float, setting.split("/"))

    assert R[f"r2@{setting}"] == pytest.approx(sample_size.cox_snell_from_auc(prevalence, auc), abs=1e-10)


def test_r2_from_auc_equals_a_simulated_model() -> None:
    """300,000 binormal scores at AUC 0.75 and prevalence 0.2 have that AUC, and their likelihood ratio that R2."""
    rng = np.random.default_rng(11)
    y = rng.random(300_000) < 0.2
    distance = 0.953873
    score = rng.normal(distance * y)
    log_odds = np.log(0.25) + distance * score - distance**2 / 2
    ratio = 2 * np.mean(np.where(y, -np.logaddexp(0, -log_odds), -np.logaddexp(0, log_odds)))
    null = 2 * (0.2 * np.log(0.2) + 0.8 * np.log(0.8))

    assert 0.75 == pytest.approx(metrics.auc(y, score), abs=0.005)
    assert 1 - np.exp(null - ratio) == pytest.approx(sample_size.cox_snell_from_auc(0.2, 0.75), rel=0.03)


def test_an_auc_of_a_half_explains_nothing() -> None:
    """R2 is 0 at 0.5 and grows with the AUC."""
    r2 = [sample_size.cox_snell_from_auc(0.1, auc) for auc in (0.5, 0.6, 0.7, 0.8, 0.9, 0.99)]

    assert 0 == pytest.approx(r2[0], abs=1e-12)
    assert (np.diff(r2) > 0).all()


@given(
    prevalence=st.floats(0.02, 0.6), parameters=st.integers(1, 200), auc=st.floats(0.55, 0.9), more=st.integers(1, 50)
)
def test_more_parameters_or_less_signal_need_more_people(
    prevalence: float, parameters: int, auc: float, more: int
) -> None:
    """The requirement never falls with the parameters, and never rises with the AUC."""
    base = required(prevalence, parameters, auc=auc)

    assert required(prevalence, parameters + more, auc=auc) >= base
    assert required(prevalence, parameters, auc=auc + 0.05) <= base


# --- statement -----------------------------------------------------------------------------


def test_too_few_people_are_warned_about_loudly() -> None:
    """150 events among 1,000 people do not carry 22 parameters: the first sentence says WARNING and both numbers."""
    found = sample_size.statement(150, 1000, 2900, 22, 0.75, "both | logistic")

    assert not found.enough
    assert found.few_events
    assert found.sentences[0].startswith("WARNING: too few people for both | logistic: 1,000 with 150 events")
    assert f"{found.minimum_persons:,}" in found.sentences[0]
    assert "if its AUC is 0.75" in found.sentences[0]
    assert 1800 == pytest.approx(found.minimum_persons, rel=0.03)
    assert found.minimum_persons == required(0.15, 22, auc=0.75)


def test_statement_names_the_deciding_criterion() -> None:
    """Shrinkage asks for most at 22 parameters and AUC 0.75, the overall risk at one parameter and AUC 0.9."""
    assert "shrinkage" == sample_size.statement(150, 1000, 1000, 22, 0.75).deciding
    assert "intercept" == sample_size.statement(400, 1000, 1000, 1, 0.9).deciding
    assert detectable.half_width_auc(1000, 0.15, 0.75) == sample_size.statement(150, 1000, 1000, 22, 0.75).half_width


def test_enough_people_are_said_to_be_enough() -> None:
    """827 events among 5,512 people carry 22 parameters, by far."""
    found = sample_size.statement(827, 5512, 5512, 22, 0.75)

    assert found.enough
    assert not found.few_events
    assert found.sentences[0].startswith("Enough people: 5,512")
    assert 2 == len(found.sentences)
    assert 0.020 == round(found.half_width, 3)
    assert 827 / 22 == found.events_per_parameter


def test_each_contender_is_judged_apart() -> None:
    """600 people with 200 events carry 10 parameters and not 60: one is enough, the other is not.

    200 people have two rows and are counted once; of a contender without parameters one is counted.
    """
    client = np.concatenate([np.arange(600), np.arange(200)])
    outcome = (client < 200).astype(int)
    narrow, wide, none = sample_size.statements(outcome, client, {"narrow": 10, "wide": 60, "nobody": 0}, 0.75)

    assert ("narrow", "wide", "nobody") == (narrow.contender, wide.contender, none.contender)
    assert (600, 200, 800) == (narrow.persons, narrow.events, narrow.rows)
    assert (True, False, True) == (narrow.enough, wide.enough, none.enough)
    assert (False, True) == (narrow.few_events, wide.few_events)
    assert 1 == none.parameters


def test_what_is_said_before_a_run_says_each_assumption_once() -> None:
    """Two contenders have two sentences each; the interval, the gain by correlation and the rows come once."""
    client = np.concatenate([np.arange(600), np.arange(200)])
    sizes = sample_size.statements((client < 200).astype(int), client, {"narrow": 10, "wide": 60}, 0.75)
    told = sample_size.before_a_run(sizes)
    table = detectable.smallest_before(600, 1 / 3, 0.75)

    assert 8 == len(told)
    assert ("narrow" in told[0], "wide" in told[2]) == (True, True)
    assert all(f"{difference:.3f}" in told[6] for difference in table["smallest_difference"])
    assert "not known before a run" in told[6]
    assert "800 questionnaires come from 600 people" in told[7]
    assert 7 == len(sample_size.before_a_run(sample_size.statements(outcome_of(600), np.arange(600), {"a": 1, "b": 1})))


def outcome_of(persons: int) -> np.ndarray:
    """Return an outcome that every third person has."""
    return (np.arange(persons) % 3 == 0).astype(int)


@given(
    persons=st.integers(60, 20_000),
    share=st.floats(0.03, 0.5),
    parameters=st.integers(1, 150),
    auc=st.floats(0.6, 0.85),
)
def test_numbers_of_a_statement_agree_with_each_other(persons: int, share: float, parameters: int, auc: float) -> None:
    """There are enough people exactly where they reach the minimum and can carry the parameters asked for.

    Whenever they are enough, the expected shrinkage is 0.9 or better.
    """
    found = sample_size.statement(max(1, int(share * persons)), persons, persons, parameters, auc)

    assert found.enough == (found.minimum_persons <= persons) == (found.affordable_parameters >= parameters)
    if found.enough:
        assert found.expected_shrinkage >= 0.9 - 1e-9
    assert 0 < found.expected_shrinkage < 1


def test_expected_shrinkage_at_the_minimum_is_the_target() -> None:
    """At the 950 people that 10 parameters with R2 0.09 need, the expected calibration slope is 0.9."""
    r2 = sample_size.cox_snell_from_auc(0.3, 0.7)
    people = sample_size.minimum_sample(0.3, 10, r2=r2).set_index("criterion").loc["shrinkage", "persons"]
    found = sample_size.statement(round(0.3 * people), int(people), int(people), 10, 0.7)

    assert 0.9 == pytest.approx(found.expected_shrinkage, abs=0.001)


@pytest.mark.parametrize("counts", [(0, 10, 10), (10, 10, 10), (5, 10, 9), (11, 10, 20)])
def test_contradictory_counts_are_refused(counts: tuple[int, int, int]) -> None:
    """No events, only events, fewer rows than people, and more events than people make no sample."""
    with pytest.raises(metrics.RangeError, match="counts must satisfy"):
        sample_size.statement(*counts, 3, 0.7)


def test_values_out_of_range_are_refused() -> None:
    """Each argument is named in the refusal."""
    with pytest.raises(metrics.RangeError, match="exactly one of auc and r2"):
        sample_size.minimum_sample(0.2, 5)
    with pytest.raises(metrics.RangeError, match="exactly one of auc and r2"):
        sample_size.minimum_sample(0.2, 5, auc=0.7, r2=0.1)
    with pytest.raises(metrics.RangeError, match="parameters"):
        sample_size.minimum_sample(0.2, 0, auc=0.7)
    with pytest.raises(metrics.RangeError, match=r"below its maximum 0\.632"):
        sample_size.minimum_sample(0.2, 5, r2=0.7)
    with pytest.raises(metrics.RangeError, match=r"auc above 0\.5"):
        sample_size.minimum_sample(0.2, 5, auc=0.5)
    with pytest.raises(metrics.RangeError, match="prevalence"):
        sample_size.minimum_sample(1.0, 5, auc=0.7)
    with pytest.raises(metrics.RangeError, match="auc must lie between"):
        sample_size.cox_snell_from_auc(0.2, 0.4)


def test_the_rule_says_for_what_fits_it_is() -> None:
    """Once for all contenders, after what is said of each: it is a rule for fits without a penalty."""
    said = sample_size.before_a_run(
        [sample_size.statement(300, 2000, 2000, number, 0.7, str(number)) for number in (5, 22)]
    )
    assert sum("without a penalty; for contenders with one" in sentence for sentence in said) == 1
    assert "without a penalty; for contenders with one" in said[4]
