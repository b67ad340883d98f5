"""What people write in YAML: every slip is named with its place, and what is read can be written and read again."""

import datetime as dt
from pathlib import Path

import pytest
import yaml

from eriq.config import (
    OUTCOMES,
    Experiment,
    Flat,
    Ipcw,
    Outcome,
    Simulated,
    Tables,
    censoring_model,
    dump_yaml,
    load_experiment,
    load_scoring_job,
    load_yaml,
    shipped,
)
from eriq.errors import ConfigError, InstrumentError

GOOD: dict[str, object] = {
    "version": 1,
    "name": "small",
    "question": "Does it help?",
    "source": {"kind": "tables", "answers": "data/answers.csv"},
    "contenders": [{"blocks": ["belief"], "estimators": ["logistic"]}],
    "headline": {"with": "belief"},
}


def written(folder: Path, content: object, name: str = "x.yaml") -> Path:
    path = folder / name
    path.write_text(content if isinstance(content, str) else yaml.safe_dump(content), encoding="utf-8")
    return path


def refused(path: Path) -> str:
    with pytest.raises(ConfigError) as caught:
        load_experiment(path)
    assert ConfigError.exit_code == 10
    return str(caught.value)


def changed(path: str, value: object) -> dict[str, object]:
    """Return the good config with one value set, `path` being keys and positions joined by dots."""
    content = yaml.safe_load(yaml.safe_dump(GOOD))
    *way, last = [int(part) if part.isdigit() else part for part in path.split(".")]
    place = content
    for part in way:
        place = place[part] if isinstance(place, list) else place.setdefault(part, {})
    place[last] = value
    return content


# --- experiments ---------------------------------------------------------------------------


def test_a_small_config_is_read_with_every_default(tmp_path):
    """Six keys are enough; the rest is filled in."""
    experiment = load_experiment(written(tmp_path, GOOD))
    assert experiment.headline.without == "register_full"
    assert experiment.outcome_definition() is OUTCOMES["job_entry_12m"]
    assert experiment.validation.folds == 5
    assert experiment.protected == ("sex", "origin", "area_foreign_citizens", "weak_competitiveness")


@pytest.mark.parametrize("name", ["demo", "quick", "jobs2", "jobcorps"])
def test_shipped_experiments_are_read_by_name(name):
    """What is shipped passes its own check."""
    assert load_experiment(name).name == name


@pytest.mark.parametrize(
    ("path", "value", "words"),
    [
        ("sede", 1, "sede: not a known key. Did you mean 'seed'?"),
        ("validation.fold", 5, "validation.fold: not a known key. Did you mean 'folds'?"),
        ("headline.wit", "belief", "headline.wit: not a known key. Did you mean 'with'?"),
        ("source.anwsers", "x", "source.anwsers: not a known key. Did you mean 'answers'?"),
        ("validation.folds", 1, "validation.folds: must be at least 2"),
        ("validation.folds", "five", "validation.folds: must be a whole number"),
        ("validation.folds", 2.5, "validation.folds: must be a whole number"),
        (
            "validation.design",
            "kfold",
            "validation.design: must be one of grouped_kfold, leave_one",
        ),
        ("contenders.0.estimators.0", "lightgmb", "contenders.0.estimators.0: must be one of prevalence"),
        ("contenders", [], "contenders: needs at least 1, and 0 are given"),
        ("contenders", "belief", "contenders: must be a list"),
        ("name", "Big Name", "name: must be small letters, digits and hyphens"),
        ("version", 2, "version: must be 1: the file is of a later version"),
        ("source.kind", "sql", "source: kind must be one of tables, flat, simulated"),
        ("source", "answers.csv", "source: must be a section of keys and values"),
        ("outcome", "job_entry_21m", "outcome 'job_entry_21m' is not defined. Did you mean 'job_entry_12m'?"),
        ("headline", {"with": "client", "without": "client"}, "the same block and estimator, so nothing is compared"),
        ("validation.design", "external", "validation.external says where the set is"),
        ("missing_policy", "impute", "missing_policy: must be one of indicator, worst, drop"),
        ("lag_days", -1, "lag_days: must be at least 0"),
        (
            "source.columns",
            {"answer": {"a": "b"}},
            "source.columns.answer: must be one of answers, caseworker_answers, client_answers",
        ),
        ("source.csv", {"delimiter": "::"}, "source.csv.delimiter: must be one of ',', ';'"),
        ("today", "1.5.2015", "today: must be a day written YYYY-MM-DD"),
    ],
)
def test_a_slip_is_told_with_its_place(tmp_path, path, value, words):
    """Unknown keys get the nearest known one; wrong types and values are told where they stand."""
    assert words in refused(written(tmp_path, changed(path, value)))


@pytest.mark.parametrize("key", ["name", "question", "source", "contenders", "headline"])
def test_a_missing_key_is_told(tmp_path, key):
    """What has no default must be given."""
    content = {name: value for name, value in GOOD.items() if name != key}
    assert f"{key}: is missing" in refused(written(tmp_path, content))


def test_all_slips_are_told_at_once(tmp_path):
    """One run tells everything that has to be mended."""
    text = refused(written(tmp_path, {**changed("validation.folds", 1), "sede": 3, "lag_days": "x"}))
    assert text.startswith("x.yaml is not a valid experiment:")
    assert len(text.splitlines()) == 4


def test_a_section_cannot_be_changed_after_it_was_read(tmp_path):
    """The config that is logged is the config that ran."""
    experiment = load_experiment(written(tmp_path, GOOD))
    with pytest.raises(ValueError, match="frozen"):
        experiment.seed = 2


def test_paths_are_relative_to_the_config_and_names_of_shipped_files_stay(tmp_path):
    """A config can be run from any folder: files, questionnaires and variants lie beside it."""
    content = {
        **GOOD,
        "instrument": "own.yaml",
        "variants": {"short": "forms/short.yaml", "swedish": "eriq-sv"},
        "validation": {"design": "external", "external": {"kind": "tables", "answers": "../test.csv"}},
    }
    experiment = load_experiment(written(tmp_path, content))
    assert experiment.source.answers == tmp_path / "data/answers.csv"
    assert experiment.source.persons is None
    assert experiment.instrument == str(tmp_path / "own.yaml")
    assert experiment.variants == {"short": str(tmp_path / "forms/short.yaml"), "swedish": "eriq-sv"}
    assert experiment.validation.external.answers == tmp_path.resolve().parent / "test.csv"  # no ".." in a message
    assert load_experiment(written(tmp_path, GOOD)).instrument == "eriq22"
    for preset, read in (("own.yaml", str(tmp_path / "own.yaml")), ("claim", "claim")):
        made = load_experiment(written(tmp_path, {**GOOD, "source": {"kind": "simulated", "preset": preset}}))
        assert made.source.preset == read


def test_an_absolute_path_stays(tmp_path):
    """A path from the root is taken as it is."""
    path = str(tmp_path / "elsewhere" / "answers.csv")
    experiment = load_experiment(written(tmp_path, changed("source.answers", path)))
    assert str(experiment.source.answers) == path


@pytest.mark.parametrize("name", ["demo", "jobcorps"])
def test_the_resolved_config_can_be_read_again(tmp_path, name):
    """What a run writes beside its results gives the same run again."""
    experiment = load_experiment(name)
    again = Experiment.model_validate(load_yaml(written(tmp_path, dump_yaml(experiment))))
    assert again == experiment


def test_a_flat_source_needs_an_outcome_column_and_no_questionnaire(tmp_path):
    """For a ready table any words name the outcome."""
    source = {"kind": "flat", "file": "x.csv", "client": "id", "outcome": "y", "columns": {"a": {"role": "register"}}}
    content = {**GOOD, "source": source, "instrument": None, "outcome": "worked in the first year"}
    experiment = load_experiment(written(tmp_path, content))
    assert isinstance(experiment.source, Flat)
    assert experiment.source.file == tmp_path / "x.csv"
    del source["columns"]
    assert "source.columns: is missing" in refused(written(tmp_path, content))


def test_sources_are_told_apart_by_kind(tmp_path):
    """The kind decides which keys are known."""
    assert isinstance(load_experiment(written(tmp_path, GOOD)).source, Tables)
    made = {**GOOD, "source": {"kind": "simulated"}}
    assert isinstance(load_experiment(written(tmp_path, made)).source, Simulated)
    assert "source.answers: not a known key" in refused(written(tmp_path, changed("source.kind", "simulated")))


# --- outcomes ------------------------------------------------------------------------------


def test_an_entry_needs_its_window_and_its_least_length_observed():
    """365 days and four weeks for an entry that starts on the last day; a state needs its day only."""
    assert OUTCOMES["job_entry_12m"].observe_days == 365 + 28
    assert OUTCOMES["trial_any_15m"].observe_days == 456
    assert OUTCOMES["after_service_90d"].observe_days == 365 + 90
    assert {name: o.name for name, o in OUTCOMES.items()} == {name: name for name in OUTCOMES}


def test_an_outcome_can_be_written_in_the_config(tmp_path):
    """An own definition is used as given."""
    own = {"name": "own", "words": "education within a quarter", "kinds": ["education"], "horizon_days": 91}
    experiment = load_experiment(written(tmp_path, changed("outcome", own)))
    assert experiment.outcome_definition() == Outcome(**own)


@pytest.mark.parametrize(
    ("own", "words"),
    [
        ({"since": "service_end"}, "since: service_end is known only for measure: state"),
        ({"minimum_hours": 10, "kinds": ["education"]}, "minimum_hours needs a kind of work among kinds"),
        ({"minimum_hours": 0}, "outcome.minimum_hours: must be above 0"),
        ({"bridge_days": -1}, "outcome.bridge_days: must be at least 0"),
        ({"left": "dropped"}, "outcome.left: must be one of no_entry, censored"),
    ],
)
def test_an_outcome_that_cannot_be_is_refused(tmp_path, own, words):
    """What contradicts itself is told by name."""
    content = changed("outcome", {"name": "own", "words": "own", "kinds": ["work_unsubsidised"], **own})
    assert words in refused(written(tmp_path, content))


def test_nobody_is_followed_beyond_the_extract(tmp_path):
    """A last observed day after the day the tables were drawn is a slip."""
    source = {"kind": "tables", "answers": "a.csv", "followed_until": "2019-01-02", "extracted_on": "2019-01-01"}
    words = "followed_until lies after extracted_on: nobody has seen those days"
    assert words in refused(written(tmp_path, changed("source", source)))
    load_experiment(written(tmp_path, changed("source", {**source, "extracted_on": "2019-01-02"})))


# --- YAML ----------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("a: 1\nb: 2\na: 3\n", "line 1: key given twice: a"),
        ("x:\n  a: 1\n  a: 2\n", "key given twice: a"),
        ("a: [1, 2\nb: 3\n", "is not valid YAML at line 2"),
        ("a: b: c\n", "is not valid YAML at line 1"),
        ("? [a, b]\n: 1\n", "a key must be a name"),
        ("? {a: b}\n: 1\n", "a key must be a name"),
        ("today: 2013-02-30\n", "is not valid YAML: day is out of range"),
        ("a: !!python/object/apply:os.getcwd []\n", "could not determine a constructor"),
        ("a: \x07\n", "is not valid YAML"),
        ("a: &x [*x]\n", "recursive"),
        ("[" * 2000, "is not valid YAML"),
        ("", "must hold keys and values, and is empty"),
        ("# only a remark\n", "must hold keys and values, and is empty"),
        ("- 1\n- 2\n", "must hold keys and values, and is something else"),
        ("just words", "must hold keys and values, and is something else"),
    ],
)
def test_broken_yaml_is_told(tmp_path, text, words):
    """Repeated keys, broken syntax, impossible dates and other content are one named error."""
    with pytest.raises(ConfigError) as caught:
        load_yaml(written(tmp_path, text))
    assert words in str(caught.value)


def test_yaml_is_read_with_types_and_letters(tmp_path):
    """Dates, numbers, lists and a byte order mark are read as meant."""
    content = load_yaml(written(tmp_path, "\ufefftoday: 2015-05-01\nwho: [å, 2, 3.5]\nx: {y: null}\n"))
    assert content == {"today": dt.date(2015, 5, 1), "who": ["å", 2, 3.5], "x": {"y": None}}


@pytest.mark.parametrize("kind", ["missing", "folder", "latin-1", "null byte"])
def test_a_path_that_cannot_be_read_is_told(tmp_path, kind):
    """A missing file, a folder, another encoding and an impossible name are the error the caller asks for."""
    path = tmp_path / "x.yaml"
    if kind == "folder":
        path.mkdir()
    elif kind == "latin-1":
        path.write_bytes("a: å".encode("latin-1"))
    elif kind == "null byte":
        path = Path("a\0b.yaml")
    words = f"there is no file {path}" if kind == "missing" else "cannot be read"
    for error in (ConfigError, InstrumentError):
        with pytest.raises(error, match=r"there is no file|cannot be read") as caught:
            load_yaml(path, error)
        assert words in str(caught.value)


def test_a_shipped_name_that_does_not_exist_gets_the_nearest(tmp_path):
    """A plain name is looked up among the shipped files; a path is taken as given."""
    with pytest.raises(ConfigError, match=r"no 'dmeo' among the shipped experiments\. Did you mean 'demo'\?"):
        load_experiment("dmeo")
    assert shipped("instruments", "own.yaml") == Path("own.yaml")
    assert shipped("instruments", "folder/own") == Path("folder/own")


def test_a_shipped_config_by_name_reads_and_writes_below_the_current_folder(tmp_path, monkeypatch):
    """By name a config counts as if it lay in configs/ here, so nothing of an installed package is written to."""
    monkeypatch.chdir(tmp_path)
    job = load_scoring_job("monthly")

    assert job.source.path == tmp_path.resolve() / "inbox" / "answers.parquet"
    assert job.sink.path == tmp_path.resolve() / "outbox" / "scores.parquet"


# --- rows whose follow-up breaks off -------------------------------------------------------

HAZARD = [{"blocks": ["belief"], "estimators": ["logistic", "hazard"]}]
FLAT = {"kind": "flat", "file": "d.csv", "client": "id", "outcome": "y", "columns": {"x": {"role": "register"}}}


@pytest.mark.parametrize(
    ("given", "rule"),
    [("leave_out", None), ("ipcw", Ipcw()), ({"by": ["quarter"]}, Ipcw(by=("quarter",)))],
)
def test_censoring_is_a_word_or_a_section(tmp_path, given, rule):
    """A bare word takes the defaults; without the key such rows are left out."""
    experiment = load_experiment(written(tmp_path, GOOD | {"censoring": given}))
    assert censoring_model(experiment.censoring) == rule
    assert experiment.follows_rows == (rule is not None)
    assert load_experiment(written(tmp_path, GOOD)).censoring == "leave_out"
    assert load_experiment(written(tmp_path, GOOD | {"contenders": HAZARD})).follows_rows


@pytest.mark.parametrize(
    ("other", "words"),
    [
        ({"source": FLAT, "instrument": None, "censoring": "ipcw"}, "censoring: a ready table does not say until when"),
        ({"source": FLAT, "instrument": None, "contenders": HAZARD}, "estimator hazard: a ready table does not say"),
        (
            {"censoring": "ipcw", "validation": {"design": "external", "external": FLAT}},
            "censoring: a ready table does not say until when",
        ),
        ({"censoring": "ipcw", "outcome": "after_service_90d"}, "with since: service_end it is not known"),
        ({"contenders": HAZARD, "outcome": "trial_work_15m"}, "is a state on one day; it has no time of entry"),
        ({"censoring": "weights"}, "censoring"),
        ({"censoring": {"by": ["month"]}}, "censoring"),
    ],
)
def test_where_times_cannot_be_known_the_config_says_so(tmp_path, other, words):
    """A ConfigError names what asks for times, and why there are none."""
    assert words in refused(written(tmp_path, GOOD | other))


def test_a_state_can_be_weighted_and_a_ready_table_left_alone(tmp_path):
    """Weights need no time of entry; leave_out needs nothing."""
    assert load_experiment(written(tmp_path, GOOD | {"censoring": "ipcw", "outcome": "trial_work_15m"})).follows_rows
    flat = GOOD | {"source": FLAT, "instrument": None, "censoring": "leave_out"}
    assert not load_experiment(written(tmp_path, flat)).follows_rows
