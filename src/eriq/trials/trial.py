"""A trial's two tables, checked: a row per person with the arm and its chance, a row per person and month."""

from dataclasses import dataclass

import numpy as np
import pandas as pd

from eriq.config.trial import SimulatedTrial, TrialConfig
from eriq.errors import CohortError, SchemaError
from eriq.simulation.trial import simulate_trial
from eriq.tables.files import read_table
from eriq.tables.schema import Column, check, refuse

STATES = (
    Column("client", "str", required=True),
    Column("month", "Int64", required=True, low=0),
    Column("state", "str", required=True),
)


@dataclass(frozen=True, slots=True)
class Trial:
    """People with their assignment, and what became of them."""

    config: TrialConfig
    persons: pd.DataFrame  # by client; columns arm and chance beside those that the config names
    states: pd.DataFrame  # client, month, state, arm, chance

    @property
    def arms(self) -> tuple[str, ...]:
        """The reference first, then the others in the order in which they come."""
        others = [str(arm) for arm in self.persons["arm"].unique() if arm != self.config.reference]
        return (self.config.reference, *sorted(others))


def open_trial(config: TrialConfig) -> Trial:
    """Return the checked tables of a trial, or a made-up one.

    Raises
    ------
    SchemaError
        When a column is not there, a chance is none, or a state belongs to nobody.
    CohortError
        When there is one arm only, or none of the reference.
    """
    if isinstance(config.source, SimulatedTrial):
        persons, states = simulate_trial(config, config.source)
    else:
        persons, states = read_table(config.source.persons), read_table(config.source.states)
    return _joined(config, _checked_persons(config, persons), states)


def _checked_persons(config: TrialConfig, persons: pd.DataFrame) -> pd.DataFrame:
    given = config.assignment
    wanted = [
        Column(config.client, "str", required=True),
        Column(given.arm, "str", required=True),
        *([Column(given.stratum, "str", required=True)] if given.stratum else []),
        *([Column(given.probability, "Float64", required=True, low=0, high=1)] if given.probability else []),
        *([Column(config.sex, "Int64", allowed=(0, 1))] if config.sex else []),
        *([Column(config.answered, "Int64", allowed=(0, 1), required=True)] if config.answered else []),
        *(Column(name, "Float64") for name in config.baseline if name != config.sex),
    ]
    typed, problems = check(persons, wanted, "persons", extra="ignore")
    refuse(problems)
    if repeated := int(typed[config.client].duplicated().sum()):
        raise SchemaError(f"persons: {repeated} client(s) are there more than once")
    if given.probability is None:
        shares = typed[given.arm].value_counts(normalize=True)
        return typed.assign(arm=typed[given.arm], chance=typed[given.arm].map(shares).astype("float64"))
    if none := int((typed[given.probability] <= 0).sum()):
        raise SchemaError(f"persons: {none} assignment probability(ies) of 0: nobody gets an arm by no chance at all")
    return typed.assign(arm=typed[given.arm], chance=typed[given.probability].astype("float64"))


def _joined(config: TrialConfig, persons: pd.DataFrame, states: pd.DataFrame) -> Trial:
    arms = set(persons["arm"])
    if config.reference not in arms or len(arms) < 2:
        words = f"a trial needs people in '{config.reference}' and in another arm"
        raise CohortError(f"{words}; there are {len(arms)} arm(s)")
    typed, problems = check(states.rename(columns={config.client: "client"}), STATES, "states", extra="ignore")
    refuse(problems)
    if twice := int(typed.duplicated(["client", "month"]).sum()):
        raise SchemaError(f"states: {twice} row(s) repeat a client and month")
    known = {*config.kinds, *(state for states in config.outcomes.values() for state in states)}
    if not known & set(typed["state"]):
        raise SchemaError("states: none of the declared kinds of work is there; see kinds in the config")
    who = persons.set_index(config.client)[["arm", "chance", *([config.sex] if config.sex else [])]]
    if strangers := int((~typed["client"].isin(who.index)).sum()):
        raise SchemaError(f"states: {strangers} row(s) belong to nobody in persons")
    return Trial(config, persons, typed.join(who, on="client"))


def holds(states: pd.DataFrame, counted: tuple[str, ...]) -> np.ndarray:
    """Return whether each row is in one of some states, as 0 and 1."""
    return states["state"].isin(counted).to_numpy("float64")
