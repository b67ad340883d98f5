"""The model in MLflow is the model: every way to call it gives the numbers of `eriq score`."""

import json
import os
import signal
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
import warnings
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from importlib.metadata import version
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest

from eriq.errors import ConfigError, EriqError, SchemaError
from eriq.instrument.instrument import Instrument
from eriq.model.bundle import Bundle
from eriq.registry import pyfunc
from eriq.registry.inputs import column_types, types_words
from eriq.registry.models import requirements
from eriq.registry.tracking import SETTINGS
from eriq.scoring.chunk import score_rows
from eriq.scoring.options import Options
from eriq.scoring.spark import cluster, score_folder

mlflow = pyfunc.mlflow  # imported there, where its own warnings are kept down
TOLERANCE = 1e-12
PARQUET = "application/vnd.apache.parquet"
QUIET = {
    **SETTINGS,
    "OMP_NUM_THREADS": "1",
    "MLFLOW_TRACKING_URI": "sqlite://",
    "PYTHONWARNINGS": "ignore",
    "PATH": f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}",  # MLflow starts uvicorn by name
}


def made_answers(instrument: Instrument, n: int) -> pd.DataFrame:
    """Return `n` raw rows; rows 8, 10, 12, 14, 16 and the last are broken, each in its way."""
    rng = np.random.default_rng(12)
    day = pd.Timestamp("2019-01-01")
    frame = pd.DataFrame(
        {
            "client_id": [f"c{k // 2}" for k in range(n)],
            "answered_on": [f"{day + pd.Timedelta(days=k % 700):%Y-%m-%d}" for k in range(n)],
            "wave": [k % 2 + 1 for k in range(n)],
            "consent": pd.array([1] * n, dtype="Int8"),
            "another": ["never read"] * n,
        }
    )
    items = {}
    for item in instrument.item_ids:
        codes = [level.code for level in instrument.levels(item)]
        items[item] = pd.array(rng.choice(codes, n), dtype="Int8")
    frame = pd.concat([frame, pd.DataFrame(items)], axis="columns")
    for item in instrument.item_ids[2:]:  # the first two are whole numbers without a gap
        frame.loc[rng.random(n) < 0.01, item] = pd.NA
    third = instrument.item_ids[2]
    frame[third] = frame[third].astype("str").where(frame[third].notna())
    frame.loc[7, third] = "SECRET-77"
    frame.loc[9, "client_id"] = None
    frame.loc[11, "consent"] = 0
    frame.loc[13, "answered_on"] = "13.1.2019"
    frame.loc[15, list(instrument.item_ids[3:9])] = None
    frame.loc[n - 1, ["client_id", "answered_on", "wave"]] = ["c0", frame.loc[0, "answered_on"], 1]
    return frame


@pytest.fixture(scope="module")
def logged(small_bundle: Bundle, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Save the model as MLflow keeps it."""
    folder = tmp_path_factory.mktemp("mlflow") / "model"
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # how MLflow uses pandas 3 is its own business
        mlflow.pyfunc.save_model(
            folder,
            python_model=pyfunc.__file__,
            artifacts={"bundle": str(small_bundle.folder)},
            signature=pyfunc.signature(small_bundle),
            input_example=small_bundle.example_rows(),
            pip_requirements=requirements(),
        )
    return folder


@pytest.fixture(scope="module")
def loaded(logged: Path) -> Any:
    """Load the model as MLflow does."""
    return mlflow.pyfunc.load_model(str(logged))


def joined(scores: pd.DataFrame, rejected: pd.DataFrame) -> pd.DataFrame:
    """Return one line per input row, in order, as the pyfunc gives them."""
    good = scores[["row", "probability", "log_odds"]].assign(code="", set_aside="")
    bad = rejected[["row", "code", "reason"]].rename(columns={"reason": "set_aside"})
    return pd.concat([good, bad]).sort_values("row").drop(columns="row").reset_index(drop=True)


def assert_same(given: pd.DataFrame, expected: pd.DataFrame) -> None:
    """Raise unless probabilities agree to 1e-12 and each row set aside has the same code and reason."""
    assert len(given) == len(expected)
    assert given["code"].tolist() == expected["code"].tolist()
    assert given["set_aside"].tolist() == expected["set_aside"].tolist()
    for name in ("probability", "log_odds"):
        numbers = given[name].astype("float64").to_numpy()
        np.testing.assert_allclose(numbers, expected[name], rtol=0, atol=TOLERANCE, equal_nan=True)


# --- all the ways --------------------------------------------------------------------------


def by_command_line(small_bundle: Bundle, file: Path, folder: Path) -> pd.DataFrame:
    out = folder / "scores.parquet"
    command = [sys.executable, "-m", "eriq", "score", str(small_bundle.folder), str(file), "--out", str(out)]
    command += ["--reasons", "0"]
    done = subprocess.run(command, env={**os.environ, **QUIET}, cwd=folder, capture_output=True, text=True, check=False)
    assert done.returncode == 3, done.stderr
    return joined(pd.read_parquet(out), pd.read_csv(folder / "scores.parquet.rejected.csv"))


def by_models_predict(logged: Path, given: Path, kind: str) -> pd.DataFrame:
    out = given.with_suffix(".out")
    command = [sys.executable, "-m", "mlflow", "models", "predict", "-m", str(logged), "--env-manager", "local"]
    command += ["-i", str(given), "-o", str(out), "-t", kind]
    done = subprocess.run(command, env={**os.environ, **QUIET}, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr[-2000:]
    return pd.DataFrame(json.loads(out.read_text())["predictions"])


def as_json(frame: pd.DataFrame, **more: object) -> bytes:
    """Return rows as a client of the server sends them."""
    cells = frame.astype(object).where(frame.notna(), None)
    return json.dumps({"dataframe_split": {"columns": list(cells), "data": cells.to_numpy().tolist()}, **more}).encode()


@contextmanager
def serving(logged: Path, log: Path) -> Iterator[str]:
    """Serve the model on the loopback address; give the address of its endpoint."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    command = [sys.executable, "-m", "mlflow", "models", "serve", "-m", str(logged), "--env-manager", "local"]
    command += ["--host", "127.0.0.1", "--port", str(port), "--workers", "1"]
    with log.open("wb") as file:
        settings = {**os.environ, **QUIET}
        server = subprocess.Popen(command, env=settings, stdout=file, stderr=file, start_new_session=True)
    try:
        for _ in range(480):
            assert server.poll() is None, log.read_text()
            try:
                urllib.request.urlopen(f"http://127.0.0.1:{port}/ping", timeout=5).close()
                break
            except OSError:
                time.sleep(0.25)
        yield f"http://127.0.0.1:{port}/invocations"
    finally:
        if server.poll() is None:
            os.killpg(server.pid, signal.SIGTERM)
        server.wait(30)


def post(address: str, body: bytes, kind: str = "application/json") -> tuple[int, str]:
    """Return status and body of the answer."""
    request = urllib.request.Request(address, data=body, headers={"Content-Type": kind})
    try:
        with urllib.request.urlopen(request, timeout=120) as answer:
            return answer.status, answer.read().decode()
    except urllib.error.HTTPError as refused:
        with refused:
            return refused.code, refused.read().decode()


def by_spark_udf(spark: Any, logged: Path, file: Path) -> pd.DataFrame:
    from pyspark.sql import functions as F

    with warnings.catch_warnings():  # PySpark and MLflow warn of pandas 3 and of each other
        warnings.simplefilter("ignore")
        score = mlflow.pyfunc.spark_udf(spark, str(logged), env_manager="local")
        rows = spark.read.parquet(str(file)).coalesce(1)
        place = F.col("_metadata.row_index").alias("place")
        answer = rows.select(place, score(F.struct(*rows.columns)).alias("s")).select("place", "s.*")
        return answer.toArrow().to_pandas().sort_values("place").drop(columns="place").reset_index(drop=True)


@pytest.mark.parametrize("n", [300, pytest.param(10_000, marks=pytest.mark.long)])
def test_every_way_to_score_gives_the_same_numbers_and_sets_aside_the_same_rows(
    small_bundle: Bundle,
    logged: Path,
    instrument: Instrument,
    tmp_path: Path,
    n: int,
    monkeypatch: pytest.MonkeyPatch,
    secret: str,
) -> None:
    """Command line, models predict, a served endpoint, spark_udf and the Spark engine agree to 1e-12."""
    for name, value in QUIET.items():
        monkeypatch.setenv(name, value)
    frame = made_answers(instrument, n)
    file = tmp_path / "in.parquet"
    frame.to_parquet(file, index=False)
    expected = by_command_line(small_bundle, file, tmp_path)
    broken = [7, 9, 11, 13, 15, n - 1]
    assert np.flatnonzero(expected["code"] != "").tolist() == broken
    assert expected["probability"].isna().sum() == 6
    assert expected["probability"].nunique() > 50
    whole = score_rows(small_bundle, frame, Options(reasons=0))
    assert_same(expected, joined(whole.scores, whole.rejected))

    frame.to_csv(tmp_path / "in.csv", index=False)
    assert_same(by_models_predict(logged, tmp_path / "in.csv", "csv"), expected)
    if n > 300:  # the endpoint below reads the same JSON
        (tmp_path / "in.json").write_bytes(as_json(frame))
        assert_same(by_models_predict(logged, tmp_path / "in.json", "json"), expected)

    with serving(logged, tmp_path / "server.log") as address:
        status, answer = post(address, as_json(frame))
        assert status == 200
        assert_same(pd.DataFrame(json.loads(answer)["predictions"]), expected)
        status, answer = post(address, file.read_bytes(), PARQUET)
        assert_same(pd.DataFrame(json.loads(answer)["predictions"]), expected)
        status, answer = post(address, (tmp_path / "in.csv").read_bytes(), "text/csv")  # MLflow needs types for it
        assert status >= 400
        assert secret not in answer
        status, answer = post(address, as_json(frame.drop(columns="cw05")))
        assert status == 400
        assert "column cw05 is not there" in answer
        assert secret not in answer
        assert "c12" not in answer
    assert secret not in (tmp_path / "server.log").read_text()

    with cluster.session("local[2]") as spark:
        assert_same(by_spark_udf(spark, logged, file), expected)
        out, rows = tmp_path / "spark", max(100, n // 4)
        done = score_folder(small_bundle.folder, file, out, Options(reasons=0), bucket_rows=rows)
        assert_same(joined(pd.read_parquet(done.out), pd.read_parquet(done.rejects)), expected)


# --- the loaded model ----------------------------------------------------------------------


def test_what_was_logged_holds_no_pickle_and_pins_what_gives_the_numbers(logged: Path) -> None:
    """Model code and the bundle only; signature, example and exact versions stand beside them."""
    names = [path.name for path in logged.rglob("*") if path.is_file()]
    assert not [name for name in names if name.endswith((".pkl", ".pickle", ".joblib", ".cloudpickle"))]
    assert {"MLmodel", "input_example.json", "requirements.txt", "manifest.json", "model.booster.txt"} <= set(names)
    pins = (logged / "requirements.txt").read_text()
    assert f"lightgbm=={version('lightgbm')}" in pins
    assert "eriq==" in pins


def test_types_and_what_must_be_there_stand_beside_the_signature(small_bundle: Bundle) -> None:
    """In the signature they would make MLflow repeat rows; the items of this questionnaire go by no other name."""
    told = column_types(small_bundle)

    assert told["client_id"] == "text, required"
    assert told["answered_on"] == "date, required"
    assert told["cw05"] == "whole number, required"
    assert told["consent"] == "whole number"
    assert "- date, required: `answered_on`" in types_words(small_bundle)


def test_the_signature_names_every_column_that_can_set_a_row_aside(loaded: Any, instrument: Instrument) -> None:
    """MLflow drops what is not named: without `consent` a refusal would be scored, without `wave` a repeat."""
    names = loaded.metadata.get_input_schema().input_names()
    assert {"client_id", "answered_on", "wave", "consent", *instrument.item_ids} <= set(names)
    assert loaded.metadata.get_input_schema().required_input_names() == ["client_id"]
    assert loaded.metadata.get_output_schema().input_names() == [
        "probability",
        "log_odds",
        "code",
        "set_aside",
        "basis",
    ]


def test_whole_numbers_floats_and_text_are_the_same_answers(loaded: Any, instrument: Instrument) -> None:
    """int64 without a gap, float64, nullable, object and text columns give one probability."""
    rows = {"client_id": ["a", "b"], "answered_on": ["2020-01-15"] * 2}
    rows |= {item: [3, 2] for item in instrument.item_ids}
    frames = [
        pd.DataFrame(rows),
        pd.DataFrame(rows).astype(dict.fromkeys(instrument.item_ids, "float64")),
        pd.DataFrame(rows).astype(dict.fromkeys(instrument.item_ids, "Int8")),
        pd.DataFrame(rows).astype(object),
        pd.DataFrame(rows).astype("str"),
    ]
    found = [loaded.predict(frame)["probability"].tolist() for frame in frames]
    assert all(other == found[0] for other in found)
    assert found[0][0] != found[0][1]


def test_row_order_is_kept_whatever_the_index(loaded: Any, instrument: Instrument) -> None:
    """Rows come back in the order they came, set-aside ones in their place, numbered anew."""
    frame = made_answers(instrument, 40)
    mixed = frame.iloc[::-1].set_axis(np.arange(100, 140), axis="index")
    back = loaded.predict(mixed).iloc[::-1].reset_index(drop=True)
    straight = loaded.predict(frame)
    alone = ~straight["code"].str.contains("duplicate") & ~back["code"].str.contains("duplicate")
    assert alone.sum() == 38
    pd.testing.assert_frame_equal(back[alone], straight[alone])


def test_reasons_come_on_request_in_the_language_asked_for(
    loaded: Any, small_bundle: Bundle, instrument: Instrument
) -> None:
    """The parameter gives the reasons of `eriq score`; a row set aside has none."""
    frame = made_answers(instrument, 20)
    given = loaded.predict(frame, params={"reasons": 2, "language": "da"})
    whole = score_rows(small_bundle, frame, Options(reasons=2, language="da")).scores
    good = given["code"] == ""
    assert given.loc[good, "reason_2_label"].tolist() == whole["reason_2_label"].tolist()
    assert given.loc[~good, "reason_1"].isna().all()
    assert "reason_1" not in loaded.predict(frame).columns


def test_no_rows_in_no_rows_out(loaded: Any, small_bundle: Bundle) -> None:
    """An empty table has the columns of every answer."""
    empty = loaded.predict(small_bundle.example_rows().iloc[:0])
    assert (len(empty), list(empty)) == (0, list(pyfunc.OUTPUTS))


@pytest.mark.parametrize("params", [{"reasons": 51}, {"reasons": -1}, {"language": "de"}])
def test_a_parameter_out_of_range_is_refused(loaded: Any, small_bundle: Bundle, params: Mapping[str, Any]) -> None:
    """It says what is possible, before a row is looked at."""
    with pytest.raises(ConfigError, match="reasons is 0 to 50, language one of en, sv, da"):
        loaded.predict(small_bundle.example_rows(), params=dict(params))


def test_errors_name_columns_and_places_and_no_value(
    loaded: Any, small_bundle: Bundle, instrument: Instrument, monkeypatch: pytest.MonkeyPatch, secret: str
) -> None:
    """A missing column is ours to say; the text of anything unexpected is left out, its cause too."""
    frame = made_answers(instrument, 20)
    with pytest.raises(SchemaError, match="column cw05 is not there"):
        loaded.predict(frame.drop(columns="cw05"))

    def fail(*_: object) -> None:
        raise ValueError(secret)

    monkeypatch.setattr("eriq.scoring.frame.score_rows", fail)
    with pytest.raises(EriqError, match=r"ValueError at test_dropin\.py") as caught:
        loaded.predict(frame)
    assert secret not in str(caught.value)
    assert caught.value.__cause__ is None
    assert caught.value.__context__ is None
