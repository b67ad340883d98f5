"""Who is in, and how far so many people carry."""

import pandas as pd

from eriq.study.design.study import Study
from eriq.study.evaluation.sample_size import SampleSize, sample_statement
from eriq.study.learning.training import n_parameters
from eriq.tables.results import Results, as_result

SHOWN = (
    "persons",
    "events",
    "rows",
    "parameters",
    "minimum_persons",
    "minimum_events",
    "half_width",
    "smallest_difference",
)


def sample_size(study: Study) -> SampleSize:
    """Return what these people can carry, for the largest contender."""
    home = study.home
    parameters = max((n_parameters(c, home, study.features) for c in study.contenders), default=1)
    return sample_statement(home.outcome, home.client, max(parameters, 1))


def described(study: Study, size: SampleSize) -> Results:
    """Return the tables on who was left out and on how far so many people carry: flow, sample_size."""
    numbers = [(name, float(getattr(size, name))) for name in SHOWN]
    return {
        "flow": as_result("flow", pd.DataFrame(study.flow, columns=["reason", "rows"])),
        "sample_size": as_result("sample_size", pd.DataFrame(numbers, columns=["name", "value"])),
    }
