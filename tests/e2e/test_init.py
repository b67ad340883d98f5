"""From files of which nothing is known to a config: what is recognised, what is marked, and what is never written."""

import re
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
import yaml

from eriq.config import load_experiment, load_yaml
from eriq.config.draft import GUESS, WRITE
from eriq.errors import ConfigError, OutputError, SourceError
from eriq.instrument.instrument import load_instrument
from eriq.simulation.cohort import simulate
from eriq.simulation.settings import load_simulation
from eriq.workflows.check import check
from eriq.workflows.init import init
from eriq.workflows.make import write_cohort, write_questionnaire
from tests.e2e.extract import SWEDISH, labelled, municipality, personnummer, written


@pytest.fixture(scope="module")
def danish(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, str, list[Path]]:
    """Return the config for the four files of a municipality, what was said, and the files."""
    folder = tmp_path_factory.mktemp("danish")
    files = municipality(folder)
    said = init(files, folder / "my.yaml")
    return folder / "my.yaml", said, files


def to_edit(config: Path) -> list[str]:
    """Return the lines that a person must look at."""
    return [line for line in config.read_text("utf-8").splitlines()[3:] if GUESS in line or WRITE in line]


def test_four_danish_files_leave_at_most_five_lines(danish: tuple[Path, str, list[Path]]) -> None:
    """Halves, register and weeks are told apart; names, codes, days, labels and numbers are mapped to ours."""
    config, said, _ = danish
    source = load_yaml(config)["source"]

    assert len(to_edit(config)) <= 5
    assert source["caseworker_answers"] == "besvarelser_sagsbehandler.csv"
    assert source["client_answers"] == "besvarelser_borger.csv"
    assert (source["persons"], source["spells"]) == ("personer.csv", "dream.csv")
    assert source["columns"]["answers"]["client_id"] == "CPR"
    assert source["columns"]["persons"]["born_on"] == "Fødselsdato"
    assert source["codes"]["persons"]["sex"] == {"Kvinde": "female", "Mand": "male"}
    assert source["codes"]["persons"]["vocational_education"] == {"Ja": 1, "Nej": 0}
    assert source["codes"]["answers"]["consent"] == {"Ja": 1, "Nej": 0}
    assert (source["answer_labels"], source["dates"]) == ("da", "%d-%m-%Y")
    assert source["csv"] == {"delimiter": ";", "decimal": ","}
    assert re.fullmatch(source["weekly"]["columns"], "y_1302")["week"] == "02"  # type: ignore[index]
    assert load_yaml(config)["instrument"] == "eriq22"
    assert "not read: bemærkning" in said


def test_personal_numbers_are_said(danish: tuple[Path, str, list[Path]]) -> None:
    """What the ids look like is named with what to do, once."""
    _, said, _ = danish
    assert said.count("CPR holds Danish personal numbers") == 4
    assert said.count("keyed hash") == 1


def test_no_value_of_fewer_than_five_people_is_written_or_said(danish: tuple[Path, str, list[Path]]) -> None:
    """Neither configs nor words hold an id, a day, a remark, or a code that fewer than five people have."""
    config, said, files = danish
    text = said + config.read_text("utf-8") + config.with_name("my-scoring.yaml").read_text("utf-8")
    seen = 0
    for file in files:
        table = pd.read_csv(file, sep=";", dtype="str", keep_default_na=False)
        cells = table.melt("CPR", value_name="value")
        cells["variable"] = cells["variable"].str.replace(r"^y_\d+$", "week", regex=True)  # one list of codes
        people = cells.groupby(["variable", "value"])["CPR"].nunique()
        rare = [value for (_, value), count in people.items() if count < 5] + list(table["CPR"].unique())
        for value in (value for value in rare if len(value) > 2 and value != "Nej"):  # Nej is from our list, beside Ja
            seen += 1
            assert f"{value}:" not in text.replace('"', "")
            assert len(value) < 6 or value not in text
    assert seen > 100


def test_what_is_left_is_listed_by_line(danish: tuple[Path, str, list[Path]]) -> None:
    """Each marked line is named with its number, and the next command."""
    config, said, _ = danish
    lines = config.read_text("utf-8").splitlines()
    told = re.search(r"line (\d+): write codes", said)

    assert told
    assert WRITE in lines[int(told[1]) - 1]
    assert f"eriq check {config}" in said


def test_every_key_stands_in_the_config(danish: tuple[Path, str, list[Path]]) -> None:
    """What is not said stands there as a remark with its default."""
    from eriq.config import Experiment, ScoringJob

    config, _, _ = danish
    for place, model in ((config, Experiment), (config.with_name("my-scoring.yaml"), ScoringJob)):
        text = place.read_text("utf-8")
        assert [k for k in model.model_fields if not re.search(rf"^(# )?{k}:", text, flags=re.MULTILINE)] == []


def test_nothing_is_overwritten_unless_asked(danish: tuple[Path, str, list[Path]]) -> None:
    """A config that a person may have edited stays."""
    config, _, files = danish
    before = config.read_bytes()
    with pytest.raises(OutputError, match="--overwrite"):
        init(files[:1], config)
    assert config.read_bytes() == before


def test_files_in_our_own_form_pass_the_check_as_they_are(tmp_path: Path) -> None:
    """Nothing is mapped, nothing is left to edit, and the check takes the config."""
    write_cohort(tmp_path, 150, 3, "claim", "csv")
    said = init(sorted(tmp_path.glob("*.csv")), tmp_path / "own.yaml")
    source = load_yaml(tmp_path / "own.yaml")["source"]

    assert to_edit(tmp_path / "own.yaml") == []
    assert set(source) == {"kind", "answers", "persons", "spells", "events", "forms"}
    assert "not read" not in said
    assert load_experiment(tmp_path / "own.yaml").instrument == "eriq22"
    assert "contenders on the same rows" in check(tmp_path / "own.yaml")


def swedish(folder: Path, *, long: bool) -> list[Path]:
    """Write answers and persons as a Swedish office would: another encoding, labels, days that fit two ways."""
    instrument = load_instrument("eriq-sv")
    made = simulate(load_simulation("claim"), instrument, clients=80, seed=8)
    ids = personnummer(made.persons["client_id"])
    answers = labelled(made.answers, instrument, "sv").assign(client_id=made.answers["client_id"].map(ids))
    answers["answered_on"] = pd.to_datetime("2014-01-01") + pd.to_timedelta(np.arange(len(answers)) % 12, unit="D")
    names = {"client_id": "Personnummer", "answered_on": "Svarsdatum"}
    answers = answers.rename(columns=names)
    if long:
        answers = answers.melt([*names.values()], list(instrument.item_ids), "Fråga", "Svar").dropna()
    else:
        answers = answers[[*names.values(), *instrument.item_ids]]
    persons = made.persons[["client_id", "born_on", "sex"]].assign(client_id=made.persons["client_id"].map(ids))
    persons["sex"] = persons["sex"].map(SWEDISH["sex"])
    persons = persons.rename(columns={"client_id": "Personnummer", "born_on": "Födelsedatum", "sex": "Kön"})
    return [
        written(answers, folder / "svar.csv", day="%d/%m/%Y", encoding="latin-1"),
        written(persons, folder / "personer.csv", day="%Y-%m-%d", encoding="latin-1"),
    ]


@pytest.mark.parametrize("long", [False, True], ids=["wide", "long"])
def test_a_swedish_form_is_recognised_and_what_fits_two_ways_is_marked(tmp_path: Path, long: bool) -> None:
    """Language, encoding, the shorter questionnaire and rows per item are found; an ambiguous day is a guess."""
    said = init(swedish(tmp_path, long=long), tmp_path / "my.yaml")
    content = load_yaml(tmp_path / "my.yaml")
    source = content["source"]

    assert content["instrument"] == "eriq-sv"
    assert source["answer_labels"] == "sv"
    assert source.get("answers_form") == ("long" if long else None)
    assert source["csv"]["encoding"] == "latin-1"
    assert source["columns"]["persons"] == {"client_id": "Personnummer", "born_on": "Födelsedatum", "sex": "Kön"}
    assert source["codes"]["persons"] == {"sex": {"Kvinna": "female", "Man": "male"}}
    assert source["dates"] == {"answers": "%d/%m/%Y", "persons": "%Y-%m-%d"}
    (line,) = [line for line in to_edit(tmp_path / "my.yaml") if "%d/%m/%Y" in line]
    assert line.endswith("# guess: check this: %m/%d/%Y fits as well")
    assert any("spells" in line for line in to_edit(tmp_path / "my.yaml"))
    assert "Swedish personal numbers" in said


def test_one_ready_table_becomes_a_flat_config_that_the_check_takes(tmp_path: Path) -> None:
    """Client, outcome, kinds and questions are guessed; free text is left out; the check takes it."""
    rng, n = np.random.default_rng(1), 300
    table = {"Id": range(n), "I arbejde": rng.integers(0, 2, n), "alder": rng.integers(20, 60, n)}
    table |= {"q1": rng.integers(1, 6, n), "by": rng.choice(["A", "B"], n), "note": [f"text {k}" for k in range(n)]}
    pd.DataFrame(table).to_csv(tmp_path / "flat.csv", index=False, sep="\t")
    init([tmp_path / "flat.csv"], tmp_path / "flat.yaml")
    old = (tmp_path / "flat.yaml").read_text("utf-8").replace("version: 1\n", "")
    (tmp_path / "old.yaml").write_text(old, encoding="utf-8")
    source = load_yaml(tmp_path / "flat.yaml")["source"]

    assert (source["client"], source["outcome"]) == ("Id", "I arbejde")
    assert source["columns"]["q1"] == {"role": "questionnaire", "kind": "ordinal"}
    assert source["columns"]["by"]["kind"] == "category"
    assert "note" not in source["columns"]
    assert "300 clients" in check(tmp_path / "flat.yaml")
    added = "\nversion: 1 was added; nothing else changed"
    assert added in check(tmp_path / "old.yaml")
    assert check(tmp_path / "old.yaml").partition(added)[0] == check(tmp_path / "flat.yaml").partition("\nflat.yaml")[0]


def test_questions_by_any_name_are_seen_by_their_scale_and_the_check_names_what_is_left(tmp_path: Path) -> None:
    """Three columns or more of one short scale are questions; client and outcome go by English names; days are said."""
    rng, n = np.random.default_rng(2), 300
    table: dict[str, object] = {"participant": [f"P{k:03d}" for k in range(n)]}
    table["completed"] = [str(day.date()) for day in pd.date_range("2023-01-01", periods=n)]
    table |= {name: rng.integers(1, 6, n) for name in ("hope", "energy", "search", "skills")}
    table |= {"age": rng.integers(20, 60, n), "in_work_12m": rng.integers(0, 2, n)}
    pd.DataFrame(table).to_csv(tmp_path / "flat.csv", index=False)
    init([tmp_path / "flat.csv"], tmp_path / "flat.yaml")
    source, text = load_yaml(tmp_path / "flat.yaml")["source"], (tmp_path / "flat.yaml").read_text("utf-8")

    assert (source["client"], source["outcome"]) == ("participant", "in_work_12m")
    assert [n for n, c in source["columns"].items() if c["role"] == "questionnaire"] == [*table][2:6]
    assert "# completed: left out; days" in text
    assert "flat.yaml: still to write: line" in check(tmp_path / "flat.yaml")
    assert "guessed and still to check" in check(tmp_path / "flat.yaml")
    with pytest.raises(ConfigError, match="is a config for scoring"):
        check(tmp_path / "flat-scoring.yaml")
    (tmp_path / "flat.yaml").write_text(text.replace("client: participant", 'client: "?"'), encoding="utf-8")
    with pytest.raises(ConfigError, match="client is still '\\?'"):
        check(tmp_path / "flat.yaml")


def test_an_own_questionnaire_is_recognised_by_its_file(tmp_path: Path) -> None:
    """Answers to one respondent's own items are a table of answers; the config names the file from where it lies."""
    (tmp_path / "configs").mkdir()
    write_questionnaire(tmp_path / "mine.yaml", 6, "client", "en", levels=5)
    answers: dict[str, object] = {"participant": [f"P{k}" for k in range(50)], "completed": "2023-01-31"}
    answers |= {f"q{k:02d}": [1 + (k + row) % 5 for row in range(50)] for k in range(1, 7)}
    pd.DataFrame(answers).to_csv(tmp_path / "forms.csv", index=False)
    said = init([tmp_path / "forms.csv"], tmp_path / "configs" / "my.yaml", instrument=str(tmp_path / "mine.yaml"))
    content = load_yaml(tmp_path / "configs" / "my.yaml")

    assert "forms.csv: answers\n" in said
    assert content["instrument"] == "../mine.yaml"
    assert content["source"]["answers"] == "../forms.csv"
    assert content["source"]["columns"]["answers"] == {"client_id": "participant", "answered_on": "completed"}


def test_codes_that_nobody_knows_are_left_to_write(tmp_path: Path) -> None:
    """A word that is on no list stands as null and is marked; a column with too many values is not written out."""
    n = 210
    persons = {"CPR": [f"p{k}" for k in range(n)], "Født": "1980-01-15", "Køn": ["Xx", "Mand", "Ukendt"] * (n // 3)}
    persons["Uddannelse"] = [f"sort {k % 30}" for k in range(n)]
    pd.DataFrame(persons).to_csv(tmp_path / "personer.csv", index=False)
    init([tmp_path / "personer.csv"], tmp_path / "my.yaml")
    text = (tmp_path / "my.yaml").read_text("utf-8")

    assert yaml.safe_load(text)["source"]["codes"]["persons"]["sex"] == {"Mand": "male", "Ukendt": None, "Xx": None}
    assert "education: {}  # write here: its values, too many to be written here" in text
    assert "sort" not in text


def test_files_like_nothing_and_files_twice_are_told(tmp_path: Path) -> None:
    """A second table of a kind and a stranger are named as not used; strangers alone are refused."""
    write_cohort(tmp_path, 60, 3, "claim", "csv")
    (tmp_path / "strange.csv").write_text("a,b\n1,2\n", encoding="utf-8")
    (tmp_path / "more.csv").write_bytes((tmp_path / "persons.csv").read_bytes())
    said = init([tmp_path / f for f in ("persons.csv", "more.csv", "strange.csv", "answers.csv")], tmp_path / "x.yaml")

    assert "more.csv: not used; persons.csv is persons already" in said
    assert "strange.csv: not used; its columns are like those of no table" in said
    with pytest.raises(SourceError, match="none of 2 file"):
        init([tmp_path / "strange.csv"] * 2, tmp_path / "y.yaml")


def test_a_long_list_of_problems_is_cut_unless_all_is_asked(tmp_path: Path) -> None:
    """Ten lines and a hint; with --all every line; the exit code is that of a config."""
    import os
    import subprocess
    import sys

    (tmp_path / "bad.yaml").write_text("".join(f"odd{k}: 1\n" for k in range(30)), encoding="utf-8")

    def lines(*more: str) -> list[str]:
        asked = [sys.executable, "-m", "eriq", "check", "bad.yaml", *more]
        done = subprocess.run(asked, cwd=tmp_path, capture_output=True, text=True, env={**os.environ}, check=False)
        assert done.returncode == 10
        return done.stderr.splitlines()

    assert len(lines()) == 12
    assert lines()[-1].endswith("more; the whole list: eriq check FILE --all")
    assert len(lines("--all")) == 1 + 5 + 30
