"""Who is in, and how far so many people carry."""

from collections.abc import Sequence

import pandas as pd

from eriq.study.design.censored import publishable_censoring
from eriq.study.design.contender import Contender
from eriq.study.design.study import Study
from eriq.study.evaluation.detectable import smallest_before
from eriq.study.evaluation.sample_size import SampleSize, statements
from eriq.study.learning.training import n_parameters
from eriq.tables.results import Results, as_result

SHOWN = ("persons", "events", "rows", "parameters", "minimum_persons", "minimum_events", "half_width")


def sample_sizes(study: Study, contenders: Sequence[Contender]) -> tuple[SampleSize, ...]:
    """Return what these people can carry, for each contender apart: the declared ones, and the one that is saved."""
    home = study.home.judged()
    parameters = {c.name: n_parameters(c, home, study.features) for c in contenders}
    return statements(home.outcome, home.client, parameters)


def described(study: Study, sizes: Sequence[SampleSize]) -> Results:
    """Return the tables on who was left out and on how far so many people carry: flow, sample_size."""
    numbers = [(size.contender, name, float(getattr(size, name))) for size in sizes for name in SHOWN]
    one = sizes[0]
    for correlation, difference in smallest_before(one.persons, one.prevalence, one.auc_assumed).to_numpy().tolist():
        numbers.append(("any two", f"smallest_difference at correlation {correlation:g}", difference))
    left = {} if study.left_rules is None else {"left_rules": study.left_rules}
    if study.censoring is not None and (told := publishable_censoring(study.censoring, study.flow)) is not None:
        left["censoring"] = told
    return {
        **left,
        "flow": as_result("flow", pd.DataFrame(study.flow, columns=["reason", "rows"])),
        "sample_size": as_result("sample_size", pd.DataFrame(numbers, columns=["contender", "name", "value"])),
    }
