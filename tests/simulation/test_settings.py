"""The numbers behind a made-up cohort are read from files and checked."""

from pathlib import Path

import pytest

from eriq.errors import ConfigError
from eriq.simulation.settings import load_simulation


def test_a_file_that_extends_another_changes_only_what_it_names() -> None:
    """The preset null keeps the structure of claim and takes its signal away; weights are replaced as one."""
    claim, null = load_simulation("claim"), load_simulation("null")

    assert claim.design == null.design
    assert (claim.hazard.signal, null.hazard.signal) == (1.0, 0.0)


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ("hazard: {signall: 1.0}", "hazard.signall: not a known key. Did you mean 'signal'"),
        ("items: {cw01: serch}", "domain 'serch' is not in hazard.domains. Did you mean 'search'"),
        ("hazard: {register_traits: {agee: 1.0}}", "'agee' is not a trait. Did you mean 'age'"),
        ("level_shares: [0.5, 0.2]", "level_shares: shares must add to 1"),
        ("hazard: {belief: [0.0, 1.0]}", "one effect per level"),
        ("design: {last_wave: 2012-01-01}", "must come in this order"),
        ("design: {caseworkers: 3}", "a caseworker in every job centre"),
    ],
)
def test_settings_that_cannot_be_are_refused(change: str, message: str, tmp_path: Path) -> None:
    """A misspelt key or domain, shares that do not add up and dates out of order are named."""
    base = Path(__file__).parents[2] / "configs" / "simulation" / "claim.yaml"
    file = tmp_path / "mine.yaml"
    file.write_text(f"extends: {base.as_posix()}\n{change}\n", encoding="utf-8")

    with pytest.raises(ConfigError) as caught:
        load_simulation(file)
    assert message in str(caught.value)
