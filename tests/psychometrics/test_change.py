"""How large a change must be to be more than noise."""

import numpy as np
import pandas as pd
import pytest

from eriq.instrument.instrument import Instrument
from eriq.psychometrics.change import BELOW, COMMON, RETEST, Repeated, as_yaml, reliable_change, repeated
from eriq.psychometrics.scales import first_of_each, places
from tests.psychometrics.conftest import made_answers


def checked(small: Instrument, n: int) -> tuple[pd.DataFrame, pd.DataFrame]:
    answers = made_answers(n)[0].astype(dict.fromkeys(small.item_ids, "Int8"))
    given = places(answers, small)
    return answers, given


def test_the_threshold_is_that_of_jacobson_and_truax(small: Instrument) -> None:
    """1.96 sqrt(2) SD sqrt(1 - r), r between two questionnaires of one client, rounded up to whole levels."""
    answers, given = checked(small, 260)
    twice = repeated(answers, given)
    once = given.iloc[first_of_each(answers)]
    found = reliable_change(once, twice, small).set_index("item")
    r = np.corrcoef(given["cl1"][:260], given["cl1"][260:])[0, 1]
    sd = given["cl1"][:260].std()
    assert found.loc["cl1", "reliability"] == pytest.approx(r)
    assert found.loc["cl1", "threshold"] == pytest.approx(1.96 * np.sqrt(2) * sd * np.sqrt(1 - r))
    assert found.loc["cl1", "steps"] == int(np.ceil(found.loc["cl1", "threshold"]))
    assert set(found["from"]) == {RETEST}
    larger = found.groupby("indicator")["steps"].max()
    assert f"  i1: {larger['i1']}\n" in as_yaml(found.reset_index())


def test_one_wave_gives_a_cautious_threshold(small: Instrument) -> None:
    """Without a second questionnaire the other items of the half bound the reliability from below."""
    answers, given = checked(small, 260)
    once = given.iloc[:260]
    alone = reliable_change(once, repeated(answers.iloc[:260], once), small).set_index("item")
    assert set(alone["from"]) == {COMMON}
    half = once[["cw1", "cw2", "cw3", "cw4"]]
    design = np.column_stack([np.ones(260), half.drop(columns="cw2")])
    fitted = design @ np.linalg.lstsq(design, half["cw2"], rcond=None)[0]
    assert alone.loc["cw2", "reliability"] == pytest.approx(np.corrcoef(fitted, half["cw2"])[0, 1] ** 2)


def test_no_threshold_from_few_people_or_beyond_the_scale(small: Instrument) -> None:
    """Fifty people are not assessable; noise as wide as the scale leaves no change that counts; neither is pasted."""
    answers, given = checked(small, 50)
    few = reliable_change(given.iloc[:50], repeated(answers, given), small)
    assert few["steps"].isna().all()
    assert set(few["why"]) == {"fewer than 100 people answered"}
    rng = np.random.default_rng(3)
    ends = [pd.DataFrame({i: rng.choice([0.0, 4.0], 200) for i in small.item_ids}) for _ in range(2)]
    wide = reliable_change(ends[0], Repeated(*ends), small)
    assert set(wide["why"]) == {BELOW}
    assert as_yaml(wide) == "reliable_change:\n"
