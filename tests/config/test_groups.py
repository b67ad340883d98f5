"""The section on groups: what cannot be meant is refused."""

import pytest
from pydantic import ValidationError

from eriq.config import Groups


@pytest.mark.parametrize(
    ("given", "words"),
    [
        ({"gap_tolerance": {"auc": 0}}, "gap_tolerance.auc must be above 0"),
        ({"gap_tolerance": {}}, "at least 1 item"),
        ({"gap_tolerance": {"accuracy": 0.1}}, "auc"),
        ({"pick": "middle", "thresholds": (0.2,)}, "takes 2, and 1 are given"),
        ({"thresholds": (0.2, 0.4)}, "takes 1, and 2 are given"),
        ({"pick": "middle", "thresholds": (0.4, 0.2)}, "thresholds must rise"),
        ({"thresholds": (0.2,), "share": 0.1}, "name one of them"),
        ({"age_bands": (30, 30)}, "whole years that rise"),
        ({"intersections": (("sex", "sex"),)}, "two different columns"),
        ({"least": 4}, "greater than or equal to 10"),
    ],
)
def test_what_cannot_be_meant_is_refused(given, words):
    """Each with what is wrong."""
    with pytest.raises(ValidationError, match=words):
        Groups.model_validate(given)
