"""Answers as an agency writes them, as a source."""

import pandas as pd
import pyreadstat
import pytest

from eriq.config import DuckDbInput, FileInput, ScoringJob, Tables
from eriq.errors import ConfigError, SchemaError
from eriq.instrument.instrument import load_instrument
from eriq.scoring.columns import wanted_columns
from eriq.scoring.sources.base import Wanted
from eriq.scoring.sources.openers import open_source
from eriq.workflows.score import run, score_on_spark

INSTRUMENT = load_instrument("eriq22")
DANISH = {"dates": "%d-%m-%Y", "answer_labels": "da", "codes": {"answers": {"consent": {"Ja": 1, "Nej": 0}}}}


def in_danish(frame: pd.DataFrame) -> pd.DataFrame:
    """Return answers with labels, days and words of a Danish agency."""
    made = frame.assign(answered_on="01-03-2015", consent="Ja", bemærkning="fri tekst")
    for item in INSTRUMENT.item_ids:
        labels = {str(level.code): level.labels.da for level in INSTRUMENT.levels(item)}
        made[item] = made[item].map(labels)
    return made


def read(source, small_bundle, chunk_rows=4, **columns) -> pd.DataFrame:
    """Return all rows that a source gives, as text."""
    wanted = wanted_columns(small_bundle, columns)
    with open_source(source, wanted, chunk_rows) as opened:
        parts = [chunk.frame for chunk in opened.chunks()]
    return pd.concat(parts, ignore_index=True).astype("str")[
        ["client_id", "answered_on", "consent", *INSTRUMENT.item_ids]
    ]


@pytest.fixture
def plain(small_bundle, backlog, tmp_path) -> pd.DataFrame:
    """Return ten questionnaires as they are read in our own form."""
    backlog(10).to_csv(tmp_path / "plain.csv", index=False)
    return read(FileInput(path=tmp_path / "plain.csv"), small_bundle)


def test_a_text_file_in_its_own_words_is_read_in_chunks(plain, small_bundle, backlog, tmp_path):
    """Labels, days and words come out as the same cells; the free text is named and left in the file."""
    in_danish(backlog(10)).rename(columns={"client_id": "CPR"}).to_csv(tmp_path / "a.csv", sep=";", index=False)
    source = FileInput(path=tmp_path / "a.csv", **DANISH)
    pd.testing.assert_frame_equal(read(source, small_bundle, client_id="CPR"), plain)
    with open_source(source, wanted_columns(small_bundle, {"client_id": "CPR"}), 4) as opened:
        assert opened.notices == ("not read: bemærkning",)
        assert sum(chunk.n_rows for chunk in opened.chunks()) == 10
        assert next(opened.chunks(1)).index == 1
        assert opened.total_rows == 10
        assert set(opened.stamp()) == {"sha256"}


@pytest.mark.parametrize("suffix", ["parquet", "xlsx", "sav"])
def test_other_files_give_the_same(plain, small_bundle, backlog, tmp_path, suffix):
    """Parquet in chunks, a named sheet and a file of SPSS as a whole."""
    given, path = in_danish(backlog(10)), tmp_path / f"a.{suffix}"
    options = dict(DANISH)
    if suffix == "parquet":
        given.to_parquet(path)
    elif suffix == "xlsx":
        options["sheets"] = {"answers": "Svar"}
        with pd.ExcelWriter(path) as book:
            pd.DataFrame({"x": [1]}).to_excel(book, sheet_name="Forside")
            given.to_excel(book, sheet_name="Svar", index=False)
    else:
        codes = backlog(10).drop(columns="wave").assign(answered_on="01-03-2015", consent="Ja")
        numbers = codes[list(INSTRUMENT.item_ids)].astype("float64")
        pyreadstat.write_sav(codes.assign(**numbers), path)
        options.pop("answer_labels")
    pd.testing.assert_frame_equal(read(FileInput(path=path, **options), small_bundle), plain)


def test_long_answers_give_the_same(plain, small_bundle, backlog, tmp_path):
    """A row per item, whatever the size of a chunk."""
    given = in_danish(backlog(10)).drop(columns="bemærkning")
    given.melt(["client_id", "answered_on", "wave", "consent"], var_name="item", value_name="answer").to_csv(
        tmp_path / "a.csv", index=False
    )
    pd.testing.assert_frame_equal(
        read(FileInput(path=tmp_path / "a.csv", answers_form="long", **DANISH), small_bundle), plain
    )


def test_a_database_gives_the_same(plain, small_bundle, backlog, tmp_path):
    """Cells of a table are put in our words like those of a file."""
    duckdb = pytest.importorskip("duckdb")
    given = in_danish(backlog(10))
    with duckdb.connect(tmp_path / "a.duckdb") as database:
        database.execute("create table answers as select * from given")
    source = DuckDbInput(kind="duckdb", file=tmp_path / "a.duckdb", table="answers", **DANISH)
    found = read(source, small_bundle, chunk_rows=20).sort_values("client_id", ignore_index=True)
    pd.testing.assert_frame_equal(found, plain.sort_values("client_id", ignore_index=True))
    assert len(given) == 10


def test_halves_apart_are_scored_and_a_half_alone_is_set_aside(small_bundle, backlog, tmp_path):
    """Nine questionnaires of two halves are scored, the caseworker's half without partner has its reason."""
    given = in_danish(backlog(10))
    halves = {}
    for whose, rows in (("caseworker", given), ("client", given.iloc[1:].assign(answered_on="05-03-2015"))):
        halves[f"{whose}_answers"] = path = tmp_path / f"{whose}.csv"
        rows[["client_id", "answered_on", "consent", *(i.id for i in INSTRUMENT.half(whose))]].to_csv(path, index=False)
    source = {"kind": "tables", **halves, "within_days": 14, **DANISH}
    job = {
        "version": 1,
        "name": "x",
        "model": str(small_bundle.folder),
        "source": source,
        "sink": {"path": tmp_path / "s.csv"},
    }
    job["sink"]["kind"] = "file"
    batch = run(ScoringJob.model_validate(job))
    assert (batch.read, batch.scored, batch.rejected) == (10, 9, 1)
    assert "have two halves at most 14 days apart, <5 the caseworker's only, 0 the client's only" in batch.sentence
    assert set(pd.read_csv(tmp_path / "s.csv")["answered_on"]) == {"2015-03-05"}


def test_a_code_nobody_mapped_sets_its_row_aside(small_bundle, backlog, tmp_path):
    """The batch goes on; the cell is not repeated."""
    given = in_danish(backlog(3))
    given.loc[1, "cw01"] = "SECRET-77"
    given.to_csv(tmp_path / "a.csv", index=False)
    source = {"kind": "file", "path": tmp_path / "a.csv", **DANISH}
    sink = {"kind": "file", "path": tmp_path / "s.csv"}
    job = {"version": 1, "name": "x", "model": str(small_bundle.folder), "source": source, "sink": sink}
    batch = run(ScoringJob.model_validate(job))
    assert (batch.scored, batch.rejected) == (2, 1)
    assert "cw01" in (tmp_path / "s.csv.rejected.csv").read_text()
    assert "SECRET" not in (tmp_path / "s.csv.rejected.csv").read_text()


def test_what_no_row_can_answer_for_is_refused(small_bundle, backlog, tmp_path):
    """A window that joins one half to two, and columns nobody asked for where the source refuses them."""
    given = in_danish(backlog(2)).assign(client_id="c1", answered_on=["01-03-2015", "02-03-2015"])
    given.to_csv(tmp_path / "a.csv", index=False)
    halves = {"caseworker_answers": tmp_path / "a.csv", "client_answers": tmp_path / "a.csv", "within_days": 14}
    source = Tables.model_validate({"kind": "tables", **halves, **DANISH})
    with pytest.raises(SchemaError, match="2 half/halves of the caseworker have two or more"):
        open_source(source, wanted_columns(small_bundle), 10)
    apart = source.model_copy(update={"within_days": 0, "extra_columns": "refuse"})
    with pytest.raises(SchemaError, match="columns nobody asked for"):
        open_source(apart, wanted_columns(small_bundle), 10)


def test_codes_need_a_questionnaire(tmp_path):
    """A model of a ready table has no items that a label could belong to."""
    (tmp_path / "a.csv").write_text("id,age\n1,2\n")
    with pytest.raises(ConfigError, match="trained on a ready table"):
        open_source(FileInput(path=tmp_path / "a.csv", dates="%d-%m-%Y"), Wanted(frozenset({"id"})), 10)


def test_spark_takes_our_own_form_only(small_bundle, tmp_path):
    """What it cannot do is refused before it is started."""
    source = {"kind": "file", "path": tmp_path, "dates": "%d-%m-%Y"}
    sink = {"kind": "file", "path": tmp_path / "out"}
    job = {"version": 1, "name": "x", "model": str(small_bundle.folder), "source": source, "sink": sink}
    with pytest.raises(ConfigError, match="other names, codes or dates"):
        score_on_spark(ScoringJob.model_validate(job))
