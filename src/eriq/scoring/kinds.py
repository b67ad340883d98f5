"""What a column of a score table holds, for engines that want to know before they store it."""

from typing import Literal

import pandas as pd

Kind = Literal["text", "number", "whole", "flag", "day"]
_KINDS: dict[str, Kind] = {"f": "number", "i": "whole", "u": "whole", "b": "flag", "M": "day"}


def kind_of(column: pd.Series) -> Kind:
    """Return the kind of a column; text is what is none of the others.

    >>> [kind_of(pd.Series(cells)) for cells in (["a"], [0.5], [1], [True])]
    ['text', 'number', 'whole', 'flag']
    """
    dtype = column.dtype
    return "text" if isinstance(dtype, pd.StringDtype) else _KINDS.get(dtype.kind, "text")
