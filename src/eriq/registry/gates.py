"""What a new model must show before it gets an alias, gate by gate."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from eriq.config import Gates
from eriq.errors import EriqError
from eriq.model.bundle import Bundle, open_bundle
from eriq.model.calibrator import expit
from eriq.model.manifest import Manifest, Measured
from eriq.model.signature import Keys
from eriq.registry.logged import check_logged
from eriq.study.evaluation.bootstrap import bootstrap
from eriq.study.evaluation.intervals import differences
from eriq.study.evaluation.wanted import Wanted
from eriq.study.groups.verdicts import NONE, SHOWN

WORSE: Mapping[str, int] = {"log_loss": 1, "brier": 1, "auc": -1}  # the sign of a difference that is worse


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


def self_test(folder: Path, trusted: Keys = ()) -> tuple[list[Verdict], Bundle | None]:
    """Return whether a saved model opens, gives the numbers it gave when saved, and has its own code beside it."""
    try:
        bundle = open_bundle(folder, trusted)
        check_logged(folder, bundle.manifest)
    except EriqError as why:
        return [Verdict("self-test", False, str(why))], None
    signed = ", signed by a trusted key" if trusted else ""
    return [Verdict("self-test", True, f"files are unchanged and give the same numbers here{signed}")], bundle


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
    """Return whether there are verdicts on groups where they are required, and no gap is shown.

    >>> print(fair(Manifest(), Gates()))
    pass  fairness: not assessed: the gates do not require it, and the model has no verdicts on groups
    """
    verdicts = manifest.fairness
    required = gates.fairness == "required"
    if not verdicts:
        words = "required, and the model" if required else "the gates do not require it, and the model"
        return Verdict("fairness", not required, f"not assessed: {words} has no verdicts on groups")
    shown = sorted(name for name, verdict in verdicts.items() if verdict == SHOWN)
    if shown:
        words = f"{len(shown)} of {len(verdicts)} verdicts are '{SHOWN}': {_some(shown)}"
        return Verdict("fairness", not required, words if required else f"{words} (the gates accept that)")
    return Verdict("fairness", True, f"{len(verdicts)} verdicts, none of them '{SHOWN}'")


def groups_alike(manifest: Manifest, gates: Gates) -> list[Verdict]:
    """Return a verdict per audit column that the gates require; a group does not pass for being small.

    >>> gates = Gates.model_validate({"groups": {"require": ["sex"]}})
    >>> print(*groups_alike(Manifest(fairness={"sex = female: auc": "insufficient evidence"}), gates))
    FAIL  groups by sex: 1 of 1 verdicts are not accepted: sex = female: auc (insufficient evidence)
    """
    plan, found = gates.groups, []
    for column in plan.require:
        gate = f"groups by {column.replace('_', ' ')}"
        mine = {name: verdict for name, verdict in manifest.fairness.items() if _counts(name, column, plan.measures)}
        wrong = {name: v for name, v in mine.items() if v not in (NONE, *plan.accept)}
        if not mine:
            found.append(Verdict(gate, False, "not assessed: the model's manifest has no verdicts on them"))
        elif wrong:
            named = _some([f"{name} ({verdict})" for name, verdict in sorted(wrong.items())])
            found.append(Verdict(gate, False, f"{len(wrong)} of {len(mine)} verdicts are not accepted: {named}"))
        else:
            found.append(Verdict(gate, True, f"{len(mine)} verdicts, all of them accepted"))
    return found


def _counts(name: str, column: str, measures: Sequence[str] | None) -> bool:
    """Return whether a verdict is on a column, and on a measure that counts."""
    return name.startswith(f"{column} = ") and (measures is None or name.rpartition(": ")[2] in measures)


def _some(names: Sequence[str], most: int = 6) -> str:
    more = f", and {len(names) - most} more" if len(names) > most else ""
    return ", ".join(names[:most]) + more


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
        Wanted(tuple(gates.not_worse)),
        replicates=gates.replicates,
        seed=gates.seed,
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
