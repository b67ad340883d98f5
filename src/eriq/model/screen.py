"""What a saved model says of itself on one screen."""

import textwrap
from collections import Counter
from collections.abc import Mapping

from eriq.features.halves import basis_words
from eriq.model.manifest import Manifest

SHOWN = (("auc", "AUC"), ("log_loss", "log loss"), ("calibration_slope", "calibration slope"))
WIDE = 95  # of a terminal, less some room


def about(told: Manifest, convention: str) -> str:
    """Return name, outcome, questionnaire, basis, people, measures and kind of explanation of a model, a line each."""
    people = told.trained_on
    halves = Counter(feature.respondent for feature in told.columns)
    when = f", answers of {told.period[0]} to {told.period[1]}" if told.period else ""
    form = f"{told.instrument.id} {told.instrument.version}" if told.instrument else "none: a ready table"
    lines = {
        "forecasts": told.outcome,
        "questionnaire": form,
        "basis": f"{told.contender} ({', '.join(f'{name} {n}' for name, n in halves.items())} columns)",
        "also scores": "; ".join(basis_words(*fit.basis).in_("en") for fit in told.bases) or "nothing else",
        "trained on": f"{people.n_rows:,} rows of {people.n_clients:,} clients, {people.n_events:,} with the outcome "
        f"({people.prevalence:.1%}){when}",
        "people": "made up" if people.simulated else "real",
        "measures": "; ".join(
            f"{words} {m.estimate:.3f}" + (f" ({m.low:.3f} to {m.high:.3f})" if None not in (m.low, m.high) else "")
            for name, words in SHOWN
            if (m := told.measures.get(name)) and m.estimate is not None
        ),
        "explained": f"SHAP values, {convention}",
        "use": "for offering support; a person decides",
    }
    return screen(f"eriq.Model {told.name}", lines)


def screen(head: str, lines: Mapping[str, str]) -> str:
    r"""Return a heading and named lines below it, no wider than a terminal.

    >>> print(screen("eriq.Run", {"verdict": "gain shown", "AUC": "one\ntwo"}))
    eriq.Run
      verdict  gain shown
      AUC      one
               two
    """
    wide = max(len(name) for name in lines)
    made = [head]
    for name, words in lines.items():
        parts = [piece for line in words.splitlines() for piece in textwrap.wrap(line, WIDE - wide)]
        made += [f"  {name if k == 0 else '':<{wide}}  {part}" for k, part in enumerate(parts)]
    return "\n".join(made)
