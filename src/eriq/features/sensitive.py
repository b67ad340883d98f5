"""What is never named in an explanation: health and justice share one unit."""

from collections.abc import Sequence

import numpy as np

from eriq.features.feature import Feature
from eriq.features.words import words

SENSITIVE = "register.sensitive"  # the one unit of all of them
SENSITIVE_LABEL = words()["sensitive"]["any"]


def units(features: Sequence[Feature]) -> tuple[list[str], np.ndarray]:
    """Return what contributions are added up to before anybody sees them.

    Columns from health and justice registers share one unit, so that no diagnosis, code or
    conviction can be read off an explanation; every other column is a unit of its own.

    Returns
    -------
    names : list of str
    member : ndarray of shape (n_features, n_units)
        1 where the column belongs to the unit.
    """
    names: list[str] = []
    place = []
    for feature in features:
        name = SENSITIVE if feature.sensitive else feature.name
        if name not in names:
            names.append(name)
        place.append(names.index(name))
    member = np.zeros((len(place), len(names)))
    member[np.arange(len(place)), place] = 1.0
    return names, member
