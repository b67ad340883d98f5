"""A made-up trial."""

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
