"""The declared difference: honest verdicts."""

from dataclasses import replace

import pytest

from eriq.config import Headline
from eriq.errors import ConfigError
from eriq.study.comparison.compare import compare
from eriq.study.comparison.verdict import headline_pair, verdict_of
from tests.study.comparison.conftest import some_of


@pytest.mark.parametrize(
    ("estimate", "low", "high", "verdict"),
    [
        (0.02, 0.0, 0.04, "no gain shown"),
        (0.02, -0.01, 0.05, "no gain shown"),
        (0.029, 0.001, 0.05, "small gain"),
        (0.03, 0.001, 0.05, "moderate gain"),
        (0.099, 0.05, 0.15, "moderate gain"),
        (0.10, 0.05, 0.15, "large gain"),
        (-0.02, -0.04, -0.001, "loss shown"),
        (-0.02, -0.04, 0.0, "no gain shown"),
    ],
)
def test_verdicts_need_the_whole_interval(estimate, low, high, verdict):
    """A gain needs an interval above 0, a loss one below; limits of size are 0.03 and 0.10."""
    plan = Headline.model_validate({"with": "all", "without": "register_full"})
    assert verdict_of(estimate, low, high, plan) == verdict


def test_a_headline_needs_both_contenders(study):
    """A declared contender that does not take part is named in a ConfigError."""
    plan = Headline.model_validate({"with": "client", "without": "register_full", "estimator": "lightgbm"})
    with pytest.raises(ConfigError, match=r"client \| lightgbm, register_full \| lightgbm"):
        headline_pair(plan, study.contenders)
    good = Headline.model_validate({"with": "client", "without": "register_full"})
    pair = headline_pair(good, study.contenders)
    assert [c.name for c in pair] == ["client | logistic", "register_full | logistic"]


def test_the_headline_is_the_difference_in_its_table(found):
    """The sentence, its numbers and the table of differences say the same, with the level that was asked for."""
    row = found.tables["headline"].iloc[0]
    table = found.tables["differences"]
    same = table[(table["measure"] == "auc") & (table["contender"] == "questionnaire | logistic")].iloc[0]
    assert [row[k] for k in ("estimate", "low", "high")] == [same[k] for k in ("estimate", "low", "high")]
    assert same["baseline"] == found.baseline == "register_full | logistic"
    assert f"is {row['estimate']:+.3f}, 90 % interval {row['low']:+.3f} to {row['high']:+.3f}." in row["sentence"]
    assert row["sentence"].lower().startswith(row["verdict"])


def test_no_gain_comes_with_what_could_have_been_shown(study, experiment, held):
    """Equal forecasts of two blocks show no gain, and the sentence gives the smallest detectable difference."""
    plan = experiment.model_copy(update={"headline": Headline.model_validate({"with": "client"})})
    few = [c for c in study.contenders if c.block in ("client", "register_full")]
    pair = some_of(held, *few)
    sentence = compare(replace(pair, log_odds=pair.log_odds[:, [0, 0]]), plan).tables["headline"].iloc[0]
    assert sentence["estimate"] == 0
    assert sentence["verdict"] == "no gain shown"
    assert f"could have shown is {sentence['smallest_detectable']:.3f}" in sentence["sentence"]
    assert 0 < sentence["smallest_detectable"] < 0.5
