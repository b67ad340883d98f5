"""One factor or several."""

import numpy as np
import pandas as pd
import pytest

from eriq.psychometrics.dimensions import dimensions
from eriq.psychometrics.scales import Scale
from tests.psychometrics.conftest import ITEMS


def test_as_many_factors_as_r_finds(answers_r: pd.DataFrame, by_r: dict[str, float]) -> None:
    """Eigenvalues are those of R, and parallel analysis keeps as many."""
    found = dimensions(answers_r, Scale("x", ITEMS), np.random.default_rng(1))
    assert found.eigenvalues["eigenvalue"].tolist() == pytest.approx([by_r[f"eigenvalue_{n}"] for n in range(1, 10)])
    assert found.eigenvalues["kept"].sum() == by_r["parallel_factors"] == 1
    assert len(found.loadings) == 9


def test_two_things_are_told_from_one() -> None:
    """Six items of two unrelated things give two factors, each item loading on its own."""
    rng = np.random.default_rng(2)
    things = rng.normal(size=(300, 2))
    answers = pd.DataFrame({f"a{n}": np.round(things[:, n // 3] + rng.normal(size=300)) for n in range(6)})
    found = dimensions(answers, Scale("x", tuple(answers)), rng)
    assert found.eigenvalues["kept"].tolist() == [True, True, *[False] * 4]
    wide = found.loadings.pivot_table(index="item", columns="factor", values="loading").abs()
    largest = wide.idxmax(axis=1)
    assert len(set(largest[:3])) == len(set(largest[3:])) == 1
    assert largest.iloc[0] != largest.iloc[5]


@pytest.mark.parametrize(("rows", "why"), [(50, "fewer than 100 people answered"), (400, "nobody varies on q1")])
def test_no_factors_where_there_is_not_enough(answers_r: pd.DataFrame, rows: int, why: str) -> None:
    """Few people or a constant item: the reason, and no eigenvalue."""
    answers = answers_r.head(rows).assign(**({"q1": 1.0} if rows == 400 else {}))
    found = dimensions(answers, Scale("x", ITEMS), np.random.default_rng(1))
    assert found.eigenvalues["why"].tolist() == [why]
    assert found.eigenvalues["eigenvalue"].isna().all()
    assert found.loadings.empty
