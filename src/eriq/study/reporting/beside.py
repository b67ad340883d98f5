"""Two trainings side by side: what each found, on whom, and in what their configs differ."""

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pandas as pd

from eriq.config.files import parse_yaml
from eriq.errors import ConfigError, SourceError
from eriq.pages import GAP, number, percent, plain, render, signed
from eriq.study.reporting.cells import with_interval
from eriq.study.reporting.words import MEASURES, contender_labels
from eriq.tables.results import CONTRACTS, SAVED

COMPARED = ("auc", "average_precision", "log_loss", "brier")
CALIBRATED = ("calibration_slope", "calibration_in_the_large", "ici", "emax")
NEEDED = ("contenders", "measures", "headline")
READ = (*NEEDED, "listed")
NOT_READ = ("human", "columns", "savable", "replicates")
FACTS = (
    *("name", "started", "digests", "chosen", "n_read", "n_rows", "n_clients", "n_events", "prevalence"),
    *("outcome_words", "sample_size_enough", "simulated", "instrument", "model_name", "eriq_version"),
)


@dataclass(frozen=True, slots=True, eq=False)
class Kept:
    """What a training left in its folder: facts and tables, as they were told."""

    folder: Path
    facts: Mapping[str, Any]
    tables: Mapping[str, pd.DataFrame]
    config: Mapping[str, Any]

    @property
    def title(self) -> str:
        """Its config and when it started."""
        return f"{self.facts['name']}, {self.facts['started']}"


def read_kept(folder: Path) -> Kept:
    """Return what a training left in its folder.

    Raises
    ------
    SourceError
        When there is no whole report in it.
    """
    try:
        facts = json.loads((folder / "facts.json").read_text(encoding="utf-8"))
        config = parse_yaml((folder / "config.yaml").read_text(encoding="utf-8"))
        tables = {name: _table(folder, name) for name in READ if (folder / "tables" / f"{name}.csv").is_file()}
    except FileNotFoundError as why:
        raise SourceError(
            f"there is no report of a training in {folder}: {Path(why.filename).name} is missing"
        ) from None
    except (OSError, ValueError, ConfigError):
        raise SourceError(f"the report in {folder} cannot be read") from None
    if missing := [name for name in NEEDED if name not in tables]:
        raise SourceError(f"there is no report of a training in {folder}: tables/{missing[0]}.csv is missing")
    gone = [name for name in FACTS if name not in facts] + [
        f"{name}.{column.name}"
        for name, table in tables.items()
        for column in CONTRACTS[name]
        if column.name not in table and column.name not in NOT_READ
    ]
    if gone or any(tables[name].empty for name in NEEDED):
        what = f": {gone[0]} is missing" if gone else ": a table of it is empty"
        raise SourceError(f"the report in {folder} is of another version of eriq{what}; train again to compare")
    return Kept(folder, facts, tables, config)


def _table(folder: Path, name: str) -> pd.DataFrame:
    text = {column.name: "str" for column in CONTRACTS[name] if column.dtype == "str"}
    return pd.read_csv(folder / "tables" / f"{name}.csv", dtype=text)


def beside_html(first: Kept, second: Kept) -> str:
    """Return two trainings side by side as one page that opens offline."""
    both = {"A": first, "B": second}
    return render(
        "report_beside.html",
        heading=f"Two trainings side by side: {first.facts['name']} and {second.facts['name']}",
        titles={"what": "", **{name: f"{name}: {kept.title}" for name, kept in both.items()}},
        headline=_rows(both, headline_rows),
        measures=_rows(both, lambda kept: measure_rows(kept, COMPARED)),
        calibration=_rows(both, lambda kept: measure_rows(kept, CALIBRATED)),
        people=_rows(both, people_rows),
        settings=settings(first.config, second.config),
        same_data=first.facts["digests"] == second.facts["digests"],
    )


def _rows(both: Mapping[str, Kept], make: Any) -> pd.DataFrame:
    """Return one row per thing that either has, and a column for each."""
    made = {name: dict(make(kept)) for name, kept in both.items()}
    names = list(dict.fromkeys(name for column in made.values() for name in column))
    return pd.DataFrame({"what": names, **{name: [column.get(n, GAP) for n in names] for name, column in made.items()}})


def headline_rows(kept: Kept) -> Iterator[tuple[str, str]]:
    """Yield the difference declared in advance: of whom, how large, and the verdict."""
    line = kept.tables["headline"].iloc[0]
    labels = contender_labels(kept.tables["contenders"])
    yield "Verdict", line["verdict"] + (f", {line['size']}" if isinstance(line["size"], str) and line["size"] else "")
    for side, estimator in (("with", "estimator"), ("without", "without_estimator")):
        name = _contender(kept, line[side], line[estimator])
        yield side.capitalize(), labels.get(name, name)
        yield f"AUC {side}", _cell(kept, name, "auc")
    yield "Difference in AUC", with_interval(line["estimate"], line["low"], line["high"], signed)
    yield "Interval covers", line["covers"]
    yield "Smallest difference found four times in five", number(line["smallest_detectable"])
    table = kept.tables.get("listed")
    if table is None:
        return
    own = table[table["baseline"].isna() & table["contender"].isin(labels)].dropna(subset="estimate")
    for row in own.to_dict("records"):
        side = "with" if row["contender"] == _contender(kept, line["with"], line["estimator"]) else "without"
        cell = with_interval(row["estimate"], row["low"], row["high"], digits=0)
        yield f"Of the list ranked {side}", f"{cell} of {number(row['places'], 0)} ({row['pick']})"


def _contender(kept: Kept, block: str, estimator: str) -> str:
    table = kept.tables["contenders"]
    found = table.loc[(table["block"] == block) & (table["estimator"] == estimator), "contender"]
    return str(found.iloc[0]) if len(found) else f"{block} | {estimator}"


def measure_rows(kept: Kept, measures: tuple[str, ...]) -> Iterator[tuple[str, str]]:
    """Yield some measures of the saved model, or of the chosen contender where none is saved, with intervals."""
    whose = SAVED if (kept.tables["measures"]["contender"] == SAVED).any() else kept.facts["chosen"]
    for measure in measures:
        yield MEASURES[measure], _cell(kept, whose, measure)


def _cell(kept: Kept, contender: str, measure: str) -> str:
    table = kept.tables["measures"]
    row = table[(table["contender"] == contender) & (table["measure"] == measure) & table["at"].isna()]
    return with_interval(*row[["estimate", "low", "high"]].iloc[0]) if len(row) else GAP


def people_rows(kept: Kept) -> Iterator[tuple[str, str]]:
    """Yield how many people there were, and whether they are enough."""
    facts = kept.facts
    yield "Questionnaires read", plain(facts["n_read"])
    yield "Questionnaires in", plain(facts["n_rows"])
    yield "People", plain(facts["n_clients"])
    yield "With the outcome", f"{plain(facts['n_events'])} ({percent(facts['prevalence'])})"
    yield "Outcome", facts["outcome_words"]
    yield "Enough people", "yes" if facts["sample_size_enough"] else "no"
    yield "Made up", "yes" if facts["simulated"] else "no"
    stamp = facts["instrument"]
    yield "Questionnaire", f"{stamp['id']} {stamp['version']}" if stamp else "none"
    yield "Chosen", contender_labels(kept.tables["contenders"]).get(facts["chosen"], facts["chosen"])
    yield "Model", facts["model_name"] or "none is saved"
    yield "eriq", facts["eriq_version"]


def settings(first: Mapping[str, Any], second: Mapping[str, Any]) -> pd.DataFrame:
    """Return the keys in which two configs differ, with the value of each.

    >>> settings({"seed": 1, "a": {"b": [1]}}, {"seed": 2, "a": {"b": [1]}}).to_numpy().tolist()
    [['seed', '1', '2']]
    """
    sides = [dict(_leaves(config, "")) for config in (first, second)]
    keys = [key for key in dict.fromkeys([*sides[0], *sides[1]]) if sides[0].get(key) != sides[1].get(key)]
    return pd.DataFrame([[key, *(side.get(key, GAP) for side in sides)] for key in keys], columns=["key", "A", "B"])


def _leaves(value: Any, path: str) -> Iterator[tuple[str, str]]:
    if isinstance(value, Mapping) and value:
        for key, part in value.items():
            yield from _leaves(part, f"{path}.{key}" if path else str(key))
    else:
        yield path, value if isinstance(value, str) else json.dumps(value, ensure_ascii=False, default=str)
