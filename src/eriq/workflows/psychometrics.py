"""How good a questionnaire itself is, by the answers of a config: page, tables and tracked run; trains nothing."""

import datetime as dt
import re
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import pandas as pd

from eriq.config import Experiment, Flat, Simulated, Tables, load_experiment
from eriq.disclosure import in_force, min_people
from eriq.errors import CohortError, ConfigError
from eriq.instrument.instrument import Instrument, load_instrument
from eriq.psychometrics.assess import Plan, assess, steps_of
from eriq.psychometrics.cfa import require_semopy
from eriq.psychometrics.files import snippet_of, write_quality
from eriq.psychometrics.page import About, sentences
from eriq.registry.other_runs import OtherRun, log_other
from eriq.registry.tracking import HOME
from eriq.simulation.intake import simulate_tables
from eriq.tables import schema
from eriq.tables.consent import agreed
from eriq.tables.intake import Intake, read_tables
from eriq.tables.results import Results

FEW_EACH = "other, few each"
BY = ("sex", "language", "wave", "job_centre", "arm")  # those that the data have


@dataclass(frozen=True, slots=True, eq=False)
class Looked:
    """Where the results are."""

    page: Path
    run_id: str
    sentences: tuple[str, ...]
    tables: Results  # cleared


def psychometrics(
    config: str | Path,
    *,
    out: Path | None = None,
    replicates: int = 200,
    with_cfa: bool = True,
    begin: Callable[[int], None] = lambda total: None,
    step: Callable[[str, str], None] = lambda what, which: None,
) -> Looked:
    """Look at the questionnaire of a config with the answers it names.

    Parameters
    ----------
    config : str or Path
        An experiment file, or the name of a shipped one; its questionnaire and its source are read.
    out : Path, optional
        Folder of the results, replaced; ``mlruns/psychometrics/NAME`` when not given.
    replicates : int
        Draws of clients for intervals.
    with_cfa : bool
        Whether fit indices are computed, which needs semopy.
    begin, step : callables
        Told the number of parts, and each finished one.

    Raises
    ------
    EriqError
        By cause: ConfigError for a ready table or no questionnaire, DependencyError without semopy, CohortError where
        nobody who consented answered.
    """
    experiment = load_experiment(config)
    if isinstance(experiment.source, Flat) or experiment.instrument is None:
        raise ConfigError(
            "psychometrics needs answers to a questionnaire: a config with instrument, and source.kind tables or "
            "simulated; a ready table does not say which columns are items of what scale"
        )
    if with_cfa:
        require_semopy()
    instrument = load_instrument(experiment.instrument)
    if not instrument.items:
        raise ConfigError(f"questionnaire {instrument.label} has no items to look at")
    intake = _intake(experiment, experiment.source, instrument)
    answers = _consented(intake.answers)
    with in_force(experiment.disclosure.release):
        groups = _groups(answers, intake.registers.persons)
    plan = Plan(instrument, experiment.seed, replicates, with_cfa, step)
    begin(steps_of(plan, groups))
    with in_force(experiment.disclosure.release):
        tables = assess(answers, groups, plan)
        about = About(
            experiment.name,
            instrument,
            len(answers),
            answers["client_id"].nunique(),
            intake.about,
            snippet_of(tables),
        )
        folder = out or HOME / "psychometrics" / experiment.name
        page, cleared = write_quality(folder, tables, about)
        found = tuple(sentences(cleared))
    stamp = instrument.stamp
    tags = {"instrument": instrument.label, "instrument_digest": stamp["digest"][:16]}
    run = OtherRun(experiment.name, "psychometrics", " ".join(found), tags, _metrics(cleared), folder)
    return Looked(page, log_other(run), found, cleared)


def _intake(experiment: Experiment, source: Simulated | Tables, instrument: Instrument) -> Intake:
    today = experiment.today or dt.date.today()
    if isinstance(source, Simulated):
        intake = simulate_tables(source, instrument, today)
    else:
        intake = read_tables(source, instrument, today)
    schema.refuse(intake.problems)
    return intake


def _consented(answers: pd.DataFrame) -> pd.DataFrame:
    """Return the rows of people who consented, where that was asked, and did not withdraw."""
    kept = answers[agreed(answers)].reset_index(drop=True)
    if kept.empty:
        raise CohortError("no answers of anybody who consented; psychometrics looks at those alone")
    return kept


def _groups(answers: pd.DataFrame, persons: pd.DataFrame) -> pd.DataFrame:
    """Return what people are compared by, row by row: those columns that say something, as text.

    Groups of few people stand together without their names: a name alone tells that its few people are there.
    """
    joined = answers[["client_id"]].merge(persons, on="client_id", how="left", validate="many_to_one")
    found = {name: (answers if name in answers else joined).get(name) for name in BY}
    several = {
        name: column for name, column in found.items() if column is not None and len(column.dropna().unique()) > 1
    }
    words = {}
    for name, column in several.items():
        text = pd.Series(column.astype("str").where(column.notna()).to_numpy(), index=answers.index)
        people = answers["client_id"].groupby(text).transform("nunique")
        words[name] = text.mask(people < min_people(), FEW_EACH)
    return pd.DataFrame(words, index=answers.index)


def _metrics(tables: Results) -> dict[str, float]:
    """Return reliabilities by scale, and how many items were judged to differ between groups."""
    made = {}
    for row in tables.get("scale_reliability", pd.DataFrame()).to_dict("records"):
        if pd.notna(row["estimate"]):
            made[f"{row['measure']}_{row['scale']}"] = float(row["estimate"])
    verdicts = tables["dif"]["verdict"].value_counts() if "dif" in tables else pd.Series(dtype="int64")
    made |= {"dif_" + re.sub("[^a-z]+", "_", str(verdict)): float(count) for verdict, count in verdicts.items()}
    return made
