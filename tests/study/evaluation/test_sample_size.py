"""Sample size by Riley's criteria, and the smallest difference that can be shown."""

from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from eriq.study.evaluation import delong, metrics, sample_size

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


@pytest.mark.parametrize(
    ("persons", "prevalence", "half", "difference"),
    [(1000, 0.15, 0.047, 0.060), (5512, 0.15, 0.020, 0.026), (5512, 0.06, 0.031, 0.040)],
)
def test_half_widths_and_smallest_differences(persons: int, prevalence: float, half: float, difference: float) -> None:
    """The published settings at AUC 0.75: half-widths 0.047, 0.020, 0.031 and differences 0.060, 0.026, 0.040."""
    assert half == round(sample_size.half_width_auc(persons, prevalence, 0.75), 3)
    assert difference == round(sample_size.smallest_difference(persons, prevalence, 0.75), 3)


def test_questionnaires_counted_as_people_would_promise_too_much() -> None:
    """15,818 correlated questionnaires at 15 % would claim a difference of 0.015, where 5,512 people show 0.026."""
    assert 0.015 == round(sample_size.smallest_difference(15_818, 0.15, 0.75), 3)


def test_smallest_difference_by_hand() -> None:
    """It is (1.95996 + 0.84162) * sqrt(2 * 0.4) standard errors, and the half-width is 1.95996 of them."""
    ratio = sample_size.smallest_difference(900, 0.2, 0.7) / sample_size.half_width_auc(900, 0.2, 0.7)

    assert (1.959964 + 0.841621) * np.sqrt(0.8) / 1.959964 == pytest.approx(ratio, abs=1e-5)


def test_hanley_mcneil_is_close_to_delong() -> None:
    """For binormal scores of 2,000 people the half-width agrees with DeLong's within 10 %."""
    y = np.repeat([0, 1], [1600, 400])
    interval = delong.delong_interval(y, np.random.default_rng(3).normal(y * 0.954))
    half = (interval.high - interval.low) / 2

    assert half == pytest.approx(sample_size.half_width_auc(2000, 0.2, interval.estimate), rel=0.1)


def test_the_smallest_difference_is_found_as_often_as_promised() -> None:
    """DeLong's test finds a planted difference about as often as the formula says for a difference of that size.

    In 400 samples of 500 people the power is known to 2 points; at the power and the correlation of the AUCs that
    the samples show, the formula gives the planted difference within 15 %.
    """
    rng = np.random.default_rng(12)
    y = np.repeat([0, 1], [350, 150])
    draws = []
    for _ in range(400):
        shared, own_a, own_b = rng.normal(size=(3, len(y)))
        a = 0.88 * y + 0.8 * shared + 0.6 * own_a
        b = 0.62 * y + 0.8 * shared + 0.6 * own_b
        area, covariance = delong.delong(y, np.column_stack([a, b]))
        correlation = covariance[0, 1] / np.sqrt(covariance[0, 0] * covariance[1, 1])
        draws.append([*area, correlation, metrics.delong_difference(y, a, b).p < 0.05])
    auc_a, auc_b, correlation, power = np.mean(draws, axis=0)
    smallest = sample_size.smallest_difference(500, 0.3, (auc_a + auc_b) / 2, correlation=correlation, power=power)

    assert 0.6 < power < 0.95
    assert auc_a - auc_b == pytest.approx(smallest, rel=0.15)


# --- statement -----------------------------------------------------------------------------


def test_too_few_people_are_warned_about_loudly() -> None:
    """150 events among 1,000 people do not carry 22 parameters: the first sentence says WARNING and both numbers."""
    found = sample_size.statement(150, 1000, 2900, 22, 0.75)

    assert not found.enough
    assert found.sentences[0].startswith("WARNING: too few people: 1,000 with 150 events")
    assert f"{found.minimum_persons:,}" in found.sentences[0]
    assert 1800 == pytest.approx(found.minimum_persons, rel=0.03)
    assert found.minimum_persons == required(0.15, 22, auc=0.75)
    assert "2,900 questionnaires come from 1,000 people" in found.sentences[-1]


def test_statement_names_the_deciding_criterion_and_uses_its_arguments() -> None:
    """Shrinkage asks for most at 22 parameters and AUC 0.75, the overall risk at one parameter and AUC 0.9.

    Level, power and correlation reach the numbers that depend on them.
    """
    assert "shrinkage" == sample_size.statement(150, 1000, 1000, 22, 0.75).deciding
    assert "intercept" == sample_size.statement(400, 1000, 1000, 1, 0.9).deciding

    options = {"correlation": 0.3, "power": 0.9, "level": 0.8}
    found = sample_size.statement(150, 1000, 1000, 22, 0.75, sample_size.PlannedTest(**options))
    assert sample_size.half_width_auc(1000, 0.15, 0.75, 0.8) == found.half_width
    assert sample_size.smallest_difference(1000, 0.15, 0.75, **options) == found.smallest_difference
    assert "80% interval" in found.sentences[2]
    assert "10% of the time" in found.sentences[3]


def test_enough_people_are_said_to_be_enough() -> None:
    """827 events among 5,512 people carry 22 parameters, by far; one row per person needs no remark on rows."""
    found = sample_size.statement(827, 5512, 5512, 22, 0.75)

    assert found.enough
    assert found.sentences[0].startswith("Enough people")
    assert 4 == len(found.sentences)
    assert (0.020, 0.026) == (round(found.half_width, 3), round(found.smallest_difference, 3))
    assert 827 / 22 == found.events_per_parameter


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
    with pytest.raises(metrics.RangeError, match="less than one person"):
        sample_size.half_width_auc(10, 0.05, 0.7)
    with pytest.raises(metrics.RangeError, match="correlation"):
        sample_size.smallest_difference(100, 0.2, 0.7, correlation=1)
    with pytest.raises(metrics.RangeError, match="power"):
        sample_size.smallest_difference(100, 0.2, 0.7, power=1)


def test_the_sample_size_is_counted_in_people():
    """Three waves of one client are one person and at most one event."""
    size = sample_size.sample_statement(np.array([1, 1, 0, 0, 0, 0]), np.array([0, 0, 0, 1, 2, 3]), parameters=1)
    assert (size.persons, size.events, size.rows) == (4, 1, 6)
