"""Every number the made-up cohort rests on, read from a file that names its sources."""

import datetime as dt
from pathlib import Path
from typing import Any, Literal, Self

from pydantic import Field, model_validator

from eriq.config import Section, checked, load_yaml, migrated, shipped
from eriq.errors import nearest
from eriq.instrument.fits import Respondent
from eriq.instrument.instrument import Instrument

Share = Field(ge=0, le=1)
TRAITS = (
    "attachment",
    "age",
    "education",
    "vocational",
    "children",
    "psychiatric",
    "musculoskeletal",
    "convicted",
)


class Design(Section):
    """Who is asked, by whom, when, and how long registers follow them."""

    job_centres: int = Field(ge=1)
    caseworkers: int = Field(ge=1, description="All centres together, as equal as can be.")
    responses_per_client: float = Field(ge=1, le=6)
    weeks_between_waves: int = Field(ge=4, le=26)
    first_intake: dt.date
    last_intake: dt.date
    last_wave: dt.date
    followed_until: dt.date
    lost_share: float = Field(ge=0, lt=1, description="Clients whose follow-up breaks off early.")
    change_per_wave: float = Share
    waves_after_entry: float = Field(ge=0, le=1, description="Clients who go on answering after a job entry.")

    @model_validator(mode="after")
    def _in_order(self) -> Self:
        days = [self.first_intake, self.last_intake, self.last_wave, self.followed_until]
        if days != sorted(days):
            raise ValueError("first_intake, last_intake, last_wave and followed_until must come in this order")
        if self.caseworkers < self.job_centres:
            raise ValueError("there must be a caseworker in every job centre")
        return self


class Population(Section):
    """Fixed register facts at intake."""

    age: tuple[float, float] = Field(description="Youngest and oldest at intake, evenly spread.")
    women: float = Share
    origin: tuple[float, float, float] = Field(description="Shares native, europe, outside_europe.")
    couples: float = Share
    mean_children: float = Field(ge=0, le=4)
    education: tuple[float, float, float] = Field(description="Shares below, upper secondary, higher.")
    vocational: float = Share
    psychiatric: float = Share
    musculoskeletal: float = Share
    convicted_men: float = Share
    convicted_women: float = Share
    disability_code: float = Share
    gp_contacts_per_year: float = Field(ge=0, le=50)


class Careers(Section):
    """Spells before intake and what interrupts benefits after it, as rates per week or mean weeks."""

    history_weeks: int = Field(ge=52)
    work_or_education: float = Field(gt=0, lt=0.5, description="Share of the weeks before intake.")
    attachment: float = Field(ge=0, description="Log rate of work and education per sd of attachment.")
    mean_weeks_in_work: float = Field(ge=8)
    mean_weeks_in_education: float = Field(ge=8)
    education_of_entries: float = Share
    subsidised: float = Field(ge=0, le=1, description="Share of paid jobs that are subsidised.")
    sheltered_per_year: float = Field(ge=0, le=0.2)
    education_per_year: float = Field(ge=0, le=0.5)
    short_jobs: float = Field(ge=0, le=1, description="Jobs of under four weeks, per job entry.")


class Hazard(Section):
    """What makes a job entry more or less likely: log hazard ratios per standard deviation."""

    base_rate: float = Field(gt=0, lt=1, description="Mean 12-month probability at the first wave.")
    register_traits: dict[str, float] = Field(description="Composition of the register score; scaled to sd 1.")
    register_score: float = Field(description="Direct effect of the register score.")
    overlap: float = Field(ge=0, lt=1, description="Correlation of register score and general readiness.")
    signal: float = Field(ge=0, description="Multiplies every effect that only a questionnaire can show.")
    domains: dict[str, float] = Field(min_length=1, description="Effect of each domain of readiness.")
    belief: tuple[float, ...] = Field(description="Effect of each level of the caseworker's belief, held or said.")
    acting: float = Field(
        1.0,
        ge=0,
        le=1,
        description="Share of the effect of belief that is belief itself; the rest: what is known, less optimism.",
    )
    caseworker_sd: float = Field(ge=0, description="Spread of caseworker effectiveness apart from optimism.")
    change: float = Field(gt=0, description="Hazard ratio once the caseworker has changed.")
    drift: float = Field(ge=0, description="Rotation of the effects, in radians per year after the first intake.")


class Readiness(Section):
    """How the domains of readiness hang together and move."""

    general_share: float = Field(ge=0, le=1, description="Variance of a domain that all domains share.")
    persistence: float = Field(ge=0, le=1, description="Correlation of general readiness with the next wave.")


class HalfModel(Section):
    """How one respondent answers."""

    loading: float = Field(ge=0, lt=1, description="Correlation of an answer with its domain.")
    rater: float = Field(ge=0, lt=1, description="Loading on optimism (caseworker) or response style (client).")
    missing_half: float = Share
    missing_item: float = Share
    missing_when_less_ready: float = Field(ge=0, description="Log odds of no answer per sd less readiness.")


class BeliefModel(Section):
    """How a caseworker comes to a belief: weights on standardised parts.

    The impression is what one caseworker makes of one client beyond what the other items show; it
    lasts until the caseworker changes, and is then handed over in part.
    """

    readiness: float = Field(ge=0, description="Weight of the domains, weighted as in the hazard.")
    optimism: float = Field(ge=0, description="Owes nothing to the client.")
    impression: float = Field(gt=0)
    handover: float = Field(ge=0, le=1, description="Correlation of a caseworker's impression with the one before.")
    shares: tuple[float, ...] = Field(description="Shares of the answers from least to most ready.")


class Simulation(Section):
    """A made-up cohort: structure, population, careers, outcome and answers."""

    version: Literal[1]
    name: str = Field(pattern=r"^[a-z0-9][a-z0-9-]*$")
    words: str = Field(min_length=1, description="What the preset is tuned to, in one phrase.")
    design: Design
    population: Population
    careers: Careers
    hazard: Hazard
    readiness: Readiness
    answers: dict[Respondent, HalfModel]
    belief: BeliefModel
    level_shares: tuple[float, ...] = Field(description="Shares of five-level items, from least to most ready.")
    difficulty: float = Field(ge=0, le=2, description="The hardest item of a domain is this many sd above its middle.")
    items: dict[str, str] = Field(description="item -> domain; an item that is not named takes the first domain")

    @model_validator(mode="after")
    def _consistent(self) -> Self:
        problems = [
            f"items.{item}: domain '{domain}' is not in hazard.domains.{nearest(domain, self.hazard.domains)}"
            for item, domain in self.items.items()
            if domain not in self.hazard.domains
        ]
        problems += [
            f"hazard.register_traits: '{trait}' is not a trait.{nearest(trait, TRAITS)}"
            for trait in self.hazard.register_traits
            if trait not in TRAITS
        ]
        shares = {
            "population.origin": self.population.origin,
            "population.education": self.population.education,
            "belief.shares": self.belief.shares,
            "level_shares": self.level_shares,
        }
        problems += [f"{name}: shares must add to 1" for name, given in shares.items() if abs(sum(given) - 1) > 1e-9]
        if len(self.hazard.belief) != len(self.belief.shares):
            problems.append("hazard.belief needs one effect per level of belief.shares")
        if set(self.answers) != {"caseworker", "client"}:
            problems.append("answers: needs caseworker and client")
        if problems:
            raise ValueError("; ".join(problems))
        return self

    def domain_of(self, instrument: Instrument) -> dict[str, str]:
        """Return the domain of readiness behind each item of `instrument`."""
        first = next(iter(self.hazard.domains))
        return {item: self.items.get(item, first) for item in instrument.item_ids}


def load_simulation(name_or_path: str | Path) -> Simulation:
    """Read and check the settings of a made-up cohort; a plain name means a shipped preset.

    Parameters
    ----------
    name_or_path : str or Path
        ``"claim"``, ``"literature"``, ``"null"``, or a YAML file. A file may say ``extends:`` and
        then holds only what differs from the file it names.

    Returns
    -------
    Simulation

    Raises
    ------
    ConfigError
        With every problem of the file at once.

    Examples
    --------
    >>> load_simulation("claim").hazard.signal, load_simulation("null").hazard.signal
    (1.0, 0.0)
    """
    file = shipped("simulation", name_or_path)
    return checked(Simulation, migrated(_read(file))[0], f"{file.name} is not a valid simulation:")


def _read(file: Path) -> dict[str, Any]:
    """Return the content of `file`, laid over the file it extends."""
    content = load_yaml(file)
    base = content.pop("extends", None)
    return content if base is None else _overlay(_read(file.parent / str(base)), content)


def _overlay(base: dict[str, Any], change: dict[str, Any]) -> dict[str, Any]:
    """Return `base` with the values of `change`, section by section."""
    merged = dict(base)
    for key, value in change.items():
        old = merged.get(key)
        # A set of weights is one choice: naming some of them must not keep the others.
        whole = key in {"domains", "register_traits"}
        merged[key] = _overlay(old, value) if isinstance(old, dict) and isinstance(value, dict) and not whole else value
    return merged
