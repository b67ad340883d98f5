"""Signed models on their way: trained, registered, scored, loaded, promoted, served; unsigned ones refused on it."""

import os
import shutil
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest
import yaml
from tests.registry.test_promotion import CONFIG

import eriq
from eriq.errors import BundleError, ConfigError, PromotionError
from eriq.model.bundle import open_bundle
from eriq.model.manifest import MANIFEST
from eriq.model.signature import SIGNATURE, TRUSTED_KEYS, new_key, read_keys
from eriq.registry.models import find_version, load_model, model_folder, point_alias
from eriq.registry.promotion import promote
from eriq.scoring.manifest import Begun
from eriq.workflows.score import job_of, make_features, run, score_on_spark
from eriq.workflows.sign import key_of_env, make_key, sign_model
from eriq.workflows.train import train

MODEL = "models:/eriq-tiny@candidate"


@dataclass(frozen=True)
class World:
    """A folder with two trainings of one config, the second one signed, and the keys beside it."""

    folder: Path
    public: Path
    unsigned: Path


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Iterator[World]:
    """Train without a key, then with one, and simulate people to score."""
    place, keys = tmp_path_factory.mktemp("signed"), tmp_path_factory.mktemp("keys")
    public, _ = new_key(keys / "agency.pem")
    with pytest.MonkeyPatch.context() as patch:
        patch.chdir(place)
        patch.delenv("MLFLOW_TRACKING_URI", raising=False)
        patch.setenv("AGENCY_KEY", str(keys / "agency.pem"))
        source = {"kind": "simulated", "preset": "claim", "clients": 300, "seed": 7}
        for seed, more in ((1, {}), (2, {"sign_with_env": "AGENCY_KEY"})):
            file = place / f"tiny{seed}.yaml"
            file.write_text(yaml.safe_dump({**CONFIG, "source": source, "seed": seed, **more}))
            done = train(file, models=place / "models", workers=1)
            if seed == 1:
                assert done.bundle is not None
                unsigned = done.bundle.folder
        eriq.simulate(clients=40, seed=3).answers.to_csv(place / "answers.csv", index=False)
        yield World(place, public, unsigned.resolve())


@pytest.fixture
def world(made: World, monkeypatch: pytest.MonkeyPatch) -> World:
    """Stand in the folder; nobody is trusted by the environment."""
    monkeypatch.chdir(made.folder)
    monkeypatch.delenv("MLFLOW_TRACKING_URI", raising=False)
    monkeypatch.delenv(TRUSTED_KEYS, raising=False)
    return made


def test_a_training_with_a_key_signs_its_model_and_the_registered_copy(world: World) -> None:
    """Both open for those who trust the key; that of the training without a key opens for nobody who asks."""
    keys = read_keys([world.public])
    assert load_model(MODEL, [world.public]).trusted == keys
    signed = [folder for folder in (world.folder / "models").iterdir() if (folder / SIGNATURE).is_file()]
    assert [open_bundle(folder, keys).name for folder in signed] == [load_model(MODEL).name]
    text = (signed[0] / MANIFEST).read_text(encoding="utf-8")
    assert "PRIVATE" not in text
    assert str(world.public.parent) not in text
    with pytest.raises(BundleError, match="is not signed"):
        open_bundle(world.unsigned, keys)


def test_a_training_without_its_key_says_so_before_it_begins(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    """The variable is named; nothing is fitted, and no model is saved."""
    monkeypatch.delenv("AGENCY_KEY", raising=False)
    before = sorted((world.folder / "models").iterdir())
    with pytest.raises(ConfigError, match="AGENCY_KEY is not set"):
        train(world.folder / "tiny2.yaml", models=world.folder / "models", say=pytest.fail)
    assert sorted((world.folder / "models").iterdir()) == before


def test_scoring_refuses_a_model_that_no_trusted_key_signed(world: World, tmp_path: Path) -> None:
    """A job with trusted keys scores with the signed model, and ends with code 13 and no file with the other."""
    trusted = {"trusted_keys": (world.public,), "today": "2026-01-01"}
    done = run(job_of(MODEL, world.folder / "answers.csv", tmp_path / "good.csv", **trusted), workers=1)
    assert done.scored > 0
    with pytest.raises(BundleError, match="is not signed") as refused:
        run(job_of(str(world.unsigned), world.folder / "answers.csv", tmp_path / "bad.csv", **trusted), workers=1)
    assert refused.value.exit_code == 13
    assert sorted(file.name for file in tmp_path.iterdir() if file.name.startswith(("bad", "."))) == []
    with pytest.raises(BundleError, match="is not signed"):
        make_features(str(world.unsigned), world.folder, tmp_path / "ready.csv", trusted_keys=[world.public])
    with pytest.raises(BundleError, match="is not signed"):
        score_on_spark(job_of(str(world.unsigned), world.folder, tmp_path / "spark", **trusted))


def test_a_continued_run_is_asked_for_the_signature_again(world: World, tmp_path: Path) -> None:
    """A run that began with an unsigned model, wherever its alias points by now, is not continued: code 13."""
    from eriq.scoring.sinks.folder import as_line, job_folder

    out, name = tmp_path / "out.csv", world.unsigned.name
    job_folder(out).mkdir()
    begun = Begun(job="x", model=name, folder=str(world.unsigned), today="2026-01-01")  # type: ignore[arg-type]
    (job_folder(out) / "job.json").write_bytes(as_line(begun))
    job = job_of(MODEL, world.folder / "answers.csv", out, trusted_keys=(world.public,))
    with pytest.raises(BundleError, match="is not signed"):
        run(job, resume=True)


def test_loading_refuses_it_too_and_a_loaded_model_keeps_asking(world: World, tmp_path: Path, monkeypatch) -> None:
    """By argument or by the environment; a model whose signature went since it was loaded scores no file."""
    with pytest.raises(BundleError, match="is not signed"):
        eriq.load(world.unsigned, trusted_keys=[world.public])
    shutil.copytree(model_folder(MODEL), tmp_path / "copy")
    model = eriq.load(tmp_path / "copy", trusted_keys=[world.public])
    (tmp_path / "copy" / SIGNATURE).unlink()
    with pytest.raises(BundleError, match="is not signed"):
        eriq.score(model, world.folder / "answers.csv", tmp_path / "out.csv")
    monkeypatch.setenv(TRUSTED_KEYS, str(world.public))
    assert eriq.load(MODEL).name
    with pytest.raises(BundleError, match="is not signed"):
        eriq.load(world.unsigned)


def test_the_command_line_takes_trusted_keys(world: World, tmp_path: Path) -> None:
    """`--trusted-key` with the signed model, with the other, and beside a config, which says it itself."""

    def score(model: str, *more: str) -> subprocess.CompletedProcess[str]:
        words = ["score", model, "answers.csv", "--out", str(tmp_path / "out.csv"), *more]
        return subprocess.run([sys.executable, "-m", "eriq", *words], capture_output=True, text=True, check=False)

    assert score(MODEL, "--trusted-key", str(world.public)).returncode in (0, 3)
    refused = score(str(world.unsigned), "--overwrite", "--trusted-key", str(world.public))
    assert refused.returncode == 13
    assert "is not signed" in refused.stderr
    assert score(str(world.unsigned), "--overwrite", "--trusted-key", "none.pub").returncode == 10
    assert score("monthly.yaml", "--trusted-key", str(world.public)).returncode == 2


def test_promotion_refuses_what_no_trusted_key_signed(world: World) -> None:
    """Gates with trusted keys: the unsigned version is code 13 and judged by no gate; the signed one may be judged."""
    (world.folder / "gates.yaml").write_text(
        "version: 1\ncalibration_slope: null\nnot_worse: {log_loss: 1.0}\nreplicates: 100\n"
        f"trusted_keys: [{os.path.relpath(world.public, world.folder)}]\n"
    )
    with pytest.raises(BundleError, match="is not signed"):
        promote("models:/eriq-tiny/1", "champion", world.folder / "gates.yaml")
    done = promote("models:/eriq-tiny/2", "first", world.folder / "gates.yaml")
    assert "signed by a trusted key" in done.sentence
    point_alias(find_version("models:/eriq-tiny/1"), "present", {})
    with pytest.raises(PromotionError, match=r"cannot be compared with version 1: .* is not signed"):
        promote("models:/eriq-tiny/2", "present", world.folder / "gates.yaml")


def test_changed_code_beside_a_registered_model_is_refused(world: World) -> None:
    """A line more in pyfunc.py: the self-test of a promotion fails, and nobody who asks for a signature opens it."""
    code = model_folder(MODEL).parent.parent / "pyfunc.py"
    whole = code.read_bytes()
    code.write_bytes(whole + b"\nprint('more')\n")
    try:
        with pytest.raises(BundleError, match=r"pyfunc\.py .* is not the code it was logged with"):
            load_model(MODEL, [world.public])
        with pytest.raises(PromotionError, match=r"FAIL  self-test: pyfunc\.py"):
            promote("models:/eriq-tiny/2", "changed")
        load_model(MODEL)  # scoring runs none of it
    finally:
        code.write_bytes(whole)
    load_model(MODEL, [world.public])


def test_an_endpoint_asks_for_the_signature_that_its_environment_names(world: World, monkeypatch) -> None:
    """MLflow loads the signed version and not the unsigned one."""
    import mlflow

    monkeypatch.setenv(TRUSTED_KEYS, str(world.public))
    assert mlflow.pyfunc.load_model("models:/eriq-tiny/2").metadata is not None
    with pytest.raises(BundleError, match="is not signed"):
        mlflow.pyfunc.load_model("models:/eriq-tiny/1")


def test_a_registered_model_is_signed_where_it_is(world: World, tmp_path: Path) -> None:
    """`eriq sign` opens it first, and signs the copy in the registry."""
    folder = model_folder("models:/eriq-tiny/1")
    assert not (folder / SIGNATURE).exists()
    said = sign_model("models:/eriq-tiny/1", world.public.with_name("agency.pem"))
    assert said.startswith(f"{folder.name} is signed by key ")
    load_model("models:/eriq-tiny/1", [world.public])
    (folder / SIGNATURE).unlink()
    shutil.copytree(folder, tmp_path / "changed")
    (tmp_path / "changed" / "card.md").write_text("better than it is")
    with pytest.raises(BundleError, match=r"card\.md does not match"):
        sign_model(str(tmp_path / "changed"), world.public.with_name("agency.pem"))
    assert not (tmp_path / "changed" / SIGNATURE).exists()


@pytest.mark.parametrize("place", ["models", "mlruns", "models/sub", "elsewhere", "elsewhere/m-1", "elsewhere/m-1/sub"])
def test_a_key_among_models_is_neither_made_nor_used(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, place: str
) -> None:
    """In models, mlruns, a model's folder, or the folder where any model stands: models are handed on, keys are not."""
    monkeypatch.chdir(tmp_path)
    (tmp_path / "elsewhere" / "m-1").mkdir(parents=True)
    (tmp_path / "elsewhere" / "m-1" / MANIFEST).write_text("{}")
    (tmp_path / place).mkdir(parents=True, exist_ok=True)
    with pytest.raises(ConfigError, match="lies among models"):
        make_key(Path(place) / "key.pem")
    assert not (tmp_path / place / "key.pem").exists()
    new_key(Path(place) / "key.pem")
    monkeypatch.setenv("AGENCY_KEY", str(Path(place) / "key.pem"))
    with pytest.raises(ConfigError, match="lies among models"):
        key_of_env("AGENCY_KEY", [Path("models"), Path("mlruns")])
    assert "fingerprint" in make_key(tmp_path / "key.pem")
