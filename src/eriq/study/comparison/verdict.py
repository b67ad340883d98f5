"""The one difference declared before looking: between whom, how large, and what is said about it."""

from collections.abc import Sequence
from dataclasses import dataclass

import pandas as pd

from eriq.config import Experiment, Headline
from eriq.errors import ConfigError, nearest
from eriq.study.design.contender import Contender, contender_key
from eriq.study.evaluation.detectable import smallest_shown
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
    estimators = (headline.estimator, headline.without_estimator or headline.estimator)
    keys = [contender_key(*named) for named in zip((headline.with_, headline.without), estimators, strict=True)]
    if missing := [f"{block} | {estimator}" for block, estimator in keys if (block, estimator) not in by_key]:
        there = [f"{block} | {estimator}" for block, estimator in by_key]
        told = [f"{name}.{nearest(name, there)}" for name in missing]
        raise ConfigError(f"the headline compares contenders that do not take part: {' '.join(told)}".rstrip("."))
    return by_key[keys[0]], by_key[keys[1]]


FIXED = "these fitted models, these folds"  # what an interval covers that does not cover refitting
GAIN, LOSS = "gain shown", "loss shown"
NONE, CANNOT_TELL = "no gain shown: practically none", "no gain shown: cannot tell"


def verdict_of(low: float, high: float, margin: float) -> str:
    """Return one of four verdicts, asked in this order: gain, loss, practically none, cannot tell.

    Parameters
    ----------
    low, high : float
        Limits of the interval of the difference.
    margin : float
        The gain, declared in advance, below which it is practically none.

    Examples
    --------
    >>> [verdict_of(*limits, margin=0.02) for limits in ((0.003, 0.013), (-0.03, -0.01), (-0.01, 0.01), (-0.01, 0.03))]
    ['gain shown', 'loss shown', 'no gain shown: practically none', 'no gain shown: cannot tell']
    """
    if low > 0:
        return GAIN
    if high < 0:
        return LOSS
    return NONE if high < margin else CANNOT_TELL


def size_of(low: float, headline: Headline) -> str:
    """Return how large a shown gain surely is: by its lower limit.

    >>> plan = Headline.model_validate({"with": "all", "without": "register_full"})
    >>> [size_of(low, plan) for low in (0.003, 0.05, 0.2)]
    ['small', 'moderate', 'large']
    """
    if low < headline.small_below:
        return "small"
    return "large" if low >= headline.large_from else "moderate"


@dataclass(frozen=True, slots=True)
class Difference:
    """The declared difference of two AUCs, and what its interval covers."""

    estimate: float
    low: float
    high: float
    se: float  # NaN where the interval comes from percentiles
    covers: str
    covers_refits: bool


def headline_table(experiment: Experiment, found: Difference, few_people: bool = False) -> pd.DataFrame:
    """Return the declared difference with its verdict and a sentence, as one row.

    Parameters
    ----------
    experiment : Experiment
        Headline, margin and level of the intervals.
    found : Difference
    few_people : bool
        Fewer events than the least that the pair needs: the sentence says so itself.
    """
    headline, level = experiment.headline, f"{100 * experiment.intervals.level:g}"
    verdict = verdict_of(found.low, found.high, headline.margin)
    size = size_of(found.low, headline) if verdict == GAIN else ""
    said = f"{verdict}, {size}" if size else verdict
    first = "Few people: provisional. " if few_people else ""
    other = headline.without_estimator or headline.estimator
    method, against = ESTIMATORS[headline.estimator].words, ESTIMATORS[other].words
    own, both = (f" ({method})", against) if other != headline.estimator else ("", method)
    sentence = (
        f"{first}{said[0].upper()}{said[1:]}. The AUC of {block_in_sentence(headline.with_)}{own} less that of "
        f"{block_in_sentence(headline.without)} ({both}, same people) is "
        f"{found.estimate:+.3f}, {level} % interval {found.low:+.3f} to {found.high:+.3f} ({found.covers})."
    )
    if verdict == NONE:
        sentence += f" A gain below {headline.margin:g} was declared to be practically none."
    if verdict == CANNOT_TELL:
        sentence += f" A gain of {headline.margin:g} or more can be neither shown nor excluded with these people."
    return pd.DataFrame(
        {
            "with": [headline.with_],
            "without": headline.without,
            "estimator": headline.estimator,
            "without_estimator": other,
            "measure": "auc",
            "estimate": found.estimate,
            "low": found.low,
            "high": found.high,
            "se": found.se,
            "smallest_detectable": smallest_shown(found.se),
            "margin": headline.margin,
            "covers": found.covers,
            "covers_refits": found.covers_refits,
            "verdict": verdict,
            "size": size,
            "sentence": sentence,
        }
    )
