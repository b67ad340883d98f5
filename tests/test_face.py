"""The public face, line by line."""

import subprocess
import sys
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

import eriq
from eriq.errors import BundleError, ConfigError, SchemaError
from eriq.features.sensitive import SENSITIVE_LABEL


@pytest.fixture(scope="module")
def people() -> "eriq.face.SimulatedCohort":
    """Return made-up people that no model here has seen."""
    return eriq.simulate(clients=120, seed=2)


@pytest.fixture(scope="module")
def good(tiny: eriq.Run, people: "eriq.face.SimulatedCohort") -> pd.DataFrame:
    """Return the answers that pass the checks."""
    return people.answers[tiny.model.predict(people.answers)["code"] == ""]


@pytest.fixture(scope="module")
def registered(tmp_path_factory: pytest.TempPathFactory, tiny_config: str) -> eriq.Run:
    """Train a model that uses registers, health and justice among them."""
    folder = tmp_path_factory.mktemp("registered")
    both = "questionnaire + register_full"  # registers alone tell too little here for a model to be saved
    text = tiny_config.replace("name: tiny", "name: registered").replace("[questionnaire]\n", f"[{both}]\n")
    text = text.replace("[questionnaire, register_full]", f"[questionnaire, register_full, {both}]")
    (folder / "registered.yaml").write_text(text, encoding="utf-8")
    with pytest.MonkeyPatch.context() as patch:
        patch.chdir(folder)
        return eriq.train("registered.yaml", models=folder / "models", workers=1)


# --- importing -----------------------------------------------------------------------------


def test_importing_eriq_loads_no_library() -> None:
    """`import eriq` brings neither pandas nor numpy nor any room of the house; names and the version are listed."""
    program = (
        "import sys, eriq\n"
        "loaded = {name.split('.')[0] for name in sys.modules} & {'numpy', 'pandas', 'pydantic', 'sklearn', 'yaml'}\n"
        "rooms = [name for name in sys.modules if name.startswith('eriq.')]\n"
        "print(loaded, rooms, {'check', 'train', 'load', 'score', 'simulate', 'Model'} <= set(dir(eriq)))"
    )

    told = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)

    assert told.stdout == "set() [] True\n"


def test_every_name_of_the_face_resolves_and_no_other() -> None:
    """Each name in `__all__` is there; a name that is not is an AttributeError, so that hasattr works."""
    assert [name for name in eriq.__all__ if not hasattr(eriq, name)] == []
    assert not hasattr(eriq, "predict")


def test_the_package_says_that_it_is_typed() -> None:
    """`py.typed` lies in the package."""
    assert Path(eriq.__file__).with_name("py.typed").is_file()


# --- training ------------------------------------------------------------------------------


def test_check_says_what_a_training_would_use() -> None:
    """The text of `eriq check`."""
    assert "questionnaire + register_full | logistic" in eriq.check("quick")


def test_a_run_has_report_model_measures_and_verdict(tiny: eriq.Run) -> None:
    """Report and model are on disk; measures are those beside the report; the verdict is one of the report's words."""
    assert tiny.report.read_text(encoding="utf-8").startswith("<!")
    assert isinstance(tiny.model, eriq.Model)
    assert {"questionnaire | logistic", "register_full | logistic"} <= set(tiny.measures["contender"])
    assert tiny.verdict in tiny.sentence.lower()


def test_repr_is_one_screen(tiny: eriq.Run) -> None:
    """A model and a run show themselves in at most 24 lines of 100 characters, name, basis and measures among them."""
    for shown in (repr(tiny), repr(tiny.model)):
        assert len(shown.splitlines()) <= 24
        assert max(map(len, shown.splitlines())) <= 100
        assert tiny.model.name in shown
    for words in (
        "job entry within 12 months",
        "eriq22 2.0.0",
        "questionnaire | logistic",
        "200 clients",
        "AUC",
        "SHAP values",
    ):
        assert words in repr(tiny.model)
    assert tiny.verdict in repr(tiny)


def test_a_model_opens_by_folder_and_by_alias(tiny: eriq.Run, monkeypatch: pytest.MonkeyPatch) -> None:
    """Folder, name under models and models:/name@alias give the same model; a wrong name is refused."""
    monkeypatch.chdir(tiny.model.folder.parents[1])

    for reference in (tiny.model.folder, tiny.model.name, "models:/eriq-tiny@candidate"):
        assert eriq.load(reference).name == tiny.model.name
    with pytest.raises(BundleError):
        eriq.load("no-such-model")


def test_measures_of_a_model_are_those_of_its_manifest(tiny: eriq.Run) -> None:
    """One row per measure, with estimate and interval."""
    told = tiny.model.bundle.manifest.measures["auc"]

    assert [told.estimate, told.low, told.high] == tiny.model.measures.loc["auc"].tolist()


# --- forecasts -----------------------------------------------------------------------------


def test_every_row_comes_back_in_order_with_a_probability_or_a_reason(
    tiny: eriq.Run, people: "eriq.face.SimulatedCohort"
) -> None:
    """The index is that of the frame; where there is no probability there is a code and a reason, and else none."""
    shuffled = people.answers.sample(frac=1, random_state=1)

    given = tiny.model.predict(shuffled)

    assert given.index.equals(shuffled.index)
    aside = given["probability"].isna()
    assert 0 < aside.sum() < len(given)
    assert (given["code"].ne("") == aside).all()
    assert (given["set_aside"].ne("") == aside).all()
    assert np.allclose(given["log_odds"], np.log(given["probability"] / (1 - given["probability"])), equal_nan=True)
    pd.testing.assert_frame_equal(tiny.model.predict(people.answers), given.sort_index())


def test_predict_gives_the_numbers_of_a_score_file(tiny: eriq.Run, good: pd.DataFrame, tmp_path: Path) -> None:
    """`eriq.score` on a file and `predict` on the same rows agree to 1e-12; the file counts its rows."""
    good.to_csv(tmp_path / "answers.csv", index=False)

    batch = eriq.score(tiny.model, tmp_path / "answers.csv", tmp_path / "scores.csv")

    scores = pd.read_csv(tmp_path / "scores.csv")
    assert (len(good), len(good), 0) == (batch.read, batch.scored, batch.rejected)
    assert np.abs(scores["log_odds"].to_numpy() - tiny.model.predict(good)["log_odds"].to_numpy()).max() < 1e-12


def test_a_score_file_for_a_caseworker_has_no_number(tiny: eriq.Run, good: pd.DataFrame, tmp_path: Path) -> None:
    """Reasons only."""
    good.head(5).to_csv(tmp_path / "answers.csv", index=False)

    eriq.score(tiny.model.folder, tmp_path / "answers.csv", tmp_path / "scores.csv", audience="caseworker")

    assert not {"probability", "log_odds"} & set(pd.read_csv(tmp_path / "scores.csv"))


def test_the_order_of_columns_does_not_matter(tiny: eriq.Run, good: pd.DataFrame) -> None:
    """Columns reversed, or with strangers among them, give the same forecasts and the same explanation."""
    turned = good[good.columns[::-1]].assign(stranger=1)

    pd.testing.assert_frame_equal(tiny.model.predict(good), tiny.model.predict(turned))
    assert np.array_equal(tiny.model.explain(good).values, tiny.model.explain(turned).values)


def test_a_frame_stays_as_it_was(tiny: eriq.Run, good: pd.DataFrame) -> None:
    """Neither predict nor explain changes the table it is given."""
    before = good.copy(deep=True)

    tiny.model.predict(good)
    tiny.model.explain(good)

    pd.testing.assert_frame_equal(before, good)


def test_reasons_come_in_the_language_asked_for(tiny: eriq.Run, good: pd.DataFrame) -> None:
    """Two reasons per row in Swedish; more than fifty are refused."""
    given = tiny.model.predict(good, reasons=2, language="sv")

    assert given["reason_1_label"].str.contains("handläggare|klient").any()
    assert "reason_3" not in given
    with pytest.raises(ConfigError, match="0 to 50"):
        tiny.model.predict(good, reasons=51)


def test_a_missing_column_is_an_error_without_values(tiny: eriq.Run, good: pd.DataFrame) -> None:
    """A question that is not there at all is no single row's fault."""
    with pytest.raises(SchemaError, match="cw11"):
        tiny.model.predict(good.drop(columns="cw11"))


# --- registers -----------------------------------------------------------------------------


def test_a_model_on_registers_takes_them_beside_the_answers(
    registered: eriq.Run, people: "eriq.face.SimulatedCohort"
) -> None:
    """Given as a cohort or as `eriq.Registers` they give the same forecasts; without them the error says what to do."""
    tables = eriq.Registers(people.persons, people.spells, people.events)

    first = registered.model.predict(people.answers, registers=people)

    pd.testing.assert_frame_equal(first, registered.model.predict(people.answers, registers=tables))
    assert first["probability"].notna().any()
    with pytest.raises(SchemaError, match="register column"):
        registered.model.predict(people.answers)


def test_broken_registers_are_refused_whole(registered: eriq.Run, people: "eriq.face.SimulatedCohort") -> None:
    """A person listed twice is the table's fault."""
    twice = pd.concat([people.persons, people.persons.head(1)])

    with pytest.raises(SchemaError, match="persons"):
        registered.model.predict(people.answers, registers=eriq.Registers(twice, people.spells, people.events))


# --- explanations --------------------------------------------------------------------------


@pytest.mark.parametrize("language", ["en", "sv", "da"])
def test_an_explanation_adds_up_and_speaks(tiny: eriq.Run, good: pd.DataFrame, language: str) -> None:
    """Values and base add up to the log-odds; labels and answers are words in the chosen language."""
    found = tiny.model.explain(good, language=language)  # type: ignore[arg-type]

    values = np.asarray(found.values)
    whole = values.sum(axis=1) + found.base_values
    assert np.abs(whole - tiny.model.predict(good)["log_odds"].to_numpy()).max() < 1e-9
    assert values.shape == found.data.shape == found.display_data.shape == (len(good), len(found.feature_names))
    instrument = tiny.model.instrument
    assert instrument is not None
    place = tiny.model.bundle.model.columns.index(f"belief.{instrument.belief}")
    words = {level.labels.in_(language) for level in instrument.levels(instrument.belief)}  # type: ignore[arg-type]
    gap = {"en": "no answer", "sv": "inget svar", "da": "intet svar"}[language]
    assert set(found.display_data[:, place]) <= words | {gap}


def test_a_row_that_cannot_be_scored_is_not_explained(tiny: eriq.Run, people: "eriq.face.SimulatedCohort") -> None:
    """A row left out without a word would move all rows after it."""
    with pytest.raises(SchemaError, match=r"of \d+ row\(s\) cannot be scored"):
        tiny.model.explain(people.answers)


def test_health_and_justice_are_one_unit_without_data(
    registered: eriq.Run, people: "eriq.face.SimulatedCohort"
) -> None:
    """No diagnosis or conviction can be read off an explanation: one label, no numbers, no words."""
    scored = registered.model.predict(people.answers, registers=people)["code"] == ""
    found = registered.model.explain(people.answers[scored], registers=people)
    hidden = [place for place, name in enumerate(found.feature_names) if name == SENSITIVE_LABEL.en]
    merged = [feature for feature in registered.model.bundle.features if feature.sensitive]

    assert len(merged) > 1
    assert len(hidden) == 1
    assert len(found.feature_names) == len(registered.model.bundle.features) - len(merged) + 1
    assert np.isnan(found.data[:, hidden]).all()
    assert set(found.display_data[:, hidden].ravel()) == {""}


def test_shaps_own_plots_take_it(tiny: eriq.Run, good: pd.DataFrame) -> None:
    """A waterfall of one person and a beeswarm of all are drawn."""
    import matplotlib as mpl

    mpl.use("Agg")
    import matplotlib.pyplot as plt

    found = tiny.model.explain(good)
    import shap  # after the face has, which keeps its warnings to itself

    assert isinstance(found, shap.Explanation)
    for draw in (lambda: shap.plots.waterfall(found[0], show=False), lambda: shap.plots.beeswarm(found, show=False)):
        plt.figure()
        draw()
        assert any("(caseworker)" in text.get_text() for text in plt.gcf().axes[0].get_yticklabels())
        plt.close("all")


# --- made-up people ------------------------------------------------------------------------


def test_simulate_gives_the_tables_of_the_command() -> None:
    """500 clients with seed 1: same seed, same tables; another preset keeps the people."""
    cohort = eriq.simulate(clients=500, seed=1)

    assert 500 == len(cohort.persons)
    pd.testing.assert_frame_equal(cohort.answers, eriq.simulate(clients=500, seed=1).answers)
    assert len(cohort.truth) == len(cohort.answers)
