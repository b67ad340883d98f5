"""Whether caseworkers may be named."""

import pytest
from pydantic import ValidationError

from eriq.config.raters import Raters


def test_nobody_is_named_unless_it_is_said_why() -> None:
    """Without the section nobody is; naming without a reason, or with a blank one, is refused."""
    assert not Raters().naming
    for reason in (None, " " * 40, "because"):
        with pytest.raises(ValidationError, match="needs a reason"):
            Raters(naming=True, reason=reason)
    assert Raters(naming=True, reason="supervision: how each of us reads the scale").least == 10


@pytest.mark.parametrize(
    "reason", ["to rank the caseworkers of a centre", "yearly performance talks", "who has a bonus"]
)
def test_caseworkers_are_not_named_to_be_judged(reason: str) -> None:
    """Ranking, pay and appraisal are refused with the reason."""
    with pytest.raises(ValidationError, match="never a reason to rank, pay or judge"):
        Raters(naming=True, reason=reason)


def test_the_least_number_of_clients_cannot_be_four() -> None:
    """A caseworker with fewer than five clients is never named."""
    with pytest.raises(ValidationError, match="greater than or equal to 5"):
        Raters(least=4)
