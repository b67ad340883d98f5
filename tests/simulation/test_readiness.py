"""What moves a made-up client, and the true probability that follows."""

import numpy as np

from eriq.config import OUTCOMES
from eriq.instrument.instrument import Instrument
from eriq.simulation.cohort import simulate
from eriq.simulation.settings import load_simulation
from eriq.tables.cohort import Registers, build_cohort


def test_a_drift_changes_who_finds_work_and_not_the_first_answers(instrument: Instrument) -> None:
    """With a drift the first day of the study is as without; effects of later years are turned."""
    still = load_simulation("claim")
    turned = still.model_copy(update={"hazard": still.hazard.model_copy(update={"drift": 0.5})})
    before, after = (simulate(s, instrument, 2000, seed=2).truth for s in (still, turned))
    both = before.merge(after, on=["client_id", "answered_on"], suffixes=("", "_drift"))
    early, late = (
        both[both["answered_on"] < "2013-04-01"],
        both[both["answered_on"] >= "2015-01-01"],
    )

    assert early["log_hazard"].corr(early["log_hazard_drift"]) > 0.98
    assert late["log_hazard"].corr(late["log_hazard_drift"]) < 0.85


def test_true_probabilities_are_calibrated(instrument: Instrument) -> None:
    """Over 4,000 clients the observed rate lies within four standard errors of the mean truth.

    The standard error counts clients, not answers: 11,479 answers of 4,000 clients.
    """
    made = simulate(load_simulation("claim"), instrument, 4000, seed=9)
    registers = Registers(made.persons, made.spells, made.events)
    rows = build_cohort(made.answers, registers, OUTCOMES["job_entry_12m"]).rows
    joined = rows.merge(made.truth, on=["client_id", "answered_on"], validate="one_to_one")
    excess = (joined["outcome"] - joined["probability"]).groupby(joined["client_id"]).sum().to_numpy()

    assert abs(excess.sum()) < 4 * np.sqrt((excess**2).sum())
