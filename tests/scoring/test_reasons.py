"""Which contributions are the largest, and that they are those of the forecast."""

from collections.abc import Callable

import numpy as np
import pandas as pd
import pytest

from eriq.features.matrix import to_matrix
from eriq.model.bundle import Bundle
from eriq.scoring.chunk import score_rows
from eriq.scoring.options import Options
from eriq.scoring.reasons import FEW, explained, largest, reasons

Backlog = Callable[..., pd.DataFrame]


@pytest.mark.parametrize("count", [1, 5, FEW, FEW + 1, 20])
def test_of_equal_numbers_the_first_comes_first(count: int) -> None:
    """Of 20 small whole numbers many are equal: their places are those of a stable sort, however many are wanted."""
    size = np.random.default_rng(1).integers(0, 4, (300, 20)).astype(float)

    assert (largest(size.copy(), count) == np.argsort(-size, axis=1, kind="stable")[:, :count]).all()


def test_reasons_of_many_rows_are_those_of_one(small_bundle: Bundle, backlog: Backlog) -> None:
    """A row of 2,500 has the reasons, in words and numbers, that it has alone, also at the end of a block."""
    frame = backlog(2500)
    whole = score_rows(small_bundle, frame, Options("en", 5)).scores
    for row in (0, 1023, 1024, 2499):
        alone = score_rows(small_bundle, frame.iloc[[row]], Options("en", 5)).scores
        for name in [n for n in whole if str(n).startswith(("reason_", "base_"))]:
            one, other = whole[name].iloc[row], alone[name].iloc[0]
            assert one == (pytest.approx(other, abs=1e-12) if isinstance(other, float) else other)


def test_reasons_that_do_not_add_up_are_refused(small_bundle: Bundle) -> None:
    """One contribution in the second block is wrong by a millionth: no reason is given to anybody."""
    names = [feature.name for feature in small_bundle.features]
    matrix = to_matrix(pd.DataFrame(np.zeros((3000, len(names))), columns=names), names).to_numpy()
    log_odds, given = explained(small_bundle, matrix)
    given[2999, 0] += 1e-6

    with pytest.raises(AssertionError, match="do not add up"):
        reasons(small_bundle, matrix, log_odds, given, Options("en", 5))
