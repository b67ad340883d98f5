"""Four verdicts, in their order."""

import pytest

from eriq.config import Experiment, load_experiment
from eriq.study.comparison.verdict import Difference, headline_table, size_of, verdict_of


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
    assert row["smallest_detectable"] == pytest.approx(0.028)


def test_no_gain_says_whether_one_is_excluded() -> None:
    """Below the margin it was declared to be practically none; else it can be neither shown nor excluded."""
    none = headline_table(quick(), difference(-0.01, 0.01)).iloc[0]["sentence"]
    cannot = headline_table(quick(), difference(-0.1, 0.1)).iloc[0]["sentence"]

    assert "below 0.02 was declared to be practically none" in none
    assert "0.02 or more can be neither shown nor excluded" in cannot


def test_few_people_are_said_first() -> None:
    """With fewer events than the pair needs the sentence itself begins with it."""
    sentence = headline_table(quick(), difference(0.01, 0.4), few_people=True).iloc[0]["sentence"]

    assert sentence.startswith("Few people, provisional: gain shown, small.")
