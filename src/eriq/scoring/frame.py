"""A table in, a table of the same rows out: what a program, a notebook or MLflow gets."""

import pandas as pd

from eriq.errors import ConfigError
from eriq.instrument.texts import LANGUAGES
from eriq.model.bundle import Bundle
from eriq.scoring.chunk import score_rows
from eriq.scoring.options import Options
from eriq.tables.cohort import Registers

OUTPUTS = {"probability": "float64", "log_odds": "float64", "code": "str", "set_aside": "str", "basis": "str"}
MOST_REASONS = 50
FURTHER = ("reason_", "refit_")  # how columns begin that come when they are asked for


def score_frame(
    bundle: Bundle, given: pd.DataFrame, options: Options, registers: Registers | None = None
) -> pd.DataFrame:
    """Return probability and log-odds, or why there are none, for every row.

    Parameters
    ----------
    bundle : Bundle
    given : DataFrame of shape (n_rows, any)
        Raw, as from a file; columns in any order. Repeated questionnaires are found within one call only.
    options : Options
    registers : Registers, optional
        Where register columns are to be made from.

    Returns
    -------
    DataFrame of shape (n_rows, 5 or more)
        `OUTPUTS`, in the order of `given`, rows counted from 0; of a row set aside, the probability is missing and
        `code` and `set_aside` say why. `basis` says in words what a forecast rests on, or why it is withheld.

    Raises
    ------
    SchemaError
        When a column is missing or there twice, which no single row can answer for.
    ConfigError, InstrumentError
        When reasons or language cannot be used.
    """
    if options.language not in (None, *LANGUAGES) or not 0 <= options.reasons <= MOST_REASONS:
        raise ConfigError(f"reasons is 0 to {MOST_REASONS}, language one of {', '.join(LANGUAGES)}")
    bundle.language(options.language)
    if not len(given):
        return pd.DataFrame({name: pd.Series(dtype=kind) for name, kind in OUTPUTS.items()})
    scored = score_rows(bundle, given, options, registers)
    more = [name for name in scored.scores if str(name).startswith(FURTHER)]
    good = scored.scores[["row", "probability", "log_odds", "basis", *more]].assign(code="", set_aside="")
    good["basis"] = good["basis"].astype("str")
    bad = scored.rejected[["row", "code", "reason"]].rename(columns={"reason": "set_aside"}).assign(basis="")
    rows = pd.concat([part for part in (good, bad) if len(part)]).sort_values("row").reset_index(drop=True)
    return rows.reindex(columns=[*OUTPUTS, *more])
