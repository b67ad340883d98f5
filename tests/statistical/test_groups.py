"""False gaps between groups: how often any is shown in cohorts whose groups are alike.

Labels are drawn apart from everything else, so that no gap is there: two halves, three groups of 70, 20 and 10 %, four
bands of age, and the first two crossed, with seven measures each: up to 105 gaps. Rows of a client resemble each other,
and the smallest groups hold about as many people with the outcome as the least that is judged, twenty.

Measured when this was written: a gap is shown in 3.0 % of 400 cohorts of 900 clients where the highest forecasts are
picked, and in 3.8 % where the lowest are; in 3.0 % of 200 cohorts of 6,000 clients of which random parts are drawn.
"""

import numpy as np
import pytest
from tests.study.groups.world import asked, people

from eriq.study.groups import simultaneous
from eriq.study.groups.audit import audit
from eriq.study.groups.verdicts import SHOWN


def false_gaps(cohorts: int, clients: int, pick: str) -> float:
    """Return the share of cohorts in which some gap is shown, by intervals that leave 0 out whatever the tolerance."""
    experiment = asked(pick=pick, gap_tolerance=dict.fromkeys(asked().groups.gap_tolerance, 1e-09))  # type: ignore[union-attr]
    wrong = []
    for seed in range(cohorts):
        gaps = audit(*people(clients, seed), experiment)["group_gaps"]
        wrong.append((gaps["verdict"] == SHOWN).any())
    return float(np.mean(wrong))


@pytest.mark.long
@pytest.mark.parametrize(("clients", "pick"), [(900, "highest"), (900, "lowest")])
def test_in_400_cohorts_without_a_gap_at_most_one_in_twenty_shows_any(clients: int, pick: str) -> None:
    """All intervals of a family of 105 gaps hold 0 in 95 % of cohorts or more."""
    share = false_gaps(400, clients, pick)
    print(f"{clients} clients, pick {pick}: any false gap in {share:.1%} of 400 cohorts")  # noqa: T201
    assert share <= 0.05


@pytest.mark.long
def test_parts_of_many_clients_show_no_more_gaps(monkeypatch: pytest.MonkeyPatch) -> None:
    """The same of 200 cohorts of 6,000 clients, of which 2,000 random parts are drawn."""
    monkeypatch.setattr(simultaneous, "MANY_CLIENTS", 5_000)
    share = false_gaps(200, 6_000, "highest")
    print(f"6,000 clients in parts: any false gap in {share:.1%} of 200 cohorts")  # noqa: T201
    assert share <= 0.08  # what 5 % stay below in 97 of 100 runs


@pytest.mark.slow
def test_gaps_are_rarely_shown_where_there_are_none() -> None:
    """Of 30 cohorts four or fewer show a gap; with a true rate of 5 % that happens in 98 of 100 runs."""
    assert false_gaps(30, 500, "highest") <= 4 / 30
