"""Earlier answers beside the answers: read whole and checked, so that no score depends on what else is in the batch."""

import datetime as dt

import pandas as pd

from eriq.config import ScoringJob, Tables
from eriq.errors import ConfigError
from eriq.model.bundle import Bundle
from eriq.scoring.checks import checked_answers
from eriq.tables import schema
from eriq.tables.extract import answers_columns, in_our_form, without_echo
from eriq.tables.files import read_declared
from eriq.tables.versions import declared


def previous_of(job: ScoringJob, bundle: Bundle, today: dt.date) -> tuple[pd.DataFrame | None, dict[str, str]]:
    """Return the earlier answers a job declares, typed, and the digest of their file.

    None where the model looks at no earlier questionnaire. A row that breaks a rule refuses the whole file, as in a
    training: no row of the batch can answer for it.

    Raises
    ------
    ConfigError
        When the model needs them and none are declared.
    SourceError, SchemaError
        When the file cannot be read, or breaks the contract of answers.
    """
    if not bundle.needs_previous or bundle.instrument is None:
        return None, {}
    if job.previous is None:
        raise nothing_declared(bundle)
    layout, instrument = job.source, bundle.instrument
    mapping = layout.columns_of("answers") if isinstance(layout, Tables) else layout.columns
    sheet = layout.sheet("answers") if job.previous.suffix.lower() == ".xlsx" else None  # a CSV beside it has none
    read = read_declared(job.previous, layout.csv, sheet)
    made = in_our_form(read, layout, "answers", answers_columns(instrument), mapping, instrument)
    answers, problems = checked_answers(declared(made.frame, job.answers_to), instrument, today)
    schema.refuse(without_echo([*made.problems, *problems]))
    return answers, {f"previous/{name}": sha256 for name, sha256 in made.digests.items()}


def nothing_declared(bundle: Bundle) -> ConfigError:
    """Return what is said where a model needs earlier answers and has none."""
    needed = len({feature.name for fit in bundle.fits for feature in fit.features if feature.of_waves})
    return ConfigError(
        f"{bundle.name} uses {needed} column(s) made from earlier questionnaires; declare their file as previous: in "
        "the scoring config (a client may be lacking in it: gaps, as at a first wave)"
    )
