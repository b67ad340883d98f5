"""Give a registered model an alias such as champion, if it passes declared gates.

A new model must not be worse than the present one by more than a declared margin: the far end of
the paired interval of their difference counts, not its middle, so that few people cannot pass for
equality. Paired means the same people for both. If both were trained on the same tables, these are
their own held-out people, whose forecasts each training keeps. Otherwise it takes data of people
neither model was trained on.
"""

import datetime as dt
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pandas as pd

from eriq.config import Flat, Gates, Tables, load_gates, stored_experiment
from eriq.errors import EriqError, PromotionError, SourceError, bullets
from eriq.model.bundle import Bundle, open_bundle
from eriq.model.calibrator import expit
from eriq.model.manifest import Manifest, Measured, read_manifest
from eriq.registry.tracking import Version, find_version, held_out_forecasts, model_folder, point_alias, version_at
from eriq.scoring.chunk import score_rows
from eriq.scoring.options import Options
from eriq.study.evaluation.intervals import bootstrap, differences
from eriq.tables import schema
from eriq.tables.cohort import Registers, build_cohort
from eriq.tables.files import file_digest, read_table
from eriq.tables.intake import read_tables

WORSE = {"log_loss": 1, "brier": 1, "auc": -1}  # the sign of a difference that is worse


@dataclass(frozen=True, slots=True)
class Verdict:
    """What one gate says, and why."""

    gate: str
    passed: bool
    words: str

    def __str__(self) -> str:
        return f"{'pass' if self.passed else 'FAIL'}  {self.gate}: {self.words}"


@dataclass(frozen=True, slots=True, eq=False)
class Pair:
    """Forecasts of the present and the new model for the same rows."""

    client: np.ndarray  # (n,)
    outcome: np.ndarray  # (n,), 0 or 1
    present: np.ndarray  # (n,) log-odds
    new: np.ndarray  # (n,) log-odds
    words: str  # whose they are


@dataclass(frozen=True, slots=True)
class Promotion:
    """A model that got an alias."""

    version: Version
    alias: str
    previous: Version | None
    verdicts: tuple[Verdict, ...]

    @property
    def sentence(self) -> str:
        """What happened, gate by gate."""
        before = f", instead of version {self.previous.number}" if self.previous else ", the first one"
        head = f"{self.version.name} version {self.version.number} is now {self.alias}{before}"
        return bullets(head, map(str, self.verdicts))


def promote(model: str, alias: str = "champion", gates: Path | None = None, data: Path | None = None) -> Promotion:
    """Point `alias` at a registered model that passes every gate.

    Parameters
    ----------
    model : str
        ``models:/name@alias``, ``models:/name/3``, or the folder or name of a trained model.
    alias : str
    gates : Path, optional
        A file like ``configs/promotion.yaml``; without it the built-in gates, which are the same.
    data : Path, optional
        Answers and registers of other people, with outcomes, where the two trainings share no data.

    Raises
    ------
    PromotionError
        With every gate that fails; the alias stays where it was.
    ConfigError, TrackingError, SourceError, SchemaError
        By cause.
    """
    rules = load_gates(gates)
    version = find_version(model)
    previous = version_at(version.name, alias)
    if previous and previous.number == version.number:
        raise PromotionError(f"{version.name} version {version.number} is {alias} already")
    folder = model_folder(version.reference)
    verdicts, bundle = self_test(folder)
    manifest = bundle.manifest if bundle else read_manifest(folder)
    verdicts += [calibrated(manifest, rules), fair(manifest, rules)]
    if bundle:
        verdicts += compared(bundle, version, previous, rules, data)
    failed = [verdict for verdict in verdicts if not verdict.passed]
    if failed:
        head = (
            f"{version.name} version {version.number} is not made {alias}: {len(failed)} of {len(verdicts)} gates fail"
        )
        raise PromotionError(bullets(head, map(str, verdicts)))
    tags = {
        "promoted_to": alias,
        "promoted_on": f"{dt.datetime.now(dt.UTC):%Y-%m-%d %H:%M} UTC",
        "promoted_after": previous.number if previous else "none",
        "gates": "; ".join(map(str, verdicts)),
    }
    point_alias(version, alias, tags)
    return Promotion(version, alias, previous, tuple(verdicts))


# --- gates ---------------------------------------------------------------------------------


def self_test(folder: Path) -> tuple[list[Verdict], Bundle | None]:
    """Return whether a saved model opens and gives the numbers it gave when it was saved."""
    try:
        bundle = open_bundle(folder)
    except EriqError as why:
        return [Verdict("self-test", False, str(why))], None
    return [Verdict("self-test", True, "files are unchanged and give the same numbers here")], bundle


def calibrated(manifest: Manifest, gates: Gates) -> Verdict:
    """Return whether the interval of the calibration slope lies within the declared range.

    >>> slope = Measured(estimate=0.95, low=0.7, high=1.2)
    >>> print(calibrated(Manifest(measures={"calibration_slope": slope}), Gates()))
    FAIL  calibration slope: 0.950, 95 % interval 0.700 to 1.200, must lie within 0.75 to 1.33
    """
    gate = "calibration slope"
    if gates.calibration_slope is None:
        return Verdict(gate, True, "not asked")
    low, high = gates.calibration_slope
    found = manifest.measures.get("calibration_slope", Measured())
    numbers = [float("nan") if end is None else end for end in (found.estimate, found.low, found.high)]
    estimate, least, most = numbers
    if any(number != number for number in numbers):
        return Verdict(gate, False, "the training gave no interval for it (intervals.refit_replicates)")
    words = f"{estimate:.3f}, 95 % interval {least:.3f} to {most:.3f}, must lie within {low:g} to {high:g}"
    return Verdict(gate, low <= least and most <= high, words)


def fair(manifest: Manifest, gates: Gates) -> Verdict:
    """Return whether verdicts on groups are there where they are required, and none of them is a failure."""
    verdicts = manifest.fairness
    failed = sorted(name for name, verdict in verdicts.items() if verdict == "fail")
    if failed:
        return Verdict("fairness", False, f"{len(failed)} of {len(verdicts)} verdicts fail: {', '.join(failed)}")
    if verdicts:
        return Verdict("fairness", True, f"{len(verdicts)} verdicts, none of them a failure")
    if gates.fairness == "required":
        return Verdict("fairness", False, "required, and the model's manifest has no verdicts on groups")
    return Verdict("fairness", True, "NOT LOOKED AT: the gates do not require it, and the model has no verdicts")


def compared(
    bundle: Bundle, version: Version, previous: Version | None, gates: Gates, data: Path | None
) -> list[Verdict]:
    """Return, per measure, whether a model is not worse than the present one by more than the margin."""
    if not gates.not_worse:
        return [Verdict("not worse", True, "not asked")]
    if previous is None:
        return [Verdict("not worse", True, "there is no present model to compare with")]
    try:
        present = open_bundle(model_folder(previous.reference))
        pair = outside(present, bundle, data) if data else inside(present, bundle, previous, version)
    except EriqError as why:
        return [Verdict("not worse", False, f"cannot be compared with version {previous.number}: {why}")]
    return not_worse(pair, gates)


def not_worse(pair: Pair, gates: Gates) -> list[Verdict]:
    """Return a verdict per measure from paired forecasts.

    The bound of a bootstrap interval over clients is compared with the margin, as in a trial of
    non-inferiority.

    Parameters
    ----------
    pair : Pair
    gates : Gates

    Returns
    -------
    list of Verdict

    References
    ----------
    Piaggio et al. (2012), JAMA 308, 2594-2604.

    Examples
    --------
    >>> same = np.array([0.0, 1.0, -1.0, 2.0])
    >>> pair = Pair(np.arange(4), np.array([0, 1, 0, 1]), same, same, "4 rows of 4 clients")
    >>> not_worse(pair, Gates(replicates=100))[0].passed
    True
    """
    made = bootstrap(
        pair.outcome,
        expit(np.column_stack([pair.new, pair.present])),
        pair.client,
        replicates=gates.replicates,
        seed=gates.seed,
        shares=(0.1,),
        thresholds=(0.1,),
    )
    table = differences(made, ["new", "present"], "present", gates.level).set_index("measure")
    verdicts = []
    for measure, margin in gates.not_worse.items():
        row = table.loc[measure]
        worst = row["high"] if WORSE[measure] > 0 else -row["low"]
        words = (
            f"new less present {row['estimate']:+.4f}, {gates.level:.0%} interval {row['low']:+.4f} to "
            f"{row['high']:+.4f}, at most {margin:g} worse is accepted ({pair.words})"
        ).replace("% interval", " % interval")
        verdicts.append(Verdict(f"not worse in {measure}", bool(worst <= margin), words))
    return verdicts


# --- the same people for both --------------------------------------------------------------


def same_outcome(present: Bundle, new: Bundle) -> None:
    """Raise PromotionError when two models forecast different things."""
    if any(getattr(present.manifest, key) != getattr(new.manifest, key) for key in ("outcome", "horizon_days")):
        raise PromotionError("the two models forecast different outcomes")


def inside(present: Bundle, new: Bundle, previous: Version, version: Version) -> Pair:
    """Return held-out forecasts of two trainings on the same tables.

    Raises
    ------
    PromotionError
        When they were not trained on the same rows, or the forecasts of one are not on this machine.
    """
    same_outcome(present, new)
    hint = "give --data with people neither was trained on"
    if present.manifest.data != new.manifest.data:
        raise PromotionError(f"they were trained on different data; {hint}")
    kept = [held_out_forecasts(v) for v in (previous, version)]
    if any(frame is None for frame in kept):
        raise PromotionError(f"the held-out forecasts of one of them are not on this machine; {hint}")
    one, other = kept
    assert one is not None
    assert other is not None
    if not one[["client", "outcome"]].equals(other[["client", "outcome"]]):
        raise PromotionError(f"they were tested on different rows of the same data; {hint}")
    words = f"held-out forecasts of {len(one):,} rows of {one['client'].nunique():,} clients both were trained on"
    client, outcome = one["client"].to_numpy(), one["outcome"].to_numpy()
    return Pair(client, outcome, one["log_odds"].to_numpy(), other["log_odds"].to_numpy(), words)


def outside(present: Bundle, new: Bundle, data: Path) -> Pair:
    """Return the forecasts of two models for other people.

    Only answers given after the period that either model was trained on count. A client who answered
    in that period too may be among them: models hold no ids by which to tell.

    Raises
    ------
    PromotionError
        When no such row has an outcome, or the data are those of a training.
    SourceError, SchemaError, CohortError
        When the data cannot be read.
    """
    same_outcome(present, new)
    sides = [_scored(bundle, data) for bundle in (present, new)]
    keys = [name for name in ("client_id", "answered_on", "row") if all(name in side for side in sides)]
    both = sides[0].merge(sides[1], on=[*keys, "outcome"], validate="one_to_one", suffixes=("_present", "_new"))
    if "answered_on" in both:
        ends = [bundle.manifest.period[1] for bundle in (present, new) if bundle.manifest.period]
        if ends:
            both = both[both["answered_on"] > pd.Period(max(ends), "M").end_time]
            if both.empty:
                words = f"no row of {data.name} with a known outcome was answered after {max(ends)}"
                raise PromotionError(f"{words}, the last month of training")
    if both["outcome"].nunique() < 2:
        raise PromotionError(f"{len(both)} row(s) of {data.name} can be compared, and all have the same outcome")
    client, _ = pd.factorize(both["client_id"])
    words = f"{len(both):,} rows of {client.max() + 1:,} clients in {data.name}, answered after both trainings"
    outcome, forecasts = (
        both["outcome"].to_numpy(),
        [both[f"log_odds_{side}"].to_numpy() for side in ("present", "new")],
    )
    return Pair(client, outcome, forecasts[0], forecasts[1], words)


def _scored(bundle: Bundle, data: Path) -> pd.DataFrame:
    """Return client, key, outcome and log-odds of every row that has an outcome and can be scored."""
    experiment = stored_experiment(bundle.manifest.config)
    if isinstance(experiment.source, Flat):
        return _scored_flat(bundle, experiment.source, data)
    instrument = bundle.instrument
    assert instrument is not None
    source = _tables(data)
    intake = read_tables(source, instrument, dt.date.today())
    schema.refuse(intake.problems)
    _other_people(intake.digests["answers"], bundle, "answers", data)
    outcome = experiment.outcome_definition()
    cohort = build_cohort(intake.answers, intake.registers, outcome, followed_until=intake.followed_until)
    registers: Registers | None = intake.registers if bundle.needs_registers else None
    scored = score_rows(bundle, intake.answers, Options(reasons=0), registers).scores
    known = cohort.rows[["client_id", "answered_on", "outcome"]]
    return scored[["client_id", "answered_on", "log_odds"]].merge(
        known, on=["client_id", "answered_on"], validate="one_to_one"
    )


def _scored_flat(bundle: Bundle, source: Flat, data: Path) -> pd.DataFrame:
    frame = read_table(data, source.csv)
    _other_people(file_digest(data), bundle, "table", data)
    if source.outcome not in frame:
        raise SourceError(f"{data.name} has no column {source.outcome}")
    scored = score_rows(bundle, frame, Options(reasons=0)).scores
    outcome = pd.to_numeric(frame[source.outcome], errors="coerce").to_numpy("float64", na_value=np.nan)
    made = scored[["row", "client_id", "log_odds"]].assign(outcome=outcome[scored["row"].to_numpy() - 1])
    return made[made["outcome"].isin([0, 1])].astype({"outcome": "int8"})


def _other_people(digest: str, bundle: Bundle, table: str, data: Path) -> None:
    if bundle.manifest.data.get(table) == digest:
        raise PromotionError(f"{data.name} is what {bundle.name} was trained on")


def _tables(folder: Path) -> Tables:
    """Return the four tables of a folder, whatever their format."""
    found: dict[str, Path] = {}
    names: Sequence[str] = ("answers", "persons", "spells", "events")
    for name in names:
        for suffix in (".parquet", ".csv", ".xlsx"):
            if (file := folder / f"{name}{suffix}").exists():
                found.setdefault(name, file)
    if missing := [name for name in ("answers", "persons", "spells") if name not in found]:
        raise SourceError(f"{folder} has no {' and no '.join(missing)}; outcomes are made from spells of work")
    return Tables(kind="tables", extra_columns="ignore", **found)
