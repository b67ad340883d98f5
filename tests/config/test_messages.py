"""No word of the library that checks configs reaches a person, and one mistake is one line."""

import copy
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import yaml
from pydantic import BaseModel, ValidationError

from eriq.config import Experiment, Gates, ScoringJob, checked, load_yaml, validation_lines
from eriq.errors import ConfigError
from eriq.instrument.instrument import Instrument
from eriq.simulation.settings import Simulation

ROOT = Path(__file__).resolve().parents[2] / "configs"
# What the library says; none of it tells a person what to write.
FOREIGN = re.compile(
    r"Input|Tuple|List |Dict|String|Field required|Extra inputs|pydantic|valid (string|integer|number|dict)|Value error"
    r"|unable to|instance of|tagged|tag '|discriminator|Datetimes|<class|function-|literal\[|tuple\["
)
WRONG: tuple[Any, ...] = (3.5, -7, "wrong", "", [], {}, None, True, [[]], {"odd": {}}, {3: 4}, "2013-02-30", 10**30)

FULL: dict[str, Any] = {
    "version": 1,
    "name": "full",
    "question": "Does it help?",
    "source": {
        "kind": "tables",
        "answers": "a.csv",
        "persons": "p.csv",
        "columns": {"answers": {"client_id": "cpr"}},
        "extra_columns": "ignore",
        "csv": {"delimiter": ";", "encoding": "utf-8", "decimal": ","},
        "followed_until": "2019-01-01",
    },
    "outcome": {"name": "own", "words": "own", "kinds": ["work_unsubsidised"], "minimum_hours": 3},
    "censoring": {"by": ["year"], "largest_weight": 5},
    "trusted": ["a"],
    "missing_policy": "worst",
    "contenders": [{"blocks": ["belief"], "estimators": ["logistic"]}],
    "headline": {"with": "belief", "estimator": "logistic", "margin": 0.03},
    "validation": {"external": {"kind": "simulated", "clients": 30}, "also": ["rolling_origin"]},
    "capacity": {"shares": [0.1], "numbers": [3]},
    "groups": {"intersections": [["sex", "age"]], "gap_tolerance": {"auc": 0.1}, "share": 0.2},
    "today": "2020-01-01",
}


def of(model: type[BaseModel], file: str) -> tuple[type[BaseModel], Any]:
    """Return a shipped config with the model that checks it."""
    return model, load_yaml(ROOT / file)


CONFIGS = {
    "full": (Experiment, FULL),
    "flat": of(Experiment, "experiments/jobs2.yaml"),
    "demo": of(Experiment, "experiments/demo.yaml"),
    "scoring": of(ScoringJob, "scoring/monthly.yaml"),
    "sql": (
        ScoringJob,
        {
            **load_yaml(ROOT / "scoring" / "monthly.yaml"),
            "source": {"kind": "sql", "url_env": "A", "table": "t"},
            "sink": {"kind": "sql", "url_env": "A", "table": "t"},
        },
    ),
    "promotion": of(Gates, "promotion.yaml"),
    "simulation": of(Simulation, "simulation/claim.yaml"),
    "instrument": of(Instrument, "instruments/eriq22.yaml"),
}


def places(content: Any, way: tuple[Any, ...] = ()) -> Iterator[tuple[Any, ...]]:
    """Yield the way to every key and every position."""
    inner = content.items() if isinstance(content, dict) else enumerate(content) if isinstance(content, list) else ()
    for key, value in inner:
        yield (*way, key)
        if len(way) < 4:  # deeper ones repeat
            yield from places(value, (*way, key))


def at(content: Any, way: tuple[Any, ...]) -> Any:
    for part in way:
        content = content[part]
    return content


def told(model: type[BaseModel], content: Any) -> list[str]:
    """Return the lines a person reads, none where the content passes."""
    try:
        model.model_validate(content)
    except ValidationError as why:
        return list(validation_lines(why, model, content))
    return []


def breaks(content: Any) -> Iterator[Any]:
    """Yield the content with one place broken, in every way at every place."""
    for way in places(content):
        for wrong in WRONG:
            broken = copy.deepcopy(content)
            at(broken, way[:-1])[way[-1]] = wrong
            yield way, wrong, broken
        if isinstance(way[-1], str):
            for key in (None, f"{way[-1]}x", way[-1][:-1] or "x"):
                broken = copy.deepcopy(content)
                value = at(broken, way[:-1]).pop(way[-1])
                if key is not None:
                    at(broken, way[:-1])[key] = value
                yield way, f"key {key}", broken


@pytest.mark.parametrize("name", CONFIGS)
def test_every_key_broken_in_every_way_is_told_in_our_words(name):
    """Each key set to values of other forms, left out and misspelt: no line has a word of the library."""
    model, content = CONFIGS[name]
    assert told(model, content) == []
    checks = 0
    for way, wrong, broken in breaks(content):
        lines = told(model, broken)
        checks += bool(lines)
        foreign = [line for line in lines if FOREIGN.search(line) or "something else" in line]
        assert not foreign, (way, wrong, foreign)
        assert len(set(lines)) == len(lines), (way, wrong, lines)
    assert checks > len(list(places(content)))


@pytest.mark.parametrize("name", CONFIGS)
def test_a_misspelt_key_or_a_wrong_word_is_one_line(name):
    """A value that is no section and a key with a letter too many give one line, however many forms were tried."""
    model, content = CONFIGS[name]
    for way, wrong, broken in breaks(content):
        whole = isinstance(at(content, way), dict | list)
        if (wrong in ("wrong", f"key {way[-1]}x") or isinstance(wrong, float)) and not whole:
            assert len(told(model, broken)) <= 1, (way, wrong, told(model, broken))


@pytest.mark.parametrize(
    ("path", "value", "line"),
    [
        ("censoring", "ipwc", "censoring: must be one of leave_out, ipcw, or a section of keys and values."),
        ("censoring", {"by": ["month"]}, "censoring.by.0: must be one of quarter, year, job_centre"),
        ("outcome", {"name": "own", "words": "own", "kinds": ["works"]}, "outcome.kinds.0: must be one of "),
        ("outcome", 5, "outcome: must be text; put it in quotes, or a section of keys and values"),
        ("contenders.0.blocks", "factorail", "contenders.0.blocks: must be a list, as in [a, b], or factorial."),
        ("contenders.0.estimators.0", "lightgmb", "Did you mean 'lightgbm'?"),
        ("source.kind", "table", "source: kind must be one of tables, flat, simulated. Did you mean 'tables'?"),
        ("groups.gap_tolerance", {"auk": 0.1}, "groups.gap_tolerance.auk: must be one of auc"),
        ("headline", {"wiht": "belief"}, "headline.wiht: not a known key. Did you mean 'with'?"),
    ],
)
def test_of_several_forms_the_one_nearly_right_counts(path, value, line):
    """A union of forms gives one line: of the form that was meant, or of all if none was; with the nearest name."""
    content = copy.deepcopy(FULL)
    *way, last = [int(part) if part.isdigit() else part for part in path.split(".")]
    at(content, tuple(way))[last] = value
    (only,) = told(Experiment, content)
    assert line in only


def test_what_is_refused_is_one_error_with_all_lines():
    """The head first, then a line per mistake, as the class of error that was asked for."""
    with pytest.raises(ConfigError) as caught:
        checked(Gates, {"levl": 0.9, "seed": -1}, "gates.yaml is not valid:")
    assert str(caught.value).splitlines() == [
        "gates.yaml is not valid:",
        "  - seed: must be at least 0",
        "  - levl: not a known key. Did you mean 'level'?",
    ]


def test_the_shipped_configs_survive_a_round_trip_before_they_are_broken():
    """The content that is broken here is YAML as a person writes it."""
    assert all(yaml.safe_load(yaml.safe_dump(content)) == content for _, content in CONFIGS.values())
