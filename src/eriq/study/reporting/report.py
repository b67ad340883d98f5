"""The report of a training as one page.

Nothing is computed here beyond choosing rows and writing numbers; every number comes from a table that is stored as
CSV beside the report, or from the facts.
"""

from collections.abc import Mapping

import pandas as pd

from eriq.disclosure import count_words, min_people
from eriq.pages import number, percent, render
from eriq.study.comparison.home_and_away import sentence
from eriq.study.evaluation.logit_curve import TAIL
from eriq.study.reporting.cells import estimates
from eriq.study.reporting.findings import Findings, by_auc, leading, n_read_words, saved
from eriq.study.reporting.first import NAMES, first_screens
from eriq.study.reporting.people import list_note
from eriq.study.reporting.shapes import shaped
from eriq.study.reporting.words import as_sentence, measure_words, named_plainly
from eriq.study.words import block_words
from eriq.tables.results import SAVED


def report_html(found: Findings, drawn: Mapping[str, str]) -> str:
    """Return the report of a training as one page that opens offline.

    Parameters
    ----------
    found : Findings
        A section whose table is absent is left out.
    drawn : mapping of str to str
        The figures as SVG, by name.

    Returns
    -------
    str
        HTML without a script or anything to fetch.
    """
    facts, headline = found.facts, headline_of(found)
    return render(
        "report.html",
        facts=facts,
        figures=drawn,
        shown=shaped(found),
        labels=found.labels,
        headline=headline,
        verdict_class=_verdict_class(headline, facts.simulated),
        declared=_declared(headline, found.tables["contenders"]),
        chosen_at=[leading(found).index(facts.chosen)],
        chosen_at_all=[by_auc(found).index(facts.chosen)],
        chosen_words=as_sentence(facts.chosen_words),
        screens=first_screens(found, drawn),
        languages=NAMES,
        list_note=list_note(found),
        sample_sentences=[named_plainly(words, found.labels) for words in facts.sample_size_sentences],
        key=key_numbers(found),
        replicates=replicates(found),
        n_read=n_read_words(found),
        n_events=count_words(facts.n_events),
        min_people=min_people(),
        away=away_sentences(found),
        centres=centre_sentences(found),
        tail=TAIL,
    )


def away_sentences(found: Findings) -> dict[str, str]:
    """Return what is said of each contender on the external set, by its words."""
    table = found.tables.get("home_and_away", pd.DataFrame({"contender": []}))
    return {found.label(name): sentence(table, name) for name in table["contender"].dropna().unique()}


def centre_sentences(found: Findings) -> list[tuple[str, str]]:
    """Return (whose, what) is said of how much job centres differ."""
    table = found.tables.get("heterogeneity")
    if table is None:
        return []
    whose = table["contender"].map(found.label).where(table["baseline"].isna(), "The declared difference")
    return list(zip(whose, table["words"], strict=True))


def headline_of(found: Findings) -> pd.Series | None:
    """Return the difference declared in advance, if there is one."""
    return found.tables["headline"].iloc[0] if "headline" in found.tables else None


def replicates(found: Findings) -> list[tuple[str, str]]:
    """Return (number of replicates, measures it holds for), most replicates first."""
    measures = found.tables["measures"]
    known = measures.loc[measures["replicates"].fillna(0) > 0]
    most = known.groupby(known["measure"].map(measure_words))["replicates"].max()
    return [(number(n, 0), ", ".join(sorted(most.index[most == n]))) for n in sorted(most.unique(), reverse=True)]


def _verdict_class(headline: pd.Series | None, simulated: bool) -> str:
    """Return how a callout is tinted: by the interval of the declared difference; made-up people are no good news."""
    if headline is None or headline["measure"] != "auc" or simulated:
        return ""
    return "good" if headline["low"] > 0 else "poor" if headline["high"] < 0 else ""


def _declared(headline: pd.Series | None, contenders: pd.DataFrame) -> str:
    """Return the comparison that was declared before looking."""
    if headline is None:
        return ""
    words = contenders.drop_duplicates("estimator").set_index("estimator")["words"]
    method, other = (words.get(headline[of], headline[of]) for of in ("estimator", "without_estimator"))
    method = method if method == other else f"{method} against {other}"
    pair = f"{block_words(headline['with'])} against {block_words(headline['without']).lower()}"
    return f"{pair}, {method}".replace("_", " ")


def key_numbers(found: Findings) -> list[tuple[str, str, str]]:
    """Return (what, number, small print) of the few numbers at the top."""
    facts, auc = found.facts, estimates(found.tables["measures"])["auc"]
    return [
        ("People", count_words(facts.n_clients), f"{count_words(facts.n_rows)} questionnaires"),
        (
            "With the outcome",
            percent(facts.prevalence) + " by weight" * facts.weighted,
            f"{count_words(facts.n_events)} questionnaires",
        ),
        (
            "AUC, saved model" if saved(found) == SAVED else "AUC, chosen model",
            number(auc[saved(found)]),
            found.labels[facts.chosen],
        ),
        ("AUC, baseline", number(auc.get(facts.baseline)), found.label(facts.baseline)),
    ]
