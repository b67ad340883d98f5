"""The one difference declared before looking: between whom, how large, and what is said about it."""

from collections.abc import Sequence

import pandas as pd

from eriq.config import Experiment, Headline
from eriq.errors import ConfigError
from eriq.study.design.contender import Contender
from eriq.study.evaluation.detectable import error_of_interval, smallest_shown
from eriq.study.learning.estimators import ESTIMATORS
from eriq.study.words import block_in_sentence


def headline_pair(headline: Headline, contenders: Sequence[Contender]) -> tuple[Contender, Contender]:
    """Return the two contenders of the difference declared in advance: with and without.

    Raises
    ------
    ConfigError
        When one of them does not take part.
    """
    by_key = {(c.block, c.estimator): c for c in contenders}
    keys = [(headline.with_, headline.estimator), (headline.without, headline.estimator)]
    if missing := [f"{block} | {estimator}" for block, estimator in keys if (block, estimator) not in by_key]:
        raise ConfigError(f"the headline compares contenders that do not take part: {', '.join(missing)}")
    return by_key[keys[0]], by_key[keys[1]]


def verdict_of(estimate: float, low: float, high: float, headline: Headline) -> str:
    """Return the verdict in words; a gain is shown only if its whole interval lies above 0.

    >>> plan = Headline.model_validate({"with": "all", "without": "register_full"})
    >>> verdict_of(0.01, -0.002, 0.02, plan), verdict_of(0.008, 0.003, 0.013, plan)
    ('no gain shown', 'small gain')
    """
    if high < 0:
        return "loss shown"
    if low <= 0:
        return "no gain shown"
    if estimate < headline.small_below:
        return "small gain"
    return "large gain" if estimate >= headline.large_from else "moderate gain"


def headline_table(experiment: Experiment, differences: pd.DataFrame, with_: str) -> pd.DataFrame:
    """Return the declared difference with its verdict and a sentence, as one row.

    Parameters
    ----------
    experiment : Experiment
        Headline and level of the intervals.
    differences : DataFrame
        Paired differences from the contender without.
    with_ : str
        Name of the contender with.
    """
    headline, level = experiment.headline, f"{100 * experiment.intervals.level:g}"
    row = differences[(differences["contender"] == with_) & (differences["measure"] == "auc")].iloc[0]
    estimate, low, high = (float(row[end]) for end in ("estimate", "low", "high"))
    smallest = smallest_shown(error_of_interval(low, high, experiment.intervals.level))
    verdict = verdict_of(estimate, low, high, headline)
    sentence = (
        f"{verdict[0].upper() + verdict[1:]}: the AUC of {block_in_sentence(headline.with_)} less that of "
        f"{block_in_sentence(headline.without)} ({ESTIMATORS[headline.estimator].words}, same people) is "
        f"{estimate:+.3f}, {level} % interval {low:+.3f} to {high:+.3f}."
    )
    if verdict == "no gain shown":
        sentence += f" The smallest difference these people could have shown is {smallest:.3f}."
    return pd.DataFrame(
        {
            "with": [headline.with_],
            "without": headline.without,
            "estimator": headline.estimator,
            "measure": "auc",
            "estimate": estimate,
            "low": low,
            "high": high,
            "smallest_detectable": smallest,
            "verdict": verdict,
            "sentence": sentence,
        }
    )
