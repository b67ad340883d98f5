"""From a config to a compared, explained, saved and tracked model."""

import datetime as dt
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np

from eriq.config import Experiment, load_experiment
from eriq.disclosure import in_force
from eriq.model.bundle import Bundle
from eriq.model.model import Model
from eriq.registry import tracking
from eriq.registry.models import MODELS, no_model
from eriq.registry.tracking import HOME
from eriq.registry.training_run import Finished, log_training
from eriq.study.comparison.answers import answer_tables
from eriq.study.comparison.bases import Judged, further_bases, whole_basis
from eriq.study.comparison.by_basis import basis_tables, population_words
from eriq.study.comparison.calibrated import calibrator_of, saved_forecasts
from eriq.study.comparison.compare import Comparison, compare
from eriq.study.comparison.declared import PairFits, begin_declared, declared_difference
from eriq.study.comparison.designs import OtherDesign, begin_designs, other_designs
from eriq.study.comparison.entry_curve import entry_curve, timed_contender
from eriq.study.comparison.handover import handover_table
from eriq.study.comparison.out_of_fold import OutOfFold, home_forecasts
from eriq.study.comparison.policies import Policy, begin_policies, missing_policies
from eriq.study.comparison.sample import described, sample_sizes
from eriq.study.comparison.slices import by_slices
from eriq.study.comparison.strongest import begin_strengths, without_strongest
from eriq.study.comparison.verdict import headline_pair
from eriq.study.design.contender import Contender
from eriq.study.design.design import Design
from eriq.study.design.doubts import doubts_of
from eriq.study.design.folds import Fold
from eriq.study.design.prepare import prepare
from eriq.study.design.study import Study, summary
from eriq.study.evaluation.sample_size import before_a_run
from eriq.study.explanation.explain import explain
from eriq.study.explanation.explained import Explained
from eriq.study.explanation.rules import best_rules
from eriq.study.explanation.scorecards import scorecards
from eriq.study.groups.audit import audit
from eriq.study.groups.columns import group_labels
from eriq.study.groups.listed import listed
from eriq.study.groups.who import who
from eriq.study.learning.final import final_model
from eriq.study.learning.progress import Progress
from eriq.study.learning.queue import HERE, Given, Queue, all_of, one_thread, workers_of
from eriq.study.learning.resume import KEPT_DAYS, Cache, Resumed, begin_or_take_over, forget_old
from eriq.study.learning.training import Learning
from eriq.study.reporting import canvas
from eriq.study.reporting.card import card_markdown
from eriq.study.reporting.facts import Facts, Noted, facts_of
from eriq.study.reporting.figures import MAKERS
from eriq.study.reporting.files import draw, write_results
from eriq.study.reporting.findings import cleared
from eriq.study.reporting.folders import dated_folder, show_newest
from eriq.study.saving import Fitted, held_out, save
from eriq.tables.results import Results
from eriq.workflows.check import checked_folds
from eriq.workflows.sign import key_of_env, sign_bundle

Say = Callable[[str], None]  # told a sentence
SMALL_WORK = 60_000  # rows x contenders x folds below which starting processes costs more than it saves


@dataclass(frozen=True, slots=True)
class Trained:
    """Where the results of a training are."""

    bundle: Bundle | None  # none where no contender is worth saving
    report: Path  # where the newest report of the config is
    run_id: str
    sentence: str
    not_saved: str = ""  # why there is no model
    kept: Path = Path()  # the folder that this training keeps, whatever comes after it


@dataclass(frozen=True, slots=True, eq=False)
class Work:
    """A training under way."""

    experiment: Experiment
    study: Study
    threads: int
    queue: Queue  # of fits
    beside: Queue  # of pictures and tracking: a process that is warm by the time it is needed
    progress: Progress
    started: dt.datetime
    few_people: bool  # fewer events than the least that the declared pair needs

    @property
    def learning(self) -> Learning:
        """How every contender learns."""
        return Learning(self.study.features, self.experiment.seed, self.experiment.tuning)


def train(
    config: str | Path,
    *,
    models: Path = MODELS,
    workers: int | None = None,
    resume: bool = False,
    say: Say = lambda text: None,
    begin: Callable[[int], None] = lambda total: None,
    step: Callable[[str, str], None] = lambda what, which: None,
) -> Trained:
    """Run a config from input to saved model, report and tracked run.

    Parameters
    ----------
    config : str or Path
        An experiment file, or the name of a shipped one.
    models : Path
        Where the model is saved.
    workers : int, optional
        Processes for folds and contenders; one per core when not given.
    resume : bool
        Take over forecasts of contenders that an earlier run finished on the same content.
    say, begin, step : callables
        Told sentences, how many steps each part of the work takes as it begins, and each step that is done.

    Raises
    ------
    EriqError
        By cause, before anything is fitted where that is possible.
    """
    experiment, started = load_experiment(config), dt.datetime.now(dt.UTC)
    if name := experiment.sign_with_env:
        key_of_env(name, (models, HOME))  # before hours of work, not after them
    # Processes and our own threads share the cores; native libraries spinning beside them stall.
    release = experiment.disclosure.release
    others = workers_of(workers)
    with one_thread(), in_force(release), Queue(release, min(others, 1)) as beside, Queue(release, others) as queue:
        beside.warm(canvas.ready)
        study = prepare(experiment)
        say(summary(study))
        pair = headline_pair(experiment.headline, study.contenders)
        carried = sample_sizes(study, pair)
        doubts = doubts_of(study)
        for sentence in (*before_a_run(carried), *doubts, study.about):
            if sentence:
                say(sentence)
        folds = checked_folds(study, experiment)
        beside.warm(tracking.ready)
        small = len(study.design.outcome) * len(study.contenders) * len(folds) < SMALL_WORK
        few, fits = any(size.few_events for size in carried), HERE if small else queue
        work = Work(experiment, study, others or 1, fits, beside, Progress(begin, step), started, few)
        if gone := forget_old(HOME / "cache"):
            say(f"{gone:,} finished contender(s) kept for --resume for more than {KEPT_DAYS} days were removed")
        begun = _begun(work, folds, resume=resume)
        found = _compared(work, begun, folds)
        say(str(found.tables["headline"]["sentence"].iloc[0]))
        found = _by_group(work, found)
        strongest = without_strongest(
            found.held, experiment, study.features, queue=work.queue, progress=work.progress, begun=begun.strengths
        )
        if strongest:
            say(strongest.sentence)
        if found.not_saved:
            say(no_model(found.chosen.name, found.not_saved))
        found, judged = _by_basis(work, found, resume=resume)
        model, explanations = _fitted_and_explained(work, found)
        sizes = sample_sizes(study, tuple(dict.fromkeys((*pair, found.chosen))))
        people = {**described(study, sizes), **who(study, experiment), **answer_tables(study)}
        tables = {**found.tables, **people, **explanations, **_elsewhere(work, found, begun)}
        noted = Noted(started, doubts, strongest.sentence if strongest else "", population_words(found.tables))
        facts = facts_of(experiment, study, found, model, sizes, noted)
        fitted = _with_bases(work, model, judged) if model else None
        return _kept(work, found, fitted, facts, {name: t for name, t in tables.items() if len(t)}, models)


@dataclass(frozen=True, slots=True, eq=False)
class Begun:
    """All fits that depend on no other result: they stand in the queue from the start, in this order."""

    contenders: Resumed
    pair: PairFits
    strengths: Given[dict[str, float]]
    designs: tuple[OtherDesign, ...]
    policies: tuple[Policy, ...]


def _begun(work: Work, folds: Sequence[Fold], *, resume: bool) -> Begun:
    study, experiment, learning, queue = work.study, work.experiment, work.learning, work.queue
    with_, without = headline_pair(experiment.headline, study.contenders)
    cache = Cache(HOME / "cache", study.design, folds, experiment, enabled=resume)
    return Begun(
        begin_or_take_over(study.contenders, cache, learning, queue),
        begin_declared((without, with_), study.design, folds, experiment, learning, queue),
        begin_strengths(with_, study.design, folds, study.features, experiment.seed, queue),
        begin_designs(study, experiment, queue),
        begin_policies(study, experiment, queue) if experiment.missing_sensitivity else (),
    )


def _compared(work: Work, begun: Begun, folds: Sequence[Fold]) -> Comparison:
    """Return what the contenders show on people they were not fitted on."""
    study, experiment = work.study, work.experiment
    single = begun.contenders.repeats(work.progress)
    held = OutOfFold.of_repeats(study.contenders, study.design, single, tuple(folds))
    external = study.external is not None
    return compare(
        held,
        experiment,
        study.truth,
        workers=work.threads,
        home=home_forecasts(study, experiment, work.queue, work.progress) if external else None,
        declared=replace(
            declared_difference(held, experiment, work.learning, progress=work.progress, begun=begun.pair),
            few_people=work.few_people,
        ),
    )


def _by_group(work: Work, found: Comparison) -> Comparison:
    """Return the comparison with the tables on groups: of the saved model's forecasts for people it did not see."""
    plan, held = work.experiment.groups, found.held
    if plan is None or found.not_saved:
        return found
    home = None if found.home is held else found.home
    labels = group_labels(work.study.design.rows.iloc[held.tested], plan)
    saved = saved_forecasts(held, found.chosen, home)
    tables = audit(saved, labels, work.experiment, workers=work.threads)
    return replace(found, tables={**found.tables, **tables})


def _by_basis(work: Work, found: Comparison, *, resume: bool) -> tuple[Comparison, tuple[Judged, ...]]:
    """Return the comparison with how good forecasts are by what was answered, and a fit for each, the model first."""
    experiment, study, home = work.experiment, work.study, found.home
    if not experiment.score_parts or found.not_saved or home.design.halves is None:
        return found, ()

    def run(contenders: Sequence[Contender], design: Design, folds: Sequence[Fold]) -> np.ndarray:
        cache = Cache(HOME / "cache", design, folds, experiment, enabled=resume)
        return begin_or_take_over(contenders, cache, work.learning, work.queue).repeats(work.progress)

    whole = whole_basis(home, found.chosen, study.features)
    if not whole.basis[0]:  # no answer is used
        return found, ()
    judged = (whole, *further_bases(home, found.chosen, experiment, study.features, run))
    return replace(found, tables={**found.tables, **basis_tables(judged, experiment)}), judged


def _with_bases(work: Work, model: Model, judged: Sequence[Judged]) -> Fitted:
    """Return a model with its further fits, each fitted on all rows that have what it takes."""
    refits, made = work.experiment.explain.instability_refits, []
    for one in judged[1:]:
        if not one.not_saved:
            some = one.held.design.judged()
            fit, _ = final_model(one.chosen, some, work.learning, one.calibrator, refits, work.progress, work.queue)
            made.append((one, fit))
    return Fitted(model, judged[0].basis[0] if judged else (), tuple(made))


def _fitted_and_explained(work: Work, found: Comparison) -> tuple[Model | None, Results]:
    """Return the model to save, fitted on all rows, and what its forecasts are associated with.

    Forecasts that are not worth saving are not explained either: what they rest on is noise.
    """
    study, experiment, home = work.study, work.experiment, work.study.home.judged()
    rules: Results = {
        "rules": best_rules(study.contenders, home, study.features, experiment.seed),
        **scorecards(study.contenders, home, study.features, experiment.seed, study.instrument),
    }
    if found.not_saved:
        return None, rules
    calibrator, refits = calibrator_of(found.home, found.chosen), experiment.explain.instability_refits
    model, settled = final_model(found.chosen, home, work.learning, calibrator, refits, work.progress, work.queue)
    whole = Explained(model, settled, home, study.features, found.home.known().folds, experiment, study.instrument)
    return model, {**explain(whole, work.progress, work.queue), **rules}


def _elsewhere(work: Work, found: Comparison, begun: Begun) -> Results:
    """Return the declared pair elsewhere: designs, periods, centres, slices, missing answers; and entries by month."""
    study, experiment = work.study, work.experiment
    tables = dict(other_designs(study, experiment, found.held, work.progress, begun.designs))
    if (timed := timed_contender(study.contenders, experiment)) is not None:
        tables["entry_curve"] = entry_curve(timed, study.design, found.held.folds, work.learning, experiment)
    with_, without = headline_pair(experiment.headline, study.contenders)
    tables["listed"] = listed(found.held.forecasts(), (with_.name, without.name), experiment)
    tables |= handover_table(study.home, found.chosen, experiment, work.threads)
    if experiment.missing_sensitivity:
        tables["missing_policies"] = missing_policies(study, experiment, work.progress, begun.policies)
    if study.intake and len(study.intake.registers.persons):
        tables["slices"] = by_slices(found.home, study.intake.registers, experiment.lag_days, (with_, without))
    return tables


def _kept(work: Work, found: Comparison, fitted: Fitted | None, facts: Facts, tables: Results, models: Path) -> Trained:
    """Save the model if there is one, write the report and log the run."""
    study, experiment, beside = work.study, work.experiment, work.beside
    found_clear, bundle = cleared(tables, facts), None
    pictures = [beside.start(draw, found_clear, [name]) for name in MAKERS]
    if fitted:
        card = card_markdown(found_clear)
        bundle = save(fitted, study, found, experiment, facts, card, models)
        if experiment.sign_with_env:  # before it is registered, so that the copy there is signed too
            sign_bundle(bundle, key_of_env(experiment.sign_with_env, (models, HOME)))
        facts = replace(facts, model_name=bundle.name)
    drawn = {name: picture for part in all_of(pictures) for name, picture in part.items()}
    folder = write_results(dated_folder(HOME / "reports" / experiment.name, work.started), tables, facts, drawn)
    newest = show_newest(folder)
    done = Finished(facts, study.contenders, tables, bundle, folder, work.started, held_out(found))
    run_id = beside.start(log_training, done).result()
    return Trained(bundle, newest / "report.html", run_id, facts.sentence, facts.not_saved, folder)
