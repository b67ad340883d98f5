"""The declared difference: four verdicts, in their order."""

from dataclasses import replace

import pytest

from eriq.config import Experiment, Headline, load_experiment
from eriq.errors import ConfigError
from eriq.study.comparison.compare import compare
from eriq.study.comparison.verdict import Difference, headline_pair, headline_table, size_of, verdict_of
from tests.study.comparison.conftest import some_of


@pytest.mark.parametrize(
    ("low", "high", "verdict"),
    [
        (1e-9, 0.3, "gain shown"),
        (0.001, 0.01, "gain shown"),  # below the margin, and shown all the same
        (-0.3, -1e-9, "loss shown"),
        (0.0, 0.0199, "no gain shown: practically none"),
        (-0.2, 0.0199, "no gain shown: practically none"),
        (0.0, 0.02, "no gain shown: cannot tell"),
        (-0.2, 0.3, "no gain shown: cannot tell"),
    ],
)
def test_limits_decide_in_a_fixed_order(low: float, high: float, verdict: str) -> None:
    """Lower limit above 0, upper limit below 0, upper limit below the margin of 0.02, else nobody can tell."""
    assert verdict_of(low, high, 0.02) == verdict


@pytest.mark.parametrize(("low", "size"), [(0.029, "small"), (0.03, "moderate"), (0.0999, "moderate"), (0.1, "large")])
def test_a_gain_is_as_large_as_its_lower_limit(low: float, size: str) -> None:
    """From 0.03 on it is moderate and from 0.1 on large, whatever the estimate."""
    assert size_of(low, quick().headline) == size


def quick() -> Experiment:
    """Return the shipped small config."""
    return load_experiment("quick")


def difference(low: float, high: float) -> Difference:
    """Make a difference in the middle of its limits."""
    return Difference((low + high) / 2, low, high, 0.01, "over clients and refits", covers_refits=True)


def test_the_sentence_says_verdict_numbers_and_what_the_interval_covers() -> None:
    """A large estimate with a small lower limit is a small gain; nothing else is said of its size."""
    row = headline_table(quick(), difference(0.01, 0.4)).iloc[0]

    assert (row["verdict"], row["size"]) == ("gain shown", "small")
    assert row["sentence"] == (
        "Gain shown, small. The AUC of questionnaire less that of register full (ridge logistic, same people) is "
        "+0.205, 95 % interval +0.010 to +0.400 (over clients and refits)."
    )
    assert row["smallest_detectable"] == pytest.approx(0.028, abs=1e-4)


def test_no_gain_says_whether_one_is_excluded() -> None:
    """Below the margin it was declared to be practically none; else it can be neither shown nor excluded."""
    none = headline_table(quick(), difference(-0.01, 0.01)).iloc[0]["sentence"]
    cannot = headline_table(quick(), difference(-0.1, 0.1)).iloc[0]["sentence"]

    assert "below 0.02 was declared to be practically none" in none
    assert "0.02 or more can be neither shown nor excluded" in cannot


def test_few_people_are_said_first() -> None:
    """With fewer events than the pair needs the sentence itself begins with it."""
    sentence = headline_table(quick(), difference(0.01, 0.4), few_people=True).iloc[0]["sentence"]

    assert sentence.startswith("Few people: provisional. Gain shown, small.")


def test_a_headline_of_two_estimators_names_both() -> None:
    """Each side is said with its own method, and the table holds both."""
    plan = Headline.model_validate({"with": "questionnaire", "without": "none", "without_estimator": "lightgbm"})
    row = headline_table(quick().model_copy(update={"headline": plan}), difference(0.01, 0.4)).iloc[0]

    assert "questionnaire (ridge logistic) less that of none (boosted trees, same people)" in row["sentence"]
    assert (row["estimator"], row["without_estimator"]) == ("logistic", "lightgbm")


def test_a_headline_against_nothing_is_against_the_prevalence(study):
    """Block `none` is everyone's overall rate, whatever the estimator."""
    plan = Headline.model_validate({"with": "client", "without": "none"})
    assert [c.name for c in headline_pair(plan, study.contenders)] == ["client | logistic", "prevalence"]


def test_a_headline_needs_both_contenders(study):
    """A declared contender that does not take part is named in a ConfigError."""
    plan = Headline.model_validate({"with": "client", "without": "register_full", "estimator": "lightgbm"})
    with pytest.raises(
        ConfigError, match=r"client \| lightgbm\. Did you mean 'client \| logistic'\? register_full \| lightgbm\."
    ):
        headline_pair(plan, study.contenders)
    good = Headline.model_validate({"with": "client", "without": "register_full"})
    pair = headline_pair(good, study.contenders)
    assert [c.name for c in pair] == ["client | logistic", "register_full | logistic"]


def test_without_refits_the_headline_is_the_difference_in_its_table(found):
    """Sentence and table say the same, with the level that was asked for, and that refitting is not covered."""
    row = found.tables["headline"].iloc[0]
    table = found.tables["differences"]
    same = table[(table["measure"] == "auc") & (table["contender"] == "questionnaire | logistic")].iloc[0]
    assert [row[k] for k in ("estimate", "low", "high")] == [same[k] for k in ("estimate", "low", "high")]
    assert same["baseline"] == found.baseline == "register_full | logistic"
    numbers = f"is {row['estimate']:+.3f}, 90 % interval {row['low']:+.3f} to {row['high']:+.3f} "
    assert f"{numbers}(these fitted models, these folds)." in row["sentence"]
    assert row["sentence"].lower().startswith(row["verdict"])
    assert not row["covers_refits"]


def test_equal_forecasts_show_practically_no_gain(study, experiment, held):
    """The interval of a difference that is always 0 lies below any margin."""
    plan = experiment.model_copy(update={"headline": Headline.model_validate({"with": "client"})})
    few = [c for c in study.contenders if c.block in ("client", "register_full")]
    pair = some_of(held, *few)
    row = compare(replace(pair, log_odds=pair.log_odds[:, [0, 0]]), plan).tables["headline"].iloc[0]
    assert (row["estimate"], row["low"], row["high"]) == (0, 0, 0)
    assert row["verdict"] == "no gain shown: practically none"
