"""What the model's forecasts are associated with: items, respondents, blocks; never why."""

from eriq.config import Tuning
from eriq.study.explanation.agreement import agreement, begin_others
from eriq.study.explanation.belief import begin_belief, belief
from eriq.study.explanation.dependence import dependence
from eriq.study.explanation.explained import Explained, begin_refits, contributions
from eriq.study.explanation.importance import begin_permutation, importance
from eriq.study.explanation.typical import typical
from eriq.study.learning.progress import Progress, silent
from eriq.study.learning.queue import HERE, Queue
from eriq.study.learning.training import Learning
from eriq.tables.results import Results, as_result


def explain(explained: Explained, progress: Progress = silent, queue: Queue = HERE) -> Results:
    """Return the global picture: importance with uncertainty, dependence, interactions, the belief.

    Parameters
    ----------
    explained : Explained
    progress : callable
        Told each refit.
    queue : Queue, optional
        Whose processes fit.

    Returns
    -------
    mapping of str to DataFrame
        importance, dependence, typical, pairs, agreement, belief: those that apply.
    """
    # What is fitted only for an explanation is given away first, and taken when its turn comes.
    e, instrument, refits = explained, explained.instrument, begin_refits(explained, queue)
    learning = Learning(e.features, e.experiment.seed, Tuning())
    shuffled = begin_permutation(e.contender, e.design, e.folds, learning, queue)
    others = begin_others(explained, queue)
    asked = instrument.belief if instrument and any(f.part == "belief" for f in explained.used) else None
    believed = begin_belief(explained, asked, queue) if asked else None
    found = contributions(explained, refits, progress)
    tables = {
        "importance": importance(explained, found, shuffled),
        "dependence": dependence(explained, found),
        "typical": typical(explained, found),
        **agreement(explained, found, progress, others),
    }
    if asked and believed:
        progress.begin(1)
        tables["belief"] = belief(explained, found, believed)
        progress("belief", "with, without and only")
    return {name: as_result(name, table) for name, table in tables.items() if len(table)}
