"""Gates one by one, on numbers made by hand."""

from pathlib import Path

import numpy as np
import pytest

from eriq.config import Gates, load_gates
from eriq.errors import ConfigError
from eriq.model.calibrator import expit
from eriq.model.manifest import Manifest, Measured
from eriq.registry.gates import Pair, calibrated, fair, groups_alike, not_worse
from eriq.study.evaluation.bootstrap import bootstrap
from eriq.study.evaluation.intervals import differences

ROOT = Path(__file__).parents[2]


def test_the_shipped_gates_are_the_built_in_ones() -> None:
    """A file that says the same as no file."""
    assert load_gates(ROOT / "configs" / "promotion.yaml") == load_gates() == Gates()


@pytest.mark.parametrize(
    ("content", "words"),
    [
        ("calibration_slop: [0.8, 1.2]", "calibration_slop: not a known key. Did you mean 'calibration_slope'?"),
        ("calibration_slope: [1.2, 0.8]", "must be a range around 1"),
        ("not_worse: {log_loss: -0.1}", "not_worse.log_loss must not be negative"),
        ("not_worse: {accuracy: 0.1}", "not_worse.accuracy"),
    ],
)
def test_a_mistake_in_the_gates_is_named(tmp_path: Path, content: str, words: str) -> None:
    """A misspelt key, a range that leaves 1 out, a negative margin, a measure that is none."""
    file = tmp_path / "gates.yaml"
    file.write_text(f"version: 1\n{content}\n")
    with pytest.raises(ConfigError) as caught:
        load_gates(file)
    assert words in str(caught.value)


@pytest.mark.parametrize(
    ("low", "high", "passed"), [(0.75, 1.33, True), (0.74, 1.1, False), (0.9, 1.34, False), (None, None, False)]
)
def test_the_whole_interval_of_the_slope_must_lie_within(low: float | None, high: float | None, passed: bool) -> None:
    """Within 0.75 to 1.33, ends included; a training without interval does not pass."""
    manifest = Manifest(measures={"calibration_slope": Measured(estimate=1.0, low=low, high=high)})
    assert calibrated(manifest, Gates()).passed == passed
    assert calibrated(manifest, Gates(calibration_slope=None)).passed


def test_gaps_between_groups_count_only_where_the_gates_say_so() -> None:
    """No verdicts are "not assessed", which passes or fails; a gap that is shown is named, and fails where required."""
    required, none, shown = Gates(fairness="required"), "no gap shown", "gap shown"
    assert fair(Manifest(), Gates()).words.startswith("not assessed")
    assert fair(Manifest(), Gates()).passed
    assert not fair(Manifest(), required).passed
    assert fair(Manifest(), required).words.startswith("not assessed")
    assert fair(Manifest(fairness={"sex = female: auc": none}), required).passed
    found = Manifest(fairness={"sex = female: auc": none, "origin = europe: auc": shown})
    assert not fair(found, required).passed
    assert fair(found, Gates()).passed
    assert "1 of 2 verdicts are 'gap shown': origin = europe: auc" in fair(found, Gates()).words


FOUND = {
    "sex = female: auc": "no gap shown",
    "sex = female: net_benefit": "insufficient evidence",
    "sex x origin = female, native: auc": "gap shown",
    "origin = europe: auc": "not assessable",
    "age = 30 to 44: auc": "gap shown",
}


@pytest.mark.parametrize(
    ("plan", "passed"),
    [
        ({"require": ["sex"]}, [False]),
        ({"require": ["sex"], "measures": ["auc"]}, [True]),
        ({"require": ["sex"], "accept": ["insufficient evidence"]}, [True]),
        ({"require": ["sex", "origin"], "accept": ["insufficient evidence"]}, [True, False]),
        ({"require": ["origin"], "accept": ["not assessable"]}, [True]),
        ({"require": ["age"], "accept": ["not assessable", "insufficient evidence"]}, [False]),
        ({"require": ["language"], "accept": ["not assessable", "insufficient evidence"]}, [False]),
        ({"require": ["sex"], "measures": ["false_negative_rate"]}, [False]),
        ({}, []),
    ],
)
def test_a_required_column_passes_only_by_verdicts_that_are_accepted(
    plan: dict[str, object], passed: list[bool]
) -> None:
    """Few people are not enough unless accepted by name, a shown gap never is, and what nobody looked at fails."""
    gates = Gates.model_validate({"groups": plan})
    assert [verdict.passed for verdict in groups_alike(Manifest(fairness=FOUND), gates)] == passed


def test_a_column_that_nobody_looked_at_is_not_assessed() -> None:
    """The words say so, for the column and for a model without any verdict."""
    gates = Gates.model_validate({"groups": {"require": ["language"]}})
    for manifest in (Manifest(), Manifest(fairness=FOUND)):
        (verdict,) = groups_alike(manifest, gates)
        assert verdict.words.startswith("not assessed")


def constant_loss(worse: float) -> Pair:
    """Make 40 clients with 20 outcomes; the new model's log loss is ln 2 + `worse` in every single row."""
    outcome = np.tile([0, 1], 20)
    given = 0.5 * np.exp(-worse)  # probability of what happened
    log_odds = np.where(outcome == 1, 1, -1) * np.log(given / (1 - given))
    return Pair(np.arange(40), outcome, np.zeros(40), log_odds, "by hand")


def test_a_difference_within_the_margin_passes_and_one_beyond_fails() -> None:
    """Every row is worse by 0.01, so estimate and interval are 0.01: accepted at 0.02, not at 0.005."""
    (verdict,) = not_worse(constant_loss(0.01), Gates(not_worse={"log_loss": 0.02}, replicates=100))
    assert verdict.passed
    assert "+0.0100, 95 % interval +0.0100 to +0.0100" in verdict.words
    (verdict,) = not_worse(constant_loss(0.01), Gates(not_worse={"log_loss": 0.005}, replicates=100))
    assert not verdict.passed


def test_few_people_do_not_pass_for_equality() -> None:
    """Ten clients, five better by 0.2 and five worse by 0.2: no difference on average, and no proof of it."""
    sign = np.repeat([1, -1], 20)
    better, worse = constant_loss(-0.2), constant_loss(0.2)
    log_odds = np.where(sign > 0, better.new, worse.new)
    pair = Pair(np.repeat(np.arange(10), 4), better.outcome, better.present, log_odds, "by hand")
    (verdict,) = not_worse(pair, Gates(replicates=200))
    assert "new less present +0.0000" in verdict.words.replace("-0.0000", "+0.0000")
    assert not verdict.passed


def test_for_auc_lower_is_worse() -> None:
    """The present model ranks perfectly (AUC 1), the new one not at all (0.5); then the other way round."""
    outcome = np.tile([0, 1], 20)
    perfect = np.where(outcome == 1, 1.0, -1.0)
    rules = Gates(not_worse={"auc": 0.1}, replicates=100)
    assert not not_worse(Pair(np.arange(40), outcome, perfect, np.zeros(40), ""), rules)[0].passed
    assert not_worse(Pair(np.arange(40), outcome, np.zeros(40), perfect, ""), rules)[0].passed


@pytest.mark.parametrize("measure", ["log_loss", "brier", "auc"])
def test_the_margin_is_kept_to_a_millionth(measure: str) -> None:
    """The bound of the interval fails a margin that is a millionth smaller, and passes one a millionth larger."""
    outcome, rng = np.tile([0, 1], 20), np.random.default_rng(1)
    present, new = outcome + rng.normal(size=40), rng.normal(size=40)
    pair = Pair(np.repeat(np.arange(20), 2), outcome, present, new, "by hand")
    made = bootstrap(outcome, expit(np.column_stack([new, present])), pair.client, replicates=100, seed=1)
    row = differences(made, ["new", "present"], "present", 0.95).set_index("measure").loc[measure]
    bound = -row["low"] if measure == "auc" else row["high"]
    rules = [Gates(not_worse={measure: bound + more}, replicates=100, seed=1) for more in (-1e-6, 1e-6)]
    assert [not_worse(pair, gates)[0].passed for gates in rules] == [False, True]
