"""Everything that is looked at, as tables."""

import numpy as np
import pandas as pd

from eriq.instrument.instrument import Instrument
from eriq.psychometrics.assess import Plan, assess, steps_of
from eriq.tables.quality_results import QUALITY
from tests.psychometrics.conftest import made_answers


def test_few_people_give_reasons_and_the_same_tables(small: Instrument) -> None:
    """Twenty people: every table meets its contract, nothing is assessed, and the progress is as long as announced."""
    answers, persons = made_answers(20)
    typed = answers.astype(dict.fromkeys(small.item_ids, "Int8") | {"client_seconds": "Float64"})
    groups = pd.DataFrame({"sex": np.tile(persons["sex"], 2), "wave": answers["wave"]})
    told: list[tuple[str, str]] = []
    plan = Plan(small, replicates=5, step=lambda what, which: told.append((what, which)))
    tables = assess(typed, groups, plan)
    assert set(tables) == set(QUALITY) - {"factor_loadings"}
    assert len(told) == steps_of(plan, groups)
    assert tables["scale_reliability"]["estimate"].isna().all()
    assert tables["half_agreement"]["estimate"].isna().all()
    assert set(tables["dif"]["verdict"]) == {"not assessable"}
    assert tables["reliable_change"]["steps"].isna().all()
