"""Saved models: open as they were saved, or not at all."""

import hashlib
import json
import pickle
import shutil
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
import skops.io
from sklearn.naive_bayes import GaussianNB

import eriq.model.bundle as bundle_module
from eriq.errors import BundleError, OutputError
from eriq.features import Feature
from eriq.instrument.texts import Texts
from eriq.model.bundle import SELFTEST, Bundle, Fit, open_bundle, save_bundle, save_fits
from eriq.model.calibrator import Calibrator
from eriq.model.manifest import FORMAT, MANIFEST, BasisFit, Manifest, TrainedOn, read_manifest, seal_of
from eriq.model.model import Model
from eriq.study.design.contender import Contender
from eriq.study.design.design import make_design, resampled
from eriq.study.learning.estimators import ESTIMATORS
from eriq.study.learning.final import as_model
from eriq.study.learning.training import fit

BELIEF = Texts(en="Belief", sv="Tro", da="Tro")
FEATURES = (
    Feature(
        "belief.b1",
        "belief",
        "ordinal",
        monotone=1,
        item="b1",
        indicate=False,
        labels=Texts(en="Belief", sv="Tro", da="Tro"),
    ),
    Feature("register.weeks", "register_history"),
    Feature("register.region", "register_basic", "category", levels=("east", "väst")),
)
NAMES = tuple(f.name for f in FEATURES)
KINDS = tuple(name for name, recipe in ESTIMATORS.items() if recipe.savable)
TOLD = Manifest(experiment="quick", outcome="åäö", trained_on=TrainedOn(prevalence=0.1), period=None)


def people(n: int = 240):
    """Return people with gaps."""
    rng = np.random.default_rng(2)
    matrix = np.column_stack([rng.integers(0, 7, n), rng.exponential(30, n), rng.integers(0, 2, n)]).astype(float)
    outcome = (matrix[:, 0] - 3 + rng.logistic(size=n) > 0).astype(int)
    matrix[rng.random(matrix.shape) < 0.1] = np.nan
    rows = pd.DataFrame({"client_id": [f"person-{k}" for k in range(n)]})
    return make_design(rows, pd.DataFrame(matrix, columns=list(NAMES)), outcome)


@pytest.fixture(scope="module")
def models() -> dict[str, tuple[Model, tuple[Feature, ...]]]:
    """Return a model of every kind that can be saved, with one refit, and its features."""
    design, made = people(), {}
    for kind in KINDS:
        columns = {"prevalence": (), "level_rates": NAMES[:1]}.get(kind, NAMES)
        contender = Contender(kind, "all", kind, columns)  # type: ignore[arg-type]
        fits = [fit(contender, d, FEATURES, seed=1) for d in (design, resampled(design, np.random.default_rng(1)))]
        made[kind] = (as_model(fits[0], Calibrator(-0.2, 0.9), fits[1:]), FEATURES[: len(columns)])
    return made


@pytest.fixture
def save(models, tmp_path: Path) -> Callable[..., Bundle]:
    """Save a model of a kind and return it as reopened."""

    def write(kind: str = "logistic", **told: Any) -> Bundle:
        model, features = models[kind]
        sample = np.random.default_rng(3).uniform(0, 2, (12, len(features)))
        return save_bundle(
            model, features, TOLD.model_copy(update=told), "# Card\n", sample, tmp_path / "models", "demo-20200101"
        )

    return write


def reseal(folder: Path, **change: Any) -> None:
    """Make the manifest fit the files again, as somebody would who knows the code."""
    manifest = json.loads((folder / MANIFEST).read_text(encoding="utf-8")) | change
    if "sha256" not in change:
        files = [f for f in folder.iterdir() if f.name != MANIFEST]
        manifest["sha256"] = {f.name: hashlib.sha256(f.read_bytes()).hexdigest() for f in files}
    manifest["seal"] = seal_of(manifest)
    (folder / MANIFEST).write_text(json.dumps(manifest), encoding="utf-8")


@pytest.fixture
def no_parser(monkeypatch: pytest.MonkeyPatch) -> None:
    """Fail if anything in a folder is parsed before it was checked."""

    def never(*given: Any, **more: Any) -> Any:
        raise AssertionError("a file was parsed that should have been refused before")

    monkeypatch.setattr("skops.io.loads", never)
    monkeypatch.setattr("skops.io.get_untrusted_types", never)
    monkeypatch.setattr("lightgbm.Booster", never)
    monkeypatch.setattr(bundle_module.pd, "read_parquet", never)


# --- save and open -------------------------------------------------------------------------


@pytest.mark.parametrize("kind", KINDS)
def test_a_reopened_model_gives_the_same_numbers(kind, models, save):
    """Log-odds, contributions and the spread of refits are equal to 1e-12 after saving and opening."""
    before, features = models[kind]
    after = open_bundle(save(kind).folder)
    matrix = people().matrix.to_numpy()[:, : len(features)]
    for what in ("log_odds", "contributions", "spread"):
        ours, theirs = getattr(before, what)(matrix), getattr(after.model, what)(matrix)
        assert np.abs(ours - theirs).max() < 1e-12, what
    assert after.features == features
    assert after.model.calibrator == before.calibrator
    assert after.model.columns == before.columns


def test_a_boosting_machine_is_opened_and_explained_without_its_library(models, save, monkeypatch):
    """Where interpret cannot be imported its machine opens, passes the self-test, scores and explains as before."""
    before, _ = models["ebm"]
    folder, matrix = save("ebm").folder, people().matrix.to_numpy()
    for name in [name for name in sys.modules if name.partition(".")[0] == "interpret"]:
        monkeypatch.delitem(sys.modules, name)
    monkeypatch.setitem(sys.modules, "interpret", None)
    after = open_bundle(folder).model
    assert np.abs(after.log_odds(matrix) - before.log_odds(matrix)).max() < 1e-9
    assert np.abs(after.contributions(matrix).sum(axis=1) - before.log_odds(matrix)).max() < 1e-9
    assert {p.name for p in folder.glob("*.json")} == {"manifest.json", "model.tables.json", "member-1.tables.json"}


@pytest.mark.parametrize("text", ["", "{}", "[]", '{"intercept": 1, "cuts": [], "mains": [], "pairs": []}', "\x00"])
def test_text_that_holds_no_tables_is_refused(save, text):
    """Tables that are none, or of another number of columns, are named and not read."""
    folder = save("ebm").folder
    (folder / "model.tables.json").write_text(text, encoding="utf-8")
    reseal(folder)
    with pytest.raises(BundleError, match=r"model\.tables\.json does not hold the tables"):
        open_bundle(folder)


STACKED = {"kind": "linear", "intercept": 0.0, "slope": 1.0}


@pytest.mark.parametrize(
    "content", [None, [], [1], [{"kind": "stack"}], [STACKED | {"kind": "stack"}], [STACKED | {"slope": "a"}]]
)
def test_a_stack_of_what_is_not_known_is_refused(save, content):
    """An index without members, of other kinds, or of stacks in stacks, is named and nothing of it opened."""
    folder = save("stack").folder
    (folder / "model.stack.json").write_text(json.dumps(content), encoding="utf-8")
    reseal(folder)
    with pytest.raises(BundleError, match=r"model\.stack\.json does not say which models are stacked"):
        open_bundle(folder)


def test_the_manifest_says_what_it_was_told(save):
    """Facts come back as they were given, letters beyond ASCII too, beside the format and a digest per file."""
    saved = save()
    told = ("experiment", "outcome", "trained_on", "period")
    assert [getattr(saved.manifest, key) for key in told] == [getattr(TOLD, key) for key in told]
    assert saved.manifest.format == FORMAT
    files = {f.name for f in saved.folder.iterdir()}
    assert files == {MANIFEST, *saved.manifest.sha256}
    assert files == {MANIFEST, "model.skops", "member-1.skops", "card.md", SELFTEST}
    assert saved.name == saved.folder.name
    assert (saved.folder / "card.md").read_text() == "# Card\n"


def test_boosted_trees_are_text_and_nothing_is_a_pickle(save):
    """A booster is saved as LightGBM's text, the rest as skops archives; no file unpickles."""
    for kind in ("lightgbm", "logistic"):
        for file in save(kind).folder.iterdir():
            with pytest.raises((pickle.UnpicklingError, ValueError, EOFError, IndexError, KeyError)):
                pickle.loads(file.read_bytes())
    assert (save("lightgbm").folder / "model.booster.txt").read_text().startswith("tree")


def test_saving_twice_gives_one_folder_and_other_facts_another(save, tmp_path):
    """The name holds a digest of the content: the same trees replace themselves, another model stands beside them."""
    first, again, other = save("lightgbm"), save("lightgbm"), save("lightgbm", experiment="other")
    assert first.folder == again.folder != other.folder
    assert sorted(f.name for f in (tmp_path / "models").iterdir()) == sorted([first.name, other.name])


def test_no_file_of_a_model_names_a_person(save):
    """The ids of the people it was trained on are in none of its files, unpacked archives included."""
    for kind in KINDS:
        folder = save(kind).folder
        for archive in folder.glob("*.skops"):
            shutil.unpack_archive(archive, folder / "unpacked", format="zip")
        content = b"".join(f.read_bytes() for f in folder.rglob("*") if f.is_file())
        assert b"person-" not in content, kind
        shutil.rmtree(folder)


def test_a_place_that_cannot_be_written_is_an_output_error(models, tmp_path):
    """A file where the folder of models should be is named in the error."""
    (tmp_path / "models").write_text("a file")
    model, features = models["logistic"]
    with pytest.raises(OutputError, match="cannot be saved"):
        save_bundle(model, features, TOLD, "", np.zeros((2, 3)), tmp_path / "models", "demo")


# --- refused before anything is parsed -----------------------------------------------------


@pytest.mark.parametrize("kind", ["logistic", "lightgbm"])
def test_a_changed_byte_in_any_file_is_refused(kind, save, request):
    """Each file in turn, one byte changed in its middle: BundleError with its name, and no parser is reached."""
    folder = save(kind).folder
    request.getfixturevalue("no_parser")
    for file in sorted(folder.iterdir()):
        whole = file.read_bytes()
        middle = len(whole) // 2
        file.write_bytes(whole[:middle] + bytes([whole[middle] ^ 1]) + whole[middle + 1 :])
        with pytest.raises(BundleError, match=rf"{folder.name}.*{file.name}"):
            open_bundle(folder)
        file.write_bytes(whole)


@pytest.fixture
def saved(save, request: pytest.FixtureRequest) -> Path:
    """Return the folder of a saved model; from then on no parser may be reached."""
    folder = save().folder
    request.getfixturevalue("no_parser")
    return folder


@pytest.mark.parametrize("name", ["model.skops", "member-1.skops", "card.md", SELFTEST, MANIFEST])
def test_a_missing_file_is_refused(saved, name):
    """Without any one of its files a model does not open."""
    (saved / name).unlink()
    with pytest.raises(BundleError, match=name):
        open_bundle(saved)


@pytest.mark.parametrize("name", ["model.pkl", ".hidden", "folder"])
def test_an_added_file_is_refused(saved, name):
    """One thing more than the manifest knows is one too many, a folder too."""
    (saved / name).mkdir() if name == "folder" else (saved / name).write_bytes(b"x")
    with pytest.raises(BundleError, match="1 file"):
        open_bundle(saved)


@pytest.mark.parametrize("name", ["model.skops", MANIFEST])
def test_a_link_out_of_the_folder_is_refused(saved, tmp_path, name):
    """A link is refused though it leads to the very same bytes."""
    shutil.copy(saved / name, tmp_path / "elsewhere")
    (saved / name).unlink()
    (saved / name).symlink_to(tmp_path / "elsewhere")
    with pytest.raises(BundleError, match=r"points out of|is a link"):
        open_bundle(saved)


@pytest.mark.parametrize("name", ["../elsewhere", "..", "/elsewhere", "sub/file"])
def test_a_manifest_that_points_out_of_the_folder_is_refused(saved, tmp_path, name):
    """Names with a path in them are not followed, even under a right seal and digest."""
    (saved.parent / "elsewhere").write_bytes(b"x")
    digests = read_manifest(saved).sha256 | {name: hashlib.sha256(b"x").hexdigest()}
    reseal(saved, sha256=digests)
    with pytest.raises(BundleError):
        open_bundle(saved)


def test_an_edited_manifest_is_refused(saved):
    """A number changed in the manifest breaks its seal."""
    text = (saved / MANIFEST).read_text(encoding="utf-8")
    assert '"slope": 0.9' in text
    (saved / MANIFEST).write_text(text.replace('"slope": 0.9', '"slope": 1.9'), encoding="utf-8")
    with pytest.raises(BundleError, match="was changed"):
        open_bundle(saved)


@pytest.mark.parametrize(
    "content",
    [
        '{"artifact_path": "model", "flavors": {}}',
        "[1, 2]",
        "null",
        "",
        "not json",
        '{"seal": "x", "format": 1}',
        '{"seal": "x", "format": 1, "sha256": ["model.skops"]}',
        b"\xff\xfe\x00",
    ],
    ids=["mlflow", "list", "null", "empty", "text", "no digests", "list of files", "not utf-8"],
)
def test_a_foreign_manifest_is_refused(saved, content):
    """What eriq did not write is refused in one sentence."""
    raw = content if isinstance(content, bytes) else content.encode()
    (saved / MANIFEST).write_bytes(raw)
    with pytest.raises(BundleError, match="not a model saved by eriq"):
        open_bundle(saved)


@pytest.mark.parametrize("gone", ["kind", "columns"])
def test_a_manifest_that_lacks_a_part_is_refused(saved, gone):
    """A sealed manifest without the model or its columns is no contract."""
    manifest = json.loads((saved / MANIFEST).read_text(encoding="utf-8"))
    del manifest[gone]
    manifest["seal"] = seal_of(manifest)
    (saved / MANIFEST).write_text(json.dumps(manifest), encoding="utf-8")
    with pytest.raises(BundleError, match="lacks"):
        open_bundle(saved)


def test_another_format_is_refused_with_both_numbers(saved):
    """A later format is named, so that the reader knows to update."""
    reseal(saved, format=FORMAT + 1)
    with pytest.raises(BundleError, match=rf"in format {FORMAT + 1}, .* reads format {FORMAT}: train it again"):
        open_bundle(saved)


def test_no_folder_is_no_model(tmp_path):
    """A path to nothing, or to a file, is refused."""
    (tmp_path / "file").write_text("x")
    for name in ("nothing", "file"):
        with pytest.raises(BundleError, match="no model folder"):
            open_bundle(tmp_path / name)


# --- refused although the digests fit ------------------------------------------------------


class Trap:
    """Leaves a trace if anybody unpickles it."""

    sprung: list[int] = []  # noqa: RUF012

    def __reduce__(self) -> tuple[Any, ...]:
        return (Trap.sprung.append, (1,))


def test_a_pickle_under_another_name_is_not_opened(save):
    """A pickle named model.skops is refused by its digest, and by its content if the manifest was made to fit."""
    folder = save().folder
    (folder / "model.skops").write_bytes(pickle.dumps(Trap()))
    with pytest.raises(BundleError, match="does not match its manifest"):
        open_bundle(folder)
    reseal(folder)
    with pytest.raises(BundleError, match="not a skops file"):
        open_bundle(folder)
    assert Trap.sprung == []


def test_an_archive_with_a_type_we_do_not_know_is_refused(save):
    """A sound skops file that needs another class than ours is refused with the name of the class."""
    folder = save().folder
    (folder / "model.skops").write_bytes(skops.io.dumps(Foreign()))
    reseal(folder)
    with pytest.raises(BundleError, match=r"types we do not accept: .*Foreign"):
        open_bundle(folder)


class Foreign(GaussianNB):
    """An estimator that is not ours."""


def test_another_estimator_does_not_pass_the_self_test(save):
    """A sound skops file of accepted types that is another model is refused by the self-test."""
    folder = save().folder
    (folder / "model.skops").write_bytes(skops.io.dumps(GaussianNB()))
    reseal(folder)
    with pytest.raises(BundleError, match="self-test"):
        open_bundle(folder)


def test_an_edited_tree_of_the_same_length_is_refused(save):
    """One digit of a leaf: refused by the digest, and by the self-test if all digests were made to fit."""
    folder = save("lightgbm").folder
    file = folder / "model.booster.txt"
    lines = file.read_text().split("\n")
    place = next(k for k, line in enumerate(lines) if line.startswith("leaf_value="))
    sign = lines[place][len("leaf_value=")]
    swapped = lines[place].replace("=-0.", "=-9.", 1) if sign == "-" else lines[place].replace("=0.", "=9.", 1)
    assert swapped != lines[place]
    assert len(swapped) == len(lines[place])
    lines[place] = swapped
    file.write_text("\n".join(lines))
    with pytest.raises(BundleError, match=r"model\.booster\.txt does not match"):
        open_bundle(folder)
    reseal(folder)
    with pytest.raises(BundleError, match="self-test"):
        open_bundle(folder)


def test_text_that_is_no_tree_is_refused(save):
    """A sealed file that LightGBM cannot read is a BundleError, not a fault of the library."""
    folder = save("lightgbm").folder
    (folder / "model.booster.txt").write_text("not a tree\n")
    reseal(folder)
    with pytest.raises(BundleError, match="not a LightGBM model"):
        open_bundle(folder)


def test_a_changed_calibration_does_not_pass_the_self_test(save):
    """A sealed manifest with another slope gives other numbers than the self-test holds."""
    folder = save().folder
    reseal(folder, calibrator={"intercept": -0.2, "slope": 0.91})
    with pytest.raises(BundleError, match="other numbers"):
        open_bundle(folder)


@pytest.mark.parametrize("name", ["model.skops", SELFTEST])
def test_a_manifest_that_forgets_a_file_is_refused(save, name):
    """A model without its estimator or its self-test does not open, sealed or not."""
    folder = save().folder
    (folder / name).unlink()
    reseal(folder)
    with pytest.raises(BundleError):
        open_bundle(folder)


@pytest.mark.parametrize("kind", ["logistic", "lightgbm_pairs", "level_rates", "lightgbm"])
def test_the_background_travels_with_the_model(models, tmp_path, kind) -> None:
    """A model with a background gives the same contributions, by the same convention, after it was opened again."""
    model, features = models[kind]
    width = len(model.columns)
    background = np.array([[1.0, 20.0, 0.0], [5.0, np.nan, 1.0]])[:, :width]
    with_rows = Model(model.kind, model.columns, model.estimator, model.calibrator, model.members, background)
    sample = people(20).matrix.to_numpy()[:, :width]
    again = save_bundle(with_rows, features, TOLD, "card", sample, tmp_path, "told").model

    np.testing.assert_array_equal(again.background, background)
    np.testing.assert_allclose(again.contributions(sample), with_rows.contributions(sample), rtol=0, atol=1e-9)
    assert with_rows.convention == again.convention


def test_a_background_of_other_columns_is_refused(models, tmp_path) -> None:
    """A background that lacks a column of the model does not open."""
    model, features = models["logistic"]
    folder = save_bundle(model, features, TOLD, "card", people(5).matrix.to_numpy(), tmp_path, "told").folder
    content = bundle_module._packed(pd.DataFrame({"other": [1.0]}))

    with pytest.raises(BundleError, match="does not hold the columns"):
        bundle_module._background(content, model.columns, folder)


# --- further fits --------------------------------------------------------------------------


def with_basis(models, folder: Path) -> Bundle:
    """Save a model with a further fit on its first column."""
    model, features = models["logistic"]
    part, some = models["level_rates"]
    told = BasisFit(name="client", halves=("client",), registers=False, contender="client | level_rates")
    fits = [Fit(model, features, np.ones((3, len(features)))), Fit(part, some, np.ones((3, 1)), told)]
    return save_fits(fits, TOLD.model_copy(update={"halves": ("client",)}), "# Card\n", folder / "models", "parted")


def test_a_further_fit_opens_with_its_model(models, tmp_path):
    """Kind, calibration, columns and numbers of each fit are its own; the name is the model's."""
    opened = open_bundle(with_basis(models, tmp_path).folder)
    (fit,) = opened.bases
    assert (opened.model.kind, fit.model.kind, fit.name) == ("linear", "rates", opened.name)
    matrix = people().matrix.to_numpy()[:, :1]
    assert fit.model.log_odds(matrix).tolist() == models["level_rates"][0].log_odds(matrix).tolist()
    assert fit.manifest.contender == "client | level_rates"
    assert opened.manifest.contender == TOLD.contender


def test_a_changed_further_fit_is_refused(models, tmp_path, request):
    """The files of a further fit are checked before anything is parsed, as those of the model."""
    folder = with_basis(models, tmp_path).folder
    (folder / "basis-client-model.skops").write_bytes(b"other")
    request.getfixturevalue("no_parser")
    with pytest.raises(BundleError, match="does not match its manifest"):
        open_bundle(folder)


def test_a_model_of_format_2_still_opens(save):
    """What was saved before there were further fits opens, and asks for both halves."""
    folder = save().folder
    manifest = json.loads((folder / MANIFEST).read_text(encoding="utf-8"))
    old = {name: value for name, value in manifest.items() if name not in ("halves", "bases")} | {"format": 2}
    old["seal"] = seal_of(old)
    (folder / MANIFEST).write_text(json.dumps(old), encoding="utf-8")
    opened = open_bundle(folder)
    assert (opened.bases, opened.manifest.halves) == ((), ())
