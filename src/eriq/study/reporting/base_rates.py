"""Published job rates of services and groups, from `base_rates.yaml`, as context beside an outcome."""

from functools import cache
from pathlib import Path

from pydantic import Field

from eriq.config import Section, load_yaml


class BaseRate(Section):
    """A job rate as somebody published it."""

    service: str
    low: float = Field(gt=0, lt=1)
    high: float = Field(gt=0, lt=1)
    within: str  # horizon or year, as the source states it
    source: str
    about: bool = False  # given as a round figure

    @property
    def words(self) -> str:
        """The rate as a line of a list.

        >>> BaseRate(service="SIUS", low=0.17, high=0.21, within="2019 and 2022", source="A 2023").words
        'SIUS: 17 to 21 % (2019 and 2022; A 2023)'
        """
        ends = [f"{100 * end:.3g}" for end in dict.fromkeys((self.low, self.high))]
        return f"{self.service}: {'about ' * self.about}{' to '.join(ends)} % ({self.within}; {self.source})"


class BaseRates(Section):
    """All of them, with what holds for each."""

    note: str
    rates: tuple[BaseRate, ...]


@cache
def base_rates() -> BaseRates:
    """Return the published job rates.

    >>> base_rates().rates[0].low
    0.06
    """
    return BaseRates.model_validate(load_yaml(Path(__file__).with_name("base_rates.yaml")))


def context_lines(prevalence: float, outcome_words: str) -> tuple[str, ...]:
    """Return how often the outcome happened here, what is published elsewhere from low to high, and the caution.

    Parameters
    ----------
    prevalence : float
        Share of rows with the outcome, in [0, 1].
    outcome_words : str
        The outcome in one phrase.

    Examples
    --------
    >>> context_lines(0.125, "job entry within 12 months")[0]
    'Here: 12.5 % with job entry within 12 months.'
    """
    found = base_rates()
    ordered = sorted(found.rates, key=lambda rate: (rate.low, rate.high))
    return (
        f"Here: {100 * prevalence:.1f} % with {outcome_words}.",
        *(f"{rate.words[0].upper()}{rate.words[1:]}." for rate in ordered),
        found.note,
    )
