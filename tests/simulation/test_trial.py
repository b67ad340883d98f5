"""A made-up trial."""

import pytest

from eriq.config.trial import load_trial
from eriq.simulation.trial import simulate_trial

CONFIG = load_trial("swedish-trial")


def test_a_seed_makes_the_same_people():
    """The same file gives the same trial; another seed another one."""
    first, again = (simulate_trial(CONFIG, CONFIG.source) for _ in range(2))
    other = simulate_trial(CONFIG, CONFIG.source.model_copy(update={"seed": 1}))
    assert first[0].equals(again[0])
    assert first[1].equals(again[1])
    assert not first[0].equals(other[0])


def test_chances_are_those_declared():
    """Each person's chance is one of its arm's; sites have their sizes; month 0 has nobody in work."""
    persons, states = simulate_trial(CONFIG, CONFIG.source)
    declared = [dict(zip(CONFIG.source.arms, chances, strict=True)) for chances in CONFIG.source.chances]
    for arm, chances in persons.groupby("arm")["probability"]:
        assert set(chances) == {chance[arm] for chance in declared}
    assert persons["stratum"].str.split().str[0].astype(int).value_counts().sort_index().tolist() == list(
        CONFIG.source.sites
    )
    assert not states.loc[states["month"] == 0, "state"].isin(CONFIG.kinds).any()


def test_men_and_women_part_as_declared():
    """With 16,000 people, men in SE are in work more often than women by what is declared, and in FS as often."""
    many = CONFIG.source.model_copy(update={"sites": tuple(15 * site for site in CONFIG.source.sites), "observed": {}})
    persons, states = simulate_trial(CONFIG, many)
    last = states[states["month"] == 15].set_index("client")["state"].isin(CONFIG.kinds)
    worked = persons.assign(work=persons["client"].map(last))
    by = worked.groupby(["arm", "woman"])["work"].mean()
    assert by["SE", 0] - by["SE", 1] == pytest.approx(0.152, abs=0.04)
    assert by["FS", 0] - by["FS", 1] == pytest.approx(0, abs=0.04)
    assert worked[worked["arm"] == "SE"]["work"].mean() == pytest.approx(0.260, abs=0.02)
