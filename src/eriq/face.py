"""eriq from Python: what `import eriq` gives, each name resolved on first use."""

import datetime as dt
from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Literal

import pandas as pd

from eriq.errors import SchemaError
from eriq.instrument.instrument import Instrument, load_instrument
from eriq.instrument.texts import Language
from eriq.model.bundle import Bundle
from eriq.model.explanation import explained
from eriq.model.screen import about, screen
from eriq.registry.models import MODELS, load_model
from eriq.scoring.chunk import usable_rows
from eriq.scoring.frame import score_frame
from eriq.scoring.job import Batch
from eriq.scoring.options import Options
from eriq.simulation.cohort import SimulatedCohort
from eriq.simulation.cohort import simulate as simulate_cohort
from eriq.simulation.settings import load_simulation
from eriq.tables import schema
from eriq.tables.cohort import Registers
from eriq.tables.intake import check_registers
from eriq.workflows import score as scoring
from eriq.workflows import train as training
from eriq.workflows.check import check as check_config

if TYPE_CHECKING:
    import shap


@dataclass(frozen=True, repr=False, eq=False)
class Model:
    """A saved model that was checked and opened; `eriq.load` and ``run.model`` give one.

    Forecasts are associations, not effects, and for offering support: a person decides.
    """

    bundle: Bundle
    trusted_keys: tuple[Path, ...] | None = None  # public key files, one of which has signed it

    @property
    def name(self) -> str:
        """Name, date and digest, as every score carries them."""
        return self.bundle.name

    @property
    def folder(self) -> Path:
        """Where it is saved."""
        return self.bundle.folder

    @property
    def instrument(self) -> Instrument | None:
        """The questionnaire it was trained on; none for a ready table."""
        return self.bundle.instrument

    @property
    def measures(self) -> pd.DataFrame:
        """What it showed on held-out people: estimate, low and high per measure."""
        found = {name: m.model_dump() for name, m in self.bundle.manifest.measures.items()}
        return pd.DataFrame.from_dict(found, orient="index", columns=["estimate", "low", "high"], dtype="float64")

    def predict(
        self,
        frame: pd.DataFrame,
        *,
        registers: Registers | SimulatedCohort | None = None,
        reasons: int = 0,
        language: Language | None = None,
        today: dt.date | None = None,
    ) -> pd.DataFrame:
        """Return a probability for every row that passes the checks of `eriq score`, and why for the others.

        Parameters
        ----------
        frame : DataFrame of shape (n_rows, any)
            Answers under the names of the questionnaire, or the columns of the ready table the model was trained
            on; columns in any order, others are not looked at.
        registers : Registers or SimulatedCohort, optional
            Persons, spells and events, for a model that uses them; its register columns may also stand in `frame`.
        reasons : int
            So many of the largest contributions per row, 0 to 50.
        language : {"en", "sv", "da"}, optional
            Of the reasons; if not given, the first that the questionnaire has.
        today : date, optional
            Answers after this day are in the future; none: today.

        Returns
        -------
        DataFrame of shape (n_rows, 5 or more)
            With the index of `frame`. ``probability`` in [0, 1] of the model's outcome, ``log_odds``, and for a row
            that is set aside no probability, its ``code`` and in ``set_aside`` the reason; ``basis`` in words.

        Raises
        ------
        SchemaError
            When a column is missing or there twice, or registers are needed or broken.
        ConfigError
            When `reasons` or `language` cannot be used.

        Examples
        --------
        >>> people = eriq.simulate(clients=50, seed=2)
        >>> forecasts = model.predict(people.answers)
        >>> list(forecasts), len(forecasts) == len(people.answers)
        (['probability', 'log_odds', 'code', 'set_aside', 'basis'], True)
        """
        options = Options(language=language, reasons=reasons, today=today)
        made = score_frame(self.bundle, frame, options, _checked(registers, today))
        return made.set_axis(frame.index, axis="index")

    def explain(
        self,
        frame: pd.DataFrame,
        *,
        registers: Registers | SimulatedCohort | None = None,
        language: Language | None = None,
        today: dt.date | None = None,
    ) -> "shap.Explanation":
        """Return what each answer and each register fact adds to the log-odds, for the plots of shap.

        Parameters
        ----------
        frame : DataFrame of shape (n_rows, any)
            As for `predict`; every row must pass the checks.
        registers, today
            As for `predict`.
        language : {"en", "sv", "da"}, optional
            Of labels and answers; if not given, the first that the questionnaire has.

        Returns
        -------
        shap.Explanation
            ``values`` of shape (n_rows, n_units) in log-odds; with ``base_values`` a row adds up to its ``log_odds``.
            ``data`` are the answers as numbers, ``display_data`` in words. Health and justice registers are one unit
            without data.

        Raises
        ------
        SchemaError
            When some row would be set aside, or what `predict` refuses.

        References
        ----------
        Lundberg and Lee (2017), NeurIPS 30; Lundberg et al. (2020), Nature Machine Intelligence 2.

        Examples
        --------
        >>> people = eriq.simulate(clients=50, seed=2)
        >>> good = model.predict(people.answers)["code"] == ""
        >>> explanation = model.explain(people.answers[good])
        >>> explanation.values.shape[0] == good.sum(), len(explanation.feature_names) == explanation.values.shape[1]
        (np.True_, True)
        """
        usable = usable_rows(self.bundle, frame, today or dt.date.today(), _checked(registers, today))
        if aside := len(usable.rejected):
            raise SchemaError(
                f"{aside} of {len(frame)} row(s) cannot be scored and so not explained; predict says why: leave them "
                'out with frame[model.predict(frame)["code"] == ""]'
            )
        return explained(self.bundle, [(part.bundle, part.places, part.matrix) for part in usable.parts], language)

    def __repr__(self) -> str:
        return about(self.bundle.manifest, self.bundle.model.convention)


@dataclass(frozen=True, repr=False, eq=False)
class Run:
    """What a training left behind; `eriq.train` gives one."""

    model: Model | None  # none where no contender is worth saving: `not_saved` says why
    report: Path  # one HTML file, opens offline; its tables stand beside it
    run_id: str  # of the tracked run
    sentence: str  # the declared difference in words
    not_saved: str  # why there is no model, where there is none
    folder: Path  # what this training keeps, also when `report` shows a later one

    @cached_property
    def measures(self) -> pd.DataFrame:
        """Every measure of every contender with its interval, as in the report."""
        return pd.read_csv(self.folder / "tables" / "measures.csv")

    @cached_property
    def verdict(self) -> str:
        """The verdict on the declared difference, such as "no gain shown"."""
        return str(pd.read_csv(self.folder / "tables" / "headline.csv")["verdict"].iloc[0])

    def __repr__(self) -> str:
        auc = self.measures[self.measures["measure"] == "auc"].sort_values("estimate", ascending=False)
        shown = [f"{row.contender}: {row.estimate:.3f} ({row.low:.3f} to {row.high:.3f})" for row in auc.itertuples()]
        here = Path.cwd()
        lines = {
            "verdict": self.verdict,
            "in words": self.sentence,
            "AUC": "\n".join(shown[:10] + [f"and {len(shown) - 10} more, see measures"] * (len(shown) > 10)),
            "model": self.model.name if self.model else f"none is saved: {self.not_saved}",
            "report": str(self.report.relative_to(here) if self.report.is_relative_to(here) else self.report),
        }
        return screen("eriq.Run", lines)


def check(config: str | Path) -> str:
    """Validate a config with its questionnaire and data, and say what a training would use; train nothing.

    Parameters
    ----------
    config : str or Path
        An experiment file, or the name of a shipped one.

    Raises
    ------
    EriqError
        By cause, with every problem at once.

    Examples
    --------
    >>> eriq.check("quick").splitlines()[0]
    '1,722 answered waves read'
    """
    return check_config(config)


def train(
    config: str | Path,
    *,
    models: str | Path = MODELS,
    workers: int | None = None,
    resume: bool = False,
    say: training.Say = lambda text: None,
) -> Run:
    """Compare the contenders of a config, save the chosen model, track everything.

    Parameters
    ----------
    config : str or Path
        An experiment file, or the name of a shipped one.
    models : str or Path
        Folder where the model is saved; report and tracking go to ``mlruns`` of the current folder.
    workers : int, optional
        Processes; one per core when not given.
    resume : bool
        Take over contenders finished by an earlier run on the same content.
    say : callable
        Told a sentence at a time; ``print`` shows what the command line shows.

    Returns
    -------
    Run
        With ``report``, ``model``, ``measures`` and ``verdict``; no model if none is worth saving.

    Raises
    ------
    EriqError
        By cause, before anything is fitted where that is possible.

    Examples
    --------
    >>> run = eriq.train("tiny.yaml", workers=1)
    >>> run.verdict, run.report.name, list(run.measures)[:3]
    ('no gain shown: cannot tell', 'report.html', ['contender', 'measure', 'at'])
    """
    done = training.train(config, models=Path(models), workers=workers, resume=resume, say=say)
    model = _opened(done.bundle) if done.bundle else None
    return Run(model, done.report.resolve(), done.run_id, done.sentence, done.not_saved, done.kept.resolve())


def load(reference: str | Path, *, trusted_keys: Sequence[str | Path] | None = None) -> Model:
    """Open a saved model after checking every file, and let it prove itself on its self-test.

    Parameters
    ----------
    reference : str or Path
        A folder, a name under ``models``, or ``models:/name@alias`` or ``runs:/id`` of the registry.
    trusted_keys : sequence of str or Path, optional
        Public key files, one of which must have signed it; none: those that ERIQ_TRUSTED_KEYS names, if any.

    Raises
    ------
    BundleError
        When it is not there, was changed, is not ours, or is not signed as it must be.
    TrackingError
        When the registry cannot be asked or does not know the name.

    Examples
    --------
    >>> eriq.load("models:/eriq-tiny@candidate").name == model.name
    True
    """
    keys = None if trusted_keys is None else tuple(Path(key).resolve() for key in trusted_keys)
    return replace(_opened(load_model(str(reference), keys)), trusted_keys=keys)


def score(
    model: Model | str | Path,
    given: str | Path,
    out: str | Path,
    *,
    audience: Literal["caseworker", "operator"] = "operator",
    language: Language | None = None,
    reasons: int = 5,
    overwrite: bool = False,
) -> Batch:
    """Score a file as `eriq score` does; every row ends in `out` or in ``<out>.rejected.csv``.

    Parameters
    ----------
    model : Model, str or Path
        An opened model, or what `load` takes.
    given : str or Path
        Answers (CSV, Parquet, Excel), or a folder with all four tables.
    out : str or Path
        Score file, ``.csv`` or ``.parquet``.
    audience : {"operator", "caseworker"}
        A caseworker gets reasons only, no number.
    language : {"en", "sv", "da"}, optional
        Of labels and answers; if not given, the first that the questionnaire has.
    reasons : int
        Reasons per row, 0 to 50.
    overwrite : bool
        Replace an output that is there.

    Returns
    -------
    Batch
        Rows ``read``, ``scored`` and ``rejected``, and a ``sentence``.

    Raises
    ------
    EriqError
        By cause; then nothing stands under the final name.

    Examples
    --------
    >>> eriq.simulate(clients=50, seed=2).answers.to_csv("answers.csv", index=False)
    >>> batch = eriq.score(model, "answers.csv", "scores.csv")
    >>> batch.read == batch.scored + batch.rejected
    True
    """
    reference = str(model.folder if isinstance(model, Model) else model)
    shown: dict[str, object] = {"audience": audience, "language": language, "reasons": reasons}
    if isinstance(model, Model):  # it is opened once more, and checked again
        shown["trusted_keys"] = model.trusted_keys
    job = scoring.job_of(reference, given, out, csv=None, **shown)
    return scoring.run(job, overwrite=overwrite)


def simulate(
    clients: int = 5512, seed: int = 2013, *, preset: str | Path = "claim", instrument: str | Path = "eriq22"
) -> SimulatedCohort:
    """Return a made-up cohort: four tables and the form of staff, and apart from them the truth behind every answer.

    Parameters
    ----------
    clients : int
        Number of clients, at least 1; each answers every three months.
    seed : int
        Same seed, same tables.
    preset : str or Path
        ``"claim"``, ``"literature"``, ``"null"``, or a file.
    instrument : str or Path
        The questionnaire that is answered.

    Returns
    -------
    SimulatedCohort
        ``answers``, ``persons``, ``spells``, ``events``, ``forms``; ``truth`` and ``caseworkers`` are what nobody
        could know.

    Raises
    ------
    ConfigError, InstrumentError
        When preset or questionnaire cannot be used.

    Examples
    --------
    >>> cohort = eriq.simulate(clients=100, seed=1)
    >>> cohort.answers.shape[0], cohort.persons.shape[0]
    (287, 100)
    """
    return simulate_cohort(load_simulation(preset), load_instrument(instrument), clients=clients, seed=seed)


def _opened(bundle: Bundle) -> Model:
    """Return a model that knows its folder wherever the program goes."""
    return Model(replace(bundle, folder=bundle.folder.resolve()))


def _checked(given: Registers | SimulatedCohort | None, today: dt.date | None) -> Registers | None:
    """Return checked register tables; here every problem is the tables', as no answer can be blamed for it."""
    if given is None:
        return None
    frames = {"persons": given.persons, "spells": given.spells, "events": given.events}
    registers, problems = check_registers(frames, today or dt.date.today(), extra="ignore")  # type: ignore[arg-type]
    schema.refuse(problems)
    return registers
