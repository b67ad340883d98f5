"""What the model's forecasts are associated with: items, respondents, blocks; never why."""

from eriq.study.explanation.agreement import agreement
from eriq.study.explanation.belief import belief
from eriq.study.explanation.dependence import dependence
from eriq.study.explanation.explained import Explained, contributions
from eriq.study.explanation.importance import importance
from eriq.study.explanation.typical import typical
from eriq.study.learning.progress import Progress, silent
from eriq.tables.results import Results, as_result


def explain(explained: Explained, progress: Progress = silent) -> Results:
    """Return the global picture: importance with uncertainty, dependence, interactions, the belief.

    Parameters
    ----------
    explained : Explained
    progress : callable
        Told each refit.

    Returns
    -------
    mapping of str to DataFrame
        importance, dependence, typical, pairs, agreement, belief: those that apply.
    """
    found = contributions(explained, progress)
    tables = {
        "importance": importance(explained, found),
        "dependence": dependence(explained, found),
        "typical": typical(explained, found),
        **agreement(explained, found, progress),
    }
    instrument = explained.instrument
    if instrument and instrument.belief and any(f.part == "belief" for f in explained.used):
        progress("belief", "with, without and only")
        tables["belief"] = belief(explained, found, instrument.belief)
    return {name: as_result(name, table) for name, table in tables.items() if len(table)}
