"""People under two ids are counted, and people who merely resemble each other are not."""

import numpy as np
import pandas as pd
import pytest

from eriq.study.design.design import Design
from eriq.study.design.twins import find_twins

N = 3000


def design_of(matrix: np.ndarray, outcome: np.ndarray | None = None, client: np.ndarray | None = None) -> Design:
    """Return a design of one row per client unless said otherwise, an outcome for every tenth."""
    n = len(matrix)
    columns = [f"c{place}" for place in range(matrix.shape[1])]
    happened = (np.arange(n) % 10 == 0).astype(np.int8) if outcome is None else outcome
    whose = np.arange(n) if client is None else client
    return Design(pd.DataFrame(index=range(n)), pd.DataFrame(matrix, columns=columns), happened, whose)


def doubled(design: Design, clients: int) -> Design:
    """Return `design` with its first clients once more, under other ids, behind and in another order of rows."""
    rows = np.flatnonzero(design.client < clients)[::-1]
    return Design(
        pd.DataFrame(index=range(len(design.client) + len(rows))),
        pd.concat([design.matrix, design.matrix.iloc[rows]], ignore_index=True),
        np.concatenate([design.outcome, design.outcome[rows]]),
        np.concatenate([design.client, design.client[rows] + 10 * N]),
    )


def answers(columns: int, common: float = 0.5, seed: int = 1) -> np.ndarray:
    """Return answers 1 to 5 of which a share of the variance is common to all columns, one in twenty left out."""
    rng = np.random.default_rng(seed)
    latent = np.sqrt(common) * rng.normal(size=(N, 1)) + np.sqrt(1 - common) * rng.normal(size=(N, columns))
    given = np.clip(np.round(latent + 3), 1, 5)
    given[rng.random(given.shape) < 0.05] = np.nan
    return given


@pytest.mark.parametrize("clients", [1, 60, N])
def test_people_under_two_ids_are_counted(clients: int) -> None:
    """Whoever is there twice is counted both times, gaps or not, and the groups are the people."""
    found = find_twins(doubled(design_of(answers(22)), clients))

    assert (2 * clients, clients, N + clients) == (found.clients, found.groups, found.persons)


def test_rows_of_one_client_may_come_in_any_order() -> None:
    """Three rows each: a client is doubled by the same set of rows, and not by two of the three."""
    client = np.repeat(np.arange(N // 3), 3)
    once = design_of(answers(12), client=client)
    twice = doubled(once, 40)

    assert 80 == find_twins(twice).clients
    assert 0 == find_twins(twice.take(np.delete(np.arange(len(twice.client)), np.arange(0, 120, 3)))).clients


def test_another_outcome_is_another_person() -> None:
    """The same answers with and without the outcome are two people."""
    matrix = np.concatenate([answers(22), answers(22)[:50]])
    outcome = np.concatenate([np.zeros(N), np.ones(50)]).astype(np.int8)

    assert 0 == find_twins(design_of(matrix, outcome)).clients


@pytest.mark.parametrize(("columns", "common"), [(3, 0.5), (6, 0.3), (8, 0.7), (15, 0.9), (22, 0.3), (22, 0.7)])
def test_chance_raises_no_warning(columns: int, common: float) -> None:
    """However coarse and however alike the answers are, nobody who is there once makes a warning."""
    for seed in range(5):
        assert not find_twins(design_of(answers(columns, common, seed))).material


def test_few_flags_make_no_twins() -> None:
    """Four flags have sixteen patterns: everybody is equal to somebody, and nobody is counted."""
    flags = np.random.default_rng(2).integers(0, 2, size=(N, 4)).astype(float)
    found = find_twins(design_of(flags))

    assert (0, N) == (found.clients, found.left_out)


def test_those_who_answer_alike_or_not_at_all_are_no_twins() -> None:
    """Of those who tick the middle throughout, some with a slip, and those who leave all open, nobody is counted."""
    matrix = answers(22)
    matrix[:100], matrix[100:200] = 3.0, np.nan
    matrix[np.arange(20), np.arange(20)] = 4.0

    assert 0 == find_twins(design_of(matrix)).clients


def test_a_zero_is_a_zero_whatever_its_sign() -> None:
    """-0.0 and 0.0 are one value, as all gaps are one."""
    matrix = np.random.default_rng(3).normal(size=(N, 3))
    matrix[:2] = [[0.0, 0.7, np.nan], [-0.0, 0.7, -np.nan]]
    outcome = np.zeros(N, dtype=np.int8)
    columns = np.column_stack([matrix, np.where(np.arange(N) < 2, 0.123, matrix[:, 0])])

    assert 2 == find_twins(design_of(columns, outcome)).clients


def test_many_are_a_warning_and_few_a_remark_without_a_number() -> None:
    """Sixty of 3,000 are a warning that says what to do; one person twice is "<5" and no warning."""
    many, few = (find_twins(doubled(design_of(answers(22)), clients)).sentence for clients in (60, 1))

    assert many.startswith("WARNING: 120 of 3,060 clients have the same answers and facts")
    assert "give each person one id" in many
    assert few.startswith("<5 of 3,001 clients")
    assert "" == find_twins(design_of(answers(22))).sentence
