"""What runs, experiments and registered models say of themselves in MLflow: words and figures of cleared tables."""

from collections.abc import Callable

import pandas as pd

from eriq.disclosure import count_words
from eriq.pages import interval, number, percent, render, signed
from eriq.registry.view import run_link
from eriq.study.reporting.facts import Facts
from eriq.study.reporting.words import as_sentence, measure_label
from eriq.tables.results import Results

MOST = 5000  # characters that MLflow's tables take of a description
DRAWN = ("auc", "average_precision", "log_loss", "brier", "calibration_slope", "calibration_in_the_large")
FIGURE = "intervals.svg"
USE = (
    "A basis for a conversation between client and caseworker; a person decides. Not for sanctions, decisions on "
    "benefits, ranking or judging caseworkers, or employers. Forecasts are associations, not effects."
)


def instrument_words(facts: Facts) -> str:
    """Return which questionnaire was answered."""
    return f"{facts.instrument.id} {facts.instrument.version}" if facts.instrument else "none"


def population_words(facts: Facts) -> str:
    """Return who was looked at, as the card says it."""
    rows, people, events = map(count_words, (facts.n_rows, facts.n_clients, facts.n_events))
    words = f"{rows} questionnaires of {people} people, {events} with the outcome ({percent(facts.prevalence)})."
    return words + (" They are made up: nothing is shown of the questionnaire." if facts.simulated else "")


def estimate_words(tables: Results, contender: str, measure: str = "auc") -> str:
    """Return a measure of a contender with its interval, or an empty text where there is none."""
    found = tables["measures"]
    row = found[(found["contender"] == contender) & (found["measure"] == measure)]
    if row.empty or pd.isna(row["estimate"].iloc[0]):
        return ""
    low, high = row["low"].iloc[0], row["high"].iloc[0]
    return number(row["estimate"].iloc[0]) + (f" ({interval(low, high)})" if pd.notna(low) else "")


def verdict_words(tables: Results, contender: str, facts: Facts) -> str:
    """Return in one line what a contender came to against the one that all are compared with."""
    if contender == facts.baseline:
        return "baseline: the others are compared with it"
    found = tables["differences"]
    row = found[(found["contender"] == contender) & (found["measure"] == "auc")]
    first = "chosen; " if contender == facts.chosen else ""
    if row.empty or pd.isna(row["estimate"].iloc[0]):
        return first + "no difference is told"
    estimate, low, high = (signed(value) for value in row[["estimate", "low", "high"]].iloc[0])
    return f"{first}AUC {estimate} ({low} to {high}) against baseline"


def training_note(facts: Facts, experiment: str, run: str, compared: str) -> str:
    """Return what the page of a training says first; each paragraph is one line, as the UI breaks lines it finds."""
    links = {
        "the report": run_link(experiment, run, "report.html"),
        "the model card": run_link(experiment, run, "model-card.md"),
        "contenders side by side": compared,
    }
    return "\n\n".join(
        (
            f"**{facts.sentence}**",
            " · ".join(f"[{words}]({link})" for words, link in links.items()),
            f"**Question.** {facts.question} **Outcome.** {as_sentence(facts.outcome_words)}",
            f"**People.** {population_words(facts)}",
            f"**Use.** {USE}",
            f"![]({artifact('figures/auc.png', run)})",
        )
    )


def contender_note(words: str, verdict: str, figure: str) -> str:
    """Return what the page of a contender says first: its measures with intervals, as a figure."""
    return f"**{words}**: {verdict}.\n\n![]({figure})"


def experiment_note(facts: Facts) -> str:
    """Return what an experiment is about."""
    return "\n\n".join(
        (
            f"{facts.question} Outcome: {facts.outcome_words}.",  # as it stands in the list, which shows no marks
            f"Newest training: {facts.sentence}",
            f"**People.** {population_words(facts)}",
            f"**Use.** {USE}",
        )
    )


def model_note(facts: Facts) -> str:
    """Return what a registered model is for, whichever version."""
    return (
        f"Forecasts of {facts.outcome_words}, from questionnaire {instrument_words(facts)}.\n\n{USE}\n\n"
        "An alias points at the version to use: `candidate` is the newest, `champion` has passed its gates."
    )


def version_note(card: str, facts: Facts, inputs: str, where: tuple[str, str]) -> str:
    r"""Return the card of a version as far as a description takes it, whole sections only, with where it stands whole.

    `inputs` are the columns it takes, `where` are experiment and run.

    >>> some = Facts(name="a", question="?", outcome_words="work", horizon_days=1, baseline="b", chosen="c", n_read=1,
    ...              n_rows=1, n_clients=1, n_events=1, prevalence=0.5, sentence="Gain shown.")
    >>> version_note("# Card\n## Use\ntalk", some, "- text: `a`", ("1", "ab")).splitlines()[-1]
    '- text: `a`'
    """
    whole = f"[The whole card]({run_link(*where, 'model-card.md')}), [the report]"
    whole += f"({run_link(*where, 'report.html')})."
    _, *sections = card.split("\n## ")
    sections.insert(3, f"Input\n\n{inputs}")  # after use, no use and outcome
    kept = "\n\n".join((f"**{facts.sentence}**", whole))
    for section in sections:
        if len(kept) + len(section) + 5 > MOST:
            continue
        kept += f"\n\n## {section.strip()}"
    return kept[:MOST]


def artifact(file: str, run: str) -> str:
    """Return where a browser finds a file of a run, relative to any page of the UI."""
    return f"get-artifact?path={file.replace('/', '%2F')}&run_uuid={run}"


def interval_figure(measures: pd.DataFrame, contender: str, words: str, *, weighted: bool) -> str:
    """Return the measures of a contender as SVG: each with its interval, all others as grey marks on the same line.

    Parameters
    ----------
    measures : DataFrame
        The cleared result table.
    contender, words : str
        Its name there, and in words.
    weighted : bool
        Whether rows count by weight.
    """
    told = measures[measures["measure"].isin(DRAWN) & measures["estimate"].notna()]
    own = told[told["contender"] == contender].set_index("measure")[["estimate", "low", "high"]].astype("float64")
    estimates = own["estimate"]
    own["low"], own["high"] = own["low"].fillna(estimates), own["high"].fillna(estimates)
    rest = told[told["contender"] != contender]
    rows = []
    for measure in (name for name in DRAWN if name in own.index):
        numbers: list[float] = own.loc[[measure]].to_numpy()[0].tolist()
        others = rest.loc[rest["measure"] == measure, "estimate"].astype("float64").tolist()
        place = _placed(min([*numbers, *others]), max([*numbers, *others]))
        rows.append(
            {
                "words": measure_label(measure, weighted=weighted),
                "value": f"{number(numbers[0])} ({interval(numbers[1], numbers[2])})",
                "at": [place(value) for value in numbers],
                "others": [place(value) for value in others],
            }
        )
    return render(FIGURE, rows=rows, words=words)


def _placed(least: float, most: float) -> Callable[[float], float]:
    """Return from a number to where it is drawn, 0 to 100 from left to right."""
    width = (most - least) or 1.0
    return lambda value: round(100 * (value - least) / width, 1)
