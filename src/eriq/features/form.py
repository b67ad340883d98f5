"""Columns the form gives that staff fill in: what registers do not hold, as known on the answer date."""

import numpy as np
import pandas as pd

from eriq.features.feature import Feature, Kind
from eriq.features.words import words
from eriq.tables.cohort import Registers


def _named(column: str, kind: Kind = "continuous") -> Feature:
    name = f"form.{column}"
    return Feature(name, "form", kind, labels=words()["columns"][name])


FORM_FEATURES = (
    _named("activity_hours"),
    _named("contacts"),
    _named("problem_areas"),
    _named("work_experience", "flag"),
)


def form_columns(rows: pd.DataFrame, registers: Registers) -> pd.DataFrame:
    """Return what the last form said that each client's staff had filled in by the answer date.

    A form counts from the day it was filled in, without the delay of registers: who answers the questionnaire has it
    at hand. A ``known_on`` date, where there is one, must not lie after the answer either.

    Parameters
    ----------
    rows : DataFrame of shape (n_rows, any)
        Has client_id and answered_on.
    registers : Registers
        Forms may hold later ones: they are not looked at.

    Returns
    -------
    DataFrame of shape (n_rows, n_form_features)
        Gaps where there is no form yet, or where it was left open.
    """
    base = rows[["client_id", "answered_on"]].reset_index(drop=True)
    pairs = base.assign(row=np.arange(len(base))).merge(registers.forms, on="client_id", how="inner")
    late = pairs[["filled_on", "known_on"]].gt(pairs["answered_on"], axis="index").any(axis="columns")
    seen = pairs[~late.to_numpy(bool)].sort_values(["row", "filled_on"], kind="stable")
    last = seen.drop_duplicates("row", keep="last").set_index("row").reindex(base.index)
    return pd.DataFrame({f.name: last[f.column].to_numpy("float64", na_value=np.nan) for f in FORM_FEATURES})
