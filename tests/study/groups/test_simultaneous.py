"""Intervals that hold together."""

from itertools import pairwise

import numpy as np
import pytest

from eriq.study.evaluation.bootstrap import client_weights
from eriq.study.groups import simultaneous
from eriq.study.groups.sides import Side
from eriq.study.groups.simultaneous import Contrast, Family, Together

RNG = np.random.default_rng(5)
CLIENTS = 300


def gaps_of(contrasts: list[Contrast], **asked) -> Together:
    """Return the gaps of a family."""
    family = Family(**asked)
    assert [family.add(contrast) for contrast in contrasts] == list(range(len(contrasts)))
    return family.together()


def rate(where: np.ndarray, hit: np.ndarray) -> Side:
    """Return the share of rows with a hit among clients of one row each."""
    return Side(0.0, np.column_stack([where * hit, where]).astype(float), int(where.sum()))


def parted(share: float, hit: np.ndarray) -> Contrast:
    where = np.arange(CLIENTS) < share * CLIENTS
    return Contrast((rate(where, hit), rate(~where, hit)))


HITS = [(RNG.random(CLIENTS) < 0.4) * 1 for _ in range(6)]


def test_the_standard_error_of_two_rates_is_the_textbook_one():
    """One row per client: p (1 - p) / (n - 1) of either side, as the jackknife has it."""
    hit = HITS[0]
    one, two = hit[:150], hit[150:]
    gap = gaps_of([parted(0.5, hit)], replicates=50, seed=1, level=0.9).gaps[0]
    own = [part.mean() * (1 - part.mean()) for part in (one, two)]
    alike = np.mean(own)
    assert gap.estimate == pytest.approx(one.mean() - two.mean())
    assert gap.se**2 == pytest.approx(sum(max(v, alike) / 150 * (150 / 149) ** 2 for v in own), rel=1e-9)


def test_a_larger_family_has_wider_intervals():
    """One, three and six gaps of unrelated hits: the width grows, and a copy of a gap adds nothing."""
    families = [[parted(0.3, hit) for hit in HITS[:n]] for n in (1, 3, 6)]
    widths = [gaps_of(f, replicates=400, seed=1, level=0.95).width for f in families]
    assert all(a < b for a, b in pairwise(widths))
    assert 1.8 < widths[0] < 2.3
    assert 2.4 < widths[2] < 3.1
    again = gaps_of([*families[0], *families[0]], replicates=400, seed=1, level=0.95)
    assert again.width == widths[0]


def test_the_width_is_the_quantile_of_the_largest_studentised_gap():
    """By hand, draw for draw, for two gaps of one row per client."""
    contrasts = [parted(0.3, hit) for hit in HITS[:2]]
    drawn = np.concatenate(list(client_weights(np.arange(CLIENTS), 60, 4)))
    largest = []
    for w in drawn:
        worst = []
        for contrast in contrasts:
            theta, theta0, spread, people = [], [], [], []
            for side in contrast.sides:
                a, b = side.sums.T
                r = (w @ a) / (w @ b)
                theta.append(r)
                theta0.append(a.sum() / b.sum())
                spread.append((w @ (a - r * b) ** 2) / (w @ b) ** 2)
                people.append(side.people)
            alike = sum(v * n**2 for v, n in zip(spread, people, strict=True)) / sum(people)
            se = np.sqrt(sum(max(v, alike / n) for v, n in zip(spread, people, strict=True)))
            worst.append(abs((theta[0] - theta[1]) - (theta0[0] - theta0[1])) / se)
        largest.append(max(worst))
    made = gaps_of(contrasts, replicates=60, seed=4, level=0.9)
    assert made.width == pytest.approx(np.quantile(largest, 0.9, method="higher"), rel=1e-9)


def test_nobody_of_fifteen_is_no_proof():
    """None of 15 against 40 % of 285: the group is given everybody's spread, and its own interval is no point."""
    hit = HITS[0].copy()
    hit[:15] = 0
    gap = gaps_of([parted(0.05, hit)], replicates=200, seed=1, level=0.95).gaps[0]
    assert gap.side == 0
    assert gap.se > 0.9 * np.sqrt(0.4 * 0.6 / 15)


def test_clients_on_both_sides_are_counted_once():
    """Every client has a row on either side: the spread is that of the paired difference, not of two samples."""
    everyone = np.ones(CLIENTS, dtype=bool)
    mostly = np.where(np.arange(CLIENTS) < 30, 1 - HITS[0], HITS[0])
    contrast = Contrast((rate(everyone, HITS[0]), rate(everyone, mostly)))
    gap = gaps_of([contrast], replicates=50, seed=1, level=0.9).gaps[0]
    paired = HITS[0] - mostly
    assert gap.se == pytest.approx(np.sqrt(paired.var() / CLIENTS), rel=0.05)
    assert gap.se < 0.5 * np.sqrt((HITS[0].var() + mostly.var()) / CLIENTS)


def test_threads_change_no_digit():
    """One thread and three."""
    family = [parted(share, hit) for share in (0.2, 0.5) for hit in HITS]
    one, three = (gaps_of(family, replicates=100, seed=2, level=0.95, workers=n) for n in (1, 3))
    assert (one.gaps, one.width) == (three.gaps, three.width)


def test_what_hardly_anybody_has_cannot_be_drawn():
    """Nine of 300 with a hit, or without, are too few for every draw to hold one; ten are enough."""
    for n, enough in ((9, False), (10, True)):
        few = (np.arange(CLIENTS) % 30 == 0) * (np.arange(CLIENTS) < 30 * n)
        assert parted(0.3, few).varies == parted(0.3, 1 - few).varies == enough


def test_no_family_has_no_gaps():
    """Nothing in, nothing out."""
    assert gaps_of([], replicates=10, seed=1, level=0.95).gaps == ()


def test_of_many_clients_parts_are_drawn(monkeypatch):
    """Gaps and standard errors of the sample stay as they are; widths are those of all clients, to a few hundredths."""
    rng, n = np.random.default_rng(8), 24_000
    hits = [(rng.random(n) < share) * 1 for share in (0.4, 0.2, 0.3)]
    families = [
        Contrast((rate(where, hit), rate(~where, hit)))
        for hit in hits
        for where in (np.arange(n) < 900, np.arange(n) % 3 == 0)
    ]
    parts = gaps_of(families, replicates=800, seed=3, level=0.9)
    monkeypatch.setattr(simultaneous, "MANY_CLIENTS", n)
    exact = gaps_of(families, replicates=800, seed=3, level=0.9)
    assert [(g.estimate, g.se, g.side) for g in parts.gaps] == [(g.estimate, g.se, g.side) for g in exact.gaps]
    assert parts.width != exact.width
    assert parts.width == pytest.approx(exact.width, rel=0.06)
    for one, other in zip(parts.gaps, exact.gaps, strict=True):
        assert one.side_high - one.side == pytest.approx(other.side_high - other.side, rel=0.1)
