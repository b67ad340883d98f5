"""The Spark engine gives what the chunk function gives for the whole file, and leaves nothing half-done."""

import datetime as dt
import json
import os
import re
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from eriq.errors import BundleError, DependencyError, OutputError, SchemaError, SourceError
from eriq.face import simulate
from eriq.features import REGISTER_FEATURES
from eriq.instrument.instrument import Instrument, load_instrument
from eriq.model.bundle import Bundle, open_bundle
from eriq.model.manifest import MANIFEST
from eriq.model.signature import SIGNATURE, new_key, private_key, read_keys, sign
from eriq.scoring.chunk import score_rows
from eriq.scoring.options import Options
from eriq.scoring.spark import SparkError, cluster, score_folder, tasks
from eriq.scoring.spark.contract import BUCKET, ROW
from eriq.scoring.spark.errors import named_errors, raise_ours
from eriq.scoring.spark.output import refuse_foreign, rejects_folder
from eriq.scoring.spark.tasks import add_bucket, buckets_of
from eriq.workflows.score import make_features, make_features_on_spark
from tests.scoring.conftest import save_small

OPTIONS = Options(reasons=2, today=dt.date(2026, 1, 1))
DOTTED = ("register.age", "register.weeks_work_1y")  # Spark would take the dot for a field
FOLDER = "in [x] *ø"


@pytest.fixture(scope="module")
def session() -> Iterator[Any]:
    """One Spark for the module, as `score_folder` starts it; starting takes seconds."""
    with cluster.session("local[2]") as running:
        yield running


def made_answers(instrument: Instrument, n: int) -> pd.DataFrame:
    """Return `n` raw rows of which some are broken in each way that sets a row aside."""
    rng = np.random.default_rng(11)
    day = pd.Timestamp("2019-01-01")
    columns: dict[str, Any] = {
        "client_id": [f"c{k // 2}" for k in range(n)],
        "answered_on": [f"{day + pd.Timedelta(days=k % 700):%Y-%m-%d}" for k in range(n)],
        "wave": [str(k % 2 + 1) for k in range(n)],
        "consent": pd.array([1] * n, dtype="Int8"),
        "free text": ["never read"] * n,
    }
    for item in instrument.item_ids:
        codes = [level.code for level in instrument.levels(item)]
        columns[item] = pd.array(rng.choice(codes, n), dtype="Int8")
    frame = pd.DataFrame(columns)
    for item in instrument.item_ids:
        frame.loc[rng.random(n) < 0.01, item] = pd.NA
    frame["cw02"] = frame["cw02"].astype("str").where(frame["cw02"].notna())
    for name in DOTTED:
        frame[name] = rng.uniform(0, 50, n)
    frame.loc[7, "cw02"] = "SECRET-77"
    frame.loc[9, "client_id"] = None
    frame.loc[11, "consent"] = 0
    frame.loc[13, "answered_on"] = "13.1.2019"
    frame.loc[15, list(instrument.item_ids[:6])] = None
    # The last row repeats the first, its id written otherwise; no file and no task holds both.
    frame.loc[n - 1, ["client_id", "answered_on", "wave"]] = [" c0 ", frame.loc[0, "answered_on"], "1"]
    return frame


def write_parts(frame: pd.DataFrame, folder: Path, parts: int = 3, row_group: int = 29) -> Path:
    """Write `frame` into files of unequal length, one of them in a folder within."""
    edges = np.linspace(0, len(frame) ** 0.5, parts + 1) ** 2
    names = ["a b.parquet", "c/é.parquet", *(f"d{k}.parquet" for k in range(parts))]
    for start, end, name in zip(edges[:-1], edges[1:], names, strict=False):
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        frame.iloc[round(start) : round(end)].to_parquet(folder / name, index=False, row_group_size=row_group)
    (folder / "_SUCCESS").touch()
    return folder


@pytest.fixture
def parts(tmp_path: Path, instrument: Instrument) -> Path:
    """Write 300 rows into a folder whose name no pattern may be made of."""
    return write_parts(made_answers(instrument, 300), tmp_path / FOLDER)


@pytest.mark.usefixtures("session")
def test_a_folder_gives_what_the_chunk_function_gives_for_the_whole(
    register_bundle: Bundle, instrument: Instrument, parts: Path, tmp_path: Path
) -> None:
    """Numbers, reasons, row numbers and set-aside rows equal those of one call on all rows, bit by bit."""
    whole = score_rows(register_bundle, made_answers(instrument, 300), OPTIONS)
    done = score_folder(register_bundle.folder, parts, tmp_path / "scores", OPTIONS, bucket_rows=60)
    assert (done.read, done.scored, done.rejected) == (300, len(whole.scores), len(whole.rejected))
    assert done.scored > 280
    texts = whole.scores.select_dtypes("category").columns
    expected = whole.scores.astype(dict.fromkeys(texts, "str"))
    pd.testing.assert_frame_equal(pd.read_parquet(done.out), expected, check_dtype=False, rtol=0, atol=0)
    aside = pd.read_parquet(done.rejects)
    pd.testing.assert_frame_equal(aside, whole.rejected, check_dtype=False)
    assert set(aside["row"]) == {8, 10, 12, 14, 16, 300}
    assert aside["code"].iloc[-1] == "client_id:duplicate; client_id:duplicate"
    assert json.loads((done.out / "_manifest.json").read_text())["rejected"] == 6
    assert sorted(p.name for p in tmp_path.iterdir()) == sorted([FOLDER, "scores", "scores.rejected"])


@pytest.mark.usefixtures("session")
def test_answers_to_an_accepted_questionnaire_are_scored_in_their_own_columns(
    register_bundle: Bundle, instrument: Instrument, tmp_path: Path
) -> None:
    """Files that lack eight of our columns, declared as answers to the shorter form, give what one call gives."""
    shorter = load_instrument("eriq-sv")
    frame = made_answers(instrument, 60).drop(columns=[i for i in instrument.item_ids if i not in shorter.item_ids])
    options = replace(OPTIONS, answers_to=shorter.label)
    whole = score_rows(register_bundle, frame, options)
    folder = write_parts(frame, tmp_path / FOLDER)
    done = score_folder(register_bundle.folder, folder, tmp_path / "scores", options, bucket_rows=30)
    scores = pd.read_parquet(done.out)
    assert len(scores) == len(whole.scores) > 20
    assert scores["log_odds"].tolist() == whole.scores["log_odds"].tolist()
    assert set(scores["instrument"]) == {shorter.label}


@pytest.mark.usefixtures("session")
def test_any_number_of_buckets_gives_the_same_bytes_in_the_same_order(
    register_bundle: Bundle, parts: Path, tmp_path: Path
) -> None:
    """How the rows were divided among tasks does not show in the output."""
    contents = []
    for rows in (300, 70):
        out = tmp_path / f"by{rows}"
        done = score_folder(register_bundle.folder, parts, out, Options(reasons=0), bucket_rows=rows)
        contents.append([part.read_bytes() for part in sorted(done.out.glob("*.parquet"))])
    assert contents[0] == contents[1]


@pytest.mark.usefixtures("session")
def test_all_rows_set_aside_is_an_answer_too(register_bundle: Bundle, instrument: Instrument, tmp_path: Path) -> None:
    """Nobody consented: no score, every row in the set-aside, both folders there with their columns."""
    given = write_parts(made_answers(instrument, 40).assign(consent=0), tmp_path / "in")
    done = score_folder(register_bundle.folder, given, tmp_path / "s", OPTIONS, bucket_rows=20)
    assert (done.read, done.scored, done.rejected) == (40, 0, 40)
    assert "probability" in pd.read_parquet(done.out).columns
    assert pd.read_parquet(done.rejects)["row"].tolist() == list(range(1, 41))


@pytest.mark.usefixtures("session")
def test_a_page_destroyed_within_a_file_ends_the_job_with_nothing_written(
    register_bundle: Bundle, parts: Path, tmp_path: Path, secret: str
) -> None:
    """The footer is whole, so only the tasks can notice; the text names the folder and no value."""
    file = parts / "d0.parquet"
    content = bytearray(file.read_bytes())
    content[4 : len(content) // 2] = os.urandom(len(content) // 2 - 4)
    file.write_bytes(content)
    with pytest.raises((SourceError, SparkError)) as caught:
        score_folder(register_bundle.folder, parts, tmp_path / "scores", OPTIONS)
    assert secret not in str(caught.value)
    assert [p.name for p in tmp_path.iterdir()] == [FOLDER]


@pytest.mark.usefixtures("session")
def test_an_existing_output_is_replaced_only_on_request(register_bundle: Bundle, parts: Path, tmp_path: Path) -> None:
    """Without overwrite the old output stays as it is; with it nothing of it is left."""
    out = tmp_path / "scores"
    score_folder(register_bundle.folder, parts, out, OPTIONS)
    (out / "part-00099.parquet").write_text("old")
    with pytest.raises(OutputError, match="is there already"):
        score_folder(register_bundle.folder, parts, out, OPTIONS)
    assert (out / "part-00099.parquet").read_text() == "old"
    done = score_folder(register_bundle.folder, parts, out, OPTIONS, overwrite=True)
    assert not (out / "part-00099.parquet").exists()
    assert len(pd.read_parquet(done.out)) == done.scored


@pytest.mark.usefixtures("session")
def test_each_task_asks_for_the_signature_again(parts: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A signed model opens in a task; one whose signature goes after the job looked at it ends the job with code 13."""
    folder = save_small(tmp_path / "models", refits=0, name="signed").folder
    public, _ = new_key(tmp_path / "key.pem")
    sign(folder, (folder / MANIFEST).read_bytes(), private_key(tmp_path / "key.pem"))
    bundle = open_bundle(folder, read_keys([public]))
    with monkeypatch.context() as patch:
        patch.setattr(cluster, "shipped", lambda name: folder)
        assert tasks._shipped_bundle(bundle.name, bundle.manifest.seal, bundle.trusted).trusted == bundle.trusted
    (folder / SIGNATURE).unlink()
    with pytest.raises(BundleError, match="is not signed"):
        score_folder(bundle, parts, tmp_path / "scores", OPTIONS)
    assert not (tmp_path / "scores").exists()


@pytest.mark.usefixtures("session")
def test_register_columns_are_those_that_one_machine_makes(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A handful of clients in each bucket: order, answers and every register column are the same, bit by bit."""
    monkeypatch.setattr("eriq.scoring.spark.register_columns.BUCKET_ROWS", 12)
    model = save_small(tmp_path / "models", tuple(f for f in REGISTER_FEATURES if not f.protected), 0, "whole").folder
    made, folder = simulate(60, 3), tmp_path / "cohort"
    folder.mkdir()
    # One client was registered before: of the others "never" has to be told from "this office keeps no periods".
    before = made.spells.iloc[:1].assign(status="registered", started_on="2001-01-01", ended_on="2001-02-01")
    before = before.astype(made.spells.dtypes)
    made = replace(made, spells=pd.concat([made.spells, before], ignore_index=True))
    for name in ("answers", "persons", "spells", "events"):
        getattr(made, name).to_parquet(folder / f"{name}.parquet", index=False)
    one, many = tmp_path / "one.parquet", tmp_path / "many"
    make_features(str(model), folder, one)
    said = make_features_on_spark(str(model), folder, many)
    expected, found = pq.read_table(one), pq.read_table(many)
    assert said == f"{len(expected):,} rows with {len(open_bundle(model).registers)} register columns in {many}"
    assert len(set(expected["register.earlier_periods"].to_pylist())) > 1
    assert found.cast(expected.schema).equals(expected)
    assert {oct(file.stat().st_mode & 0o777) for file in many.iterdir()} == {"0o600"}
    with pytest.raises(OutputError, match="is there already"):
        make_features_on_spark(str(model), folder, many)


def test_spark_listens_on_this_machine_only_and_gives_each_task_one_thread(session: Any) -> None:
    """No user interface, the loopback address, and one OpenMP thread in every Python worker."""
    assert session.sparkContext.uiWebUrl is None
    assert session.conf.get("spark.driver.host") == "127.0.0.1"
    threads = session.sparkContext.parallelize([0], 1).map(lambda _: os.environ["OMP_NUM_THREADS"]).collect()
    assert threads == ["1"]


# --- before Spark --------------------------------------------------------------------------


@pytest.fixture
def no_spark(monkeypatch: pytest.MonkeyPatch) -> None:
    """Fail if Spark is started."""

    def started(*_: object) -> None:
        pytest.fail("Spark was started")

    monkeypatch.setattr(cluster, "session", started)


def _truncate(folder: Path) -> None:
    file = folder / "d0.parquet"
    file.write_bytes(file.read_bytes()[:-20])


def _other_columns(folder: Path) -> None:
    pd.read_parquet(folder / "d0.parquet").drop(columns="cw05").to_parquet(folder / "d0.parquet")


def _zoned(folder: Path) -> None:
    for file in folder.rglob("*.parquet"):
        frame = pd.read_parquet(file)
        frame["answered_on"] = pd.Timestamp("2020-01-01", tz="Europe/Stockholm")
        frame.to_parquet(file)


def _repeated(folder: Path) -> None:
    table = pq.read_table(folder / "d0.parquet")
    pq.write_table(table.append_column("cw01", table["cw01"]), folder / "d0.parquet")


def _named_beside(folder: Path) -> None:
    table = pq.read_table(folder / "d0.parquet")
    pq.write_table(table.replace_schema_metadata({"eriq.instrument": "eriq-sv 2.0.0"}), folder / "d0.parquet")


def _no_files(folder: Path) -> None:
    for file in folder.rglob("*.parquet"):
        file.unlink()


@pytest.mark.usefixtures("no_spark")
@pytest.mark.parametrize(
    ("damage", "words"),
    [
        (_truncate, r"d0\.parquet is not a readable Parquet file"),
        (_other_columns, "does not have the same columns"),
        (_zoned, "a time with a zone"),
        (_repeated, "column cw01 is there 2 times"),
        (_named_beside, r"d0\.parquet names its questionnaire beside the table"),
        (_no_files, "holds no Parquet file"),
    ],
)
def test_an_input_that_cannot_be_trusted_is_refused_before_spark_starts(
    register_bundle: Bundle, parts: Path, tmp_path: Path, damage: Callable[[Path], None], words: str
) -> None:
    """Each damage is named, nothing is written, and no cluster is kept busy with it."""
    damage(parts)
    with pytest.raises((SourceError, SchemaError), match=words):
        score_folder(register_bundle.folder, parts, tmp_path / "scores", OPTIONS)
    assert [p.name for p in tmp_path.iterdir()] == [FOLDER]


@pytest.mark.usefixtures("no_spark")
def test_a_missing_column_is_named_before_spark_starts(register_bundle: Bundle, parts: Path, tmp_path: Path) -> None:
    """A column that all files lack is a matter of the whole input, not of its rows."""
    for file in parts.rglob("*.parquet"):
        pd.read_parquet(file).drop(columns="cw05").to_parquet(file)
    with pytest.raises(SchemaError, match="column cw05 is not there"):
        score_folder(register_bundle.folder, parts, tmp_path / "scores", OPTIONS)


@pytest.mark.usefixtures("no_spark")
def test_without_pyspark_or_java_the_error_says_what_to_install(
    register_bundle: Bundle, parts: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A missing extra is named with the command that brings it; a missing Java with its version."""
    monkeypatch.setenv("JAVA_HOME", str(tmp_path / "nowhere"))
    with pytest.raises(DependencyError, match="Java 17"):
        score_folder(register_bundle.folder, parts, tmp_path / "scores", OPTIONS)
    monkeypatch.setattr("importlib.util.find_spec", lambda _: None)
    with pytest.raises(DependencyError, match=re.escape("pip install 'eriq[spark]'")):
        score_folder(register_bundle.folder, parts, tmp_path / "scores", OPTIONS)


# --- parts ---------------------------------------------------------------------------------


def test_buckets_are_whole_wherever_a_batch_ends() -> None:
    """Batches of three rows over buckets 0, 0, 1, 1, 1, 1, 4 give three tables of 2, 4 and 1 rows."""
    number = [0, 0, 1, 1, 1, 1, 4]
    whole = pa.record_batch({BUCKET: number, "x": list(range(7))})
    batches = [whole.slice(0, 3), whole.slice(3, 0), whole.slice(3, 3), whole.slice(6, 1)]
    assert [t["x"].to_pylist() for t in buckets_of(iter(batches))] == [[0, 1], [2, 3, 4, 5], [6]]
    assert list(buckets_of(iter([]))) == []


def test_an_id_has_one_bucket_however_it_is_written() -> None:
    """Text with blanks around it, and whole numbers with a gap in the column, are the same client."""
    texts = pa.record_batch({"client_id": ["7", " 7\u00a0", None], ROW: [1, 2, 3]})
    numbers = pa.record_batch({"client_id": [7, None, 7], ROW: [4, 5, 6]})
    found = [b[BUCKET].to_pylist() for b in add_bucket(iter([texts, numbers]), "client_id", 1000)]
    assert len({found[0][0], found[0][1], found[1][0], found[1][2]}) == 1
    assert (found[0][2], found[1][1]) == (3, 5)


def test_an_error_within_a_task_keeps_its_cause_and_loses_its_values(secret: str) -> None:
    """Our own errors come back as they are; of any other only type and place, as its text may hold a value."""
    with pytest.raises(RuntimeError) as ours, named_errors():
        raise SchemaError("2 problems")
    with pytest.raises(SchemaError, match=r"^2 problems$"):
        raise_ours(f"Traceback ... {ours.value} at ...", Path("in"))
    with pytest.raises(RuntimeError) as other, named_errors():
        raise ValueError(secret)
    assert secret not in str(other.value)
    with pytest.raises(SparkError, match=r"ValueError at test_spark\.py"):
        raise_ours(str(other.value), Path("in"))


def test_a_full_disk_and_an_unreadable_file_are_told_apart() -> None:
    """What Spark says about a disk is an output error, about a Parquet page an input error."""
    with pytest.raises(OutputError, match="disk is full"):
        raise_ours("java.io.IOException: No space left on device", Path("in"))
    with pytest.raises(SourceError, match="cannot read a Parquet file of in"):
        raise_ours("[FAILED_READ_FILE.NO_HINT] secret path", Path("in"))


@pytest.mark.parametrize("how", ["a link", "a link beside", "foreign", "foreign beside", "no manifest", "a folder"])
def test_an_output_that_no_job_made_is_not_deleted(tmp_path: Path, how: str) -> None:
    """With overwrite all of it would go: a link, a folder of other files or of another program's parts is refused."""
    out, precious = tmp_path / "scores", tmp_path / "precious"
    place = rejects_folder(out) if "beside" in how else out
    precious.mkdir()
    (precious / "part-00000.parquet").write_text("years of work")
    if "link" in how:
        place.symlink_to(precious)
    else:
        place.mkdir()
        (place / ("part-00000.parquet" if how == "no manifest" else "thesis.docx")).write_text("years of work")
        if how == "a folder":
            (place / "thesis.docx").rename(precious / "thesis.docx")
            (place / "part-00001.parquet").mkdir()
    before = sorted(tmp_path.rglob("*"))
    with pytest.raises(OutputError):
        refuse_foreign(out)
    assert sorted(tmp_path.rglob("*")) == before
