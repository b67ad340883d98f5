"""What really arrives: an agency's own files, and the same cohort in our form, give the same measures and scores."""

import datetime as dt
import re
from collections.abc import Callable, Iterator
from pathlib import Path

import pandas as pd
import pyreadstat
import pytest
import yaml

import eriq
from eriq.config import Tables, load_scoring_job, load_yaml
from eriq.config.draft import GUESS, WRITE
from eriq.instrument.instrument import load_instrument
from eriq.simulation.cohort import simulate
from eriq.simulation.settings import load_simulation
from eriq.tables.intake import read_tables
from eriq.workflows.init import init
from eriq.workflows.score import run
from tests.e2e.municipality import (
    DANISH,
    DREAM,
    LAST_DAY,
    labelled,
    weekly_cohort,
    write_municipality,
    write_own_form,
)

Say = Callable[[str], object]
TODAY = dt.date(2019, 6, 1)
Cohort = tuple[pd.DataFrame, pd.DataFrame, pd.DataFrame]
SETTINGS = {
    "version": 1,
    "question": "Does the questionnaire tell more than the registers?",
    "today": "2019-06-01",
    "contenders": [{"blocks": ["register_full", "questionnaire + register_full"], "estimators": ["logistic"]}],
    "choose_from": ["questionnaire + register_full"],
    "headline": {"with": "questionnaire + register_full", "without": "register_full"},
    "validation": {"folds": 3},
    "intervals": {"replicates": 100, "refit_replicates": 0},
    "explain": {"rows": 100, "refits": 0, "instability_refits": 0},
}
OWN = {
    "kind": "tables",
    "answers": "answers.csv",
    "persons": "persons.csv",
    "spells": "spells.csv",
    "followed_until": str(LAST_DAY.date()),
}


def trained(
    folder: Path, source: dict[str, object], instrument: str, monkeypatch: pytest.MonkeyPatch, say: Say = str
) -> eriq.Run:
    """Return a training in a folder of its own."""
    config = {**SETTINGS, "name": "own", "source": source, "instrument": instrument}
    (folder / "own.yaml").write_text(yaml.safe_dump(config, allow_unicode=True), encoding="utf-8")
    monkeypatch.chdir(folder)
    return eriq.train("own.yaml", workers=1, say=say)


def scored(model: object, folder: Path, source: dict[str, object]) -> pd.DataFrame:
    """Return scores of a month whose source is that of the training, in order of client and day."""
    job = {
        "version": 1,
        "name": "month",
        "model": str(model),
        "source": source,
        "sink": {"kind": "file", "path": "scores.csv"},
        "today": "2019-06-01",
    }
    (folder / "month.yaml").write_text(yaml.safe_dump(job, allow_unicode=True), encoding="utf-8")
    run(load_scoring_job(folder / "month.yaml"))
    return pd.read_csv(folder / "scores.csv").sort_values(["client_id", "answered_on"]).reset_index(drop=True)


@pytest.fixture(scope="module")
def cohort() -> Cohort:
    """Return one cohort in the product's own form, as a weekly register can tell it."""
    made = simulate(load_simulation("claim"), load_instrument("eriq22"), clients=300, seed=11)
    return weekly_cohort(made.answers, made.persons, made.spells)


@pytest.fixture(scope="module")
def own(tmp_path_factory: pytest.TempPathFactory, cohort: Cohort) -> Iterator[tuple[eriq.Run, pd.DataFrame]]:
    """Give the training of the cohort in the product's own form, and the scores of all its answers."""
    folder = tmp_path_factory.mktemp("own")
    write_own_form(folder, *cohort)
    with pytest.MonkeyPatch.context() as patch:
        done = trained(folder, OWN, "eriq22", patch)
        yield done, scored(done.model.folder, folder, OWN)


def paths(folder: Path, source: dict[str, object]) -> dict[str, Path]:
    """Return the files of a source as they lie in a folder."""
    return {name: folder / str(source[name]) for name in ("answers", "persons", "spells")}


def same(ours: pd.DataFrame, theirs: pd.DataFrame) -> None:
    """Fail unless two tables agree to 1e-9 in numbers and exactly in words."""
    pd.testing.assert_frame_equal(ours, theirs, check_exact=False, rtol=0, atol=1e-9)


# What a person writes into the configs of init: how the line begins, what stands there, what comes instead.
EDITS = (
    ("codes: {", re.compile(r'"(\d+)": null'), lambda found: f'"{found[1]}": {STATUS_OF.get(found[1], "null")}'),
    ("persons: {client_id", re.compile("}$"), lambda _: ", area_unemployment: ledighed}"),
    ("within_days: 14", re.compile(" *# guess.*"), lambda _: ""),
)
STATUS_OF = {code: status for status, code in DREAM.items()}


def edited(config: Path) -> int:
    """Write what init could not know into a config; return how many lines were changed."""
    lines = config.read_text("utf-8").splitlines()
    done = list(lines)
    for start, what, instead in EDITS:
        (place,) = [number for number, line in enumerate(lines) if line.lstrip().startswith(start)]
        done[place] = what.sub(instead, lines[place].partition("  # write here")[0])
    config.write_text("\n".join(done), encoding="utf-8")
    assert not [line for line in done[3:] if GUESS in line or WRITE in line]
    return sum(old != new for old, new in zip(lines, done, strict=True))


def test_init_and_a_few_edited_lines_give_the_measures_and_scores_of_our_form(
    tmp_path: Path, cohort: Cohort, own: tuple[eriq.Run, pd.DataFrame], monkeypatch: pytest.MonkeyPatch
) -> None:
    """Halves apart, Danish words and labels, day-month-year, decimal commas and weeks of codes change no number."""
    ours, scores = own
    write_municipality(tmp_path, *cohort, load_instrument("eriq22"))
    monkeypatch.chdir(tmp_path)
    said = init(sorted(tmp_path.glob("*.csv")), tmp_path / "own.yaml")
    counts = [edited(tmp_path / name) for name in ("own.yaml", "own-scoring.yaml")]
    lines: list[str] = []
    # The study is that of the other tests; the files are read as init wrote it.
    done = trained(tmp_path, load_yaml(tmp_path / "own.yaml")["source"], "eriq22", monkeypatch, lines.append)

    assert counts == [3, 3]
    same(done.measures, ours.measures)
    run(load_scoring_job(tmp_path / "own-scoring.yaml"))
    again = pd.read_csv(tmp_path / "own-scores.csv").sort_values(["client_id", "answered_on"]).reset_index(drop=True)
    assert len(again) > 500
    same(again.drop(columns=["row", "model"]), scores.drop(columns=["row", "model"]))
    told = "\n".join([said, *lines])
    assert "caseworker_answers: not read: bemærkning" in told
    assert "have two halves at most 14 days apart" in told
    assert "not read: ledighed" in said
    assert "fri tekst" not in told


def test_one_wide_file_with_danish_labels_scores_chunk_by_chunk(
    tmp_path: Path, cohort: Cohort, own: tuple[eriq.Run, pd.DataFrame]
) -> None:
    """The own-form model scores a semicolon file with labels and Danish days by the same keys, in chunks."""
    ours, scores = own
    instrument, (answers, persons, spells) = load_instrument("eriq22"), cohort
    write_own_form(tmp_path, answers, persons, spells)
    (tmp_path / "answers.csv").unlink()
    wide = answers.assign(
        answered_on=answers["answered_on"].dt.strftime("%d-%m-%Y"), consent="Ja", bemærkning="fri tekst"
    )
    for item in instrument.item_ids:
        wide[item] = labelled(answers[item], instrument, item, "da")
    wide.rename(columns={"client_id": "CPR"}).to_csv(tmp_path / "answers.csv", sep=";", index=False)
    event = {"client_id": persons["client_id"][:1], "occurred_on": "2014-01-01", "kind": "gp_contact"}  # no column's
    pd.DataFrame(event).to_csv(tmp_path / "events.csv", index=False)
    source = {
        "kind": "file",
        "path": ".",
        "columns": {"client_id": "CPR"},
        "answer_labels": "da",
        "dates": {"answers": "%d-%m-%Y"},
        "codes": {"answers": {"consent": {"Ja": 1}}},
    }

    again = scored(ours.model.folder, tmp_path, source)
    same(again.drop(columns=["row", "model"]), scores.drop(columns=["row", "model"]))


def test_the_same_from_spss(tmp_path: Path, cohort: Cohort, own: tuple[eriq.Run, pd.DataFrame]) -> None:
    """Files of SPSS with value labels and a declared missing code are read to the very tables of our form."""
    ours, scores = own
    instrument, (answers, persons, spells) = load_instrument("eriq22"), cohort
    write_own_form(tmp_path, answers, persons, spells)
    theirs = read_tables(Tables.model_validate({**OWN, **paths(tmp_path, OWN)}), instrument, TODAY)
    labels = {item: {level.code: level.labels.da for level in instrument.levels(item)} for item in instrument.item_ids}
    for item in labels:
        labels[item] |= {code.code: code.labels.da for code in instrument.missing_codes} | {99: "uoplyst"}
    filled = answers[list(instrument.item_ids)].astype("Float64").fillna(99).astype("float64")
    facts = ["client_id", "answered_on", "caseworker_id", "job_centre", "consent", "instrument"]
    wide = pd.concat([answers[facts], filled], axis=1)
    pyreadstat.write_sav(
        wide.astype({"consent": "float64"}),
        tmp_path / "svar.sav",
        variable_value_labels=labels,
        missing_ranges={item: [99] for item in instrument.item_ids},
    )
    sex = dict(enumerate(DANISH["sex"].values(), 1))
    place = {code: float(number) for number, code in enumerate(DANISH["sex"], 1)}
    told = persons.dropna(axis="columns", how="all").assign(sex=persons["sex"].map(place).astype("float64"))
    told = told.astype({name: "float64" for name in told.columns if told[name].dtype.kind in "if"})
    pyreadstat.write_sav(told, tmp_path / "personer.sav", variable_value_labels={"sex": sex})
    source = {
        **OWN,
        "answers": "svar.sav",
        "persons": "personer.sav",
        "answer_labels": "da",
        "codes": {"persons": {"sex": {word: code for code, word in DANISH["sex"].items()}}},
    }
    read = read_tables(Tables.model_validate({**source, **paths(tmp_path, source)}), instrument, TODAY)

    assert read.problems == []
    pd.testing.assert_frame_equal(read.answers, theirs.answers)
    for name in ("persons", "spells"):
        pd.testing.assert_frame_equal(getattr(read.registers, name), getattr(theirs.registers, name))
    again = scored(ours.model.folder, tmp_path, source)
    same(again.drop(columns=["row", "model"]), scores.drop(columns=["row", "model"]))
    init([tmp_path / name for name in ("svar.sav", "personer.sav", "spells.csv")], tmp_path / "spss.yaml")
    found = {**load_yaml(tmp_path / "spss.yaml")["source"], "followed_until": OWN["followed_until"]}
    recognised = read_tables(Tables.model_validate({**found, **paths(tmp_path, found)}), instrument, TODAY)
    assert recognised.problems == []
    pd.testing.assert_frame_equal(recognised.answers, theirs.answers)
    pd.testing.assert_frame_equal(recognised.registers.persons, theirs.registers.persons)


@pytest.mark.long  # `make statistical` runs it
def test_a_swedish_form_gives_the_measures_and_scores_of_our_form(
    tmp_path: Path, cohort: Cohort, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The shorter questionnaire, long, with Swedish labels and words and other days, changes no number."""
    instrument = load_instrument("eriq-sv")
    answers, persons, spells = cohort
    answers = answers[["client_id", "answered_on", "caseworker_id", "job_centre", "consent", *instrument.item_ids]]
    write_own_form(tmp_path / "ours", answers, persons, spells)
    ours = trained(tmp_path / "ours", OWN, "eriq-sv", monkeypatch)
    scores = scored(ours.model.folder, tmp_path / "ours", OWN)
    folder = tmp_path / "theirs"
    folder.mkdir()
    told = answers.assign(answered_on=answers["answered_on"].dt.strftime("%Y/%m/%d"), consent="ja")
    for item in instrument.item_ids:
        told[item] = labelled(answers[item], instrument, item, "sv").fillna("ej ifylld")
    long = told.melt(
        ["client_id", "answered_on", "caseworker_id", "job_centre", "consent"], var_name="fråga", value_name="svar"
    )
    long.rename(columns={"client_id": "personnummer"}).to_csv(folder / "svar.txt", sep="\t", index=False)
    words = {"female": "kvinna", "male": "man", "other": "annat"}
    people = persons.dropna(axis="columns", how="all").assign(sex=persons["sex"].map(words))
    people.to_excel(folder / "register.xlsx", sheet_name="Personer", index=False)
    with pd.ExcelWriter(folder / "register.xlsx", mode="a") as book:
        pd.DataFrame({"anteckning": ["fri text"]}).to_excel(book, sheet_name="Övrigt", index=False)
    status = {name: f"kod {place}" for place, name in enumerate(sorted(spells["status"].unique()))}
    spells.assign(status=spells["status"].map(status)).to_parquet(folder / "perioder.parquet", index=False)
    source = {
        **OWN,
        "answers": "svar.txt",
        "answers_form": "long",
        "persons": "register.xlsx",
        "sheets": {"persons": "Personer"},
        "spells": "perioder.parquet",
        "columns": {"answers": {"client_id": "personnummer", "item": "fråga", "answer": "svar"}},
        "codes": {
            "answers": {"consent": {"Ja": 1, "Nej": 0}},
            "persons": {"sex": {word: code for code, word in words.items()}},
            "spells": {"status": {code: name for name, code in status.items()}},
        },
        "answer_labels": "sv",
        "missing": {"answers": {"*": ["ej ifylld"]}},
        "dates": {"answers": "%Y/%m/%d"},
    }
    done = trained(folder, source, "eriq-sv", monkeypatch)

    same(done.measures, ours.measures)
    same(
        scored(done.model.folder, folder, source).drop(columns=["row", "model"]), scores.drop(columns=["row", "model"])
    )
