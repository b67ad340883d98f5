"""What a score file says of a row beside its number."""

from collections.abc import Callable
from dataclasses import replace

import numpy as np
import pandas as pd

from eriq.model.bundle import Bundle
from eriq.scoring.chunk import score_rows
from eriq.scoring.options import Options

Backlog = Callable[..., pd.DataFrame]


def test_numbers_beyond_those_of_training_are_named(register_bundle: Bundle, backlog: Backlog) -> None:
    """Age outside 20 to 60 and weeks outside 1 to 50 are named, ends and gaps are not, a sensitive column never."""
    age, weeks = "register.age", "register.weeks_work_1y"
    manifest = register_bundle.manifest.model_copy(update={"ranges": {age: (20.0, 60.0), weeks: (1.0, 50.0)}})
    bundle = replace(register_bundle, manifest=manifest)
    frame = backlog(6).assign(**{age: [19.9, 60.1, 20, 60, np.nan, 61], weeks: [25, np.nan, 1, 50, 50.1, 0.9]})
    named = score_rows(bundle, frame, Options(reasons=0)).scores["out_of_range"]
    assert named.tolist() == [age, age, "", "", weeks, f"{age}; {weeks}"]
    secret = replace(bundle, features=tuple(replace(f, sensitive=f.name == weeks) for f in bundle.features))
    named = score_rows(secret, frame, Options(reasons=0)).scores["out_of_range"]
    assert named.tolist() == [age, age, "", "", "register.sensitive", f"{age}; register.sensitive"]
