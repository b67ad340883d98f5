"""One person with unmistakable values goes through everything, and is looked for in everything that was written."""

import base64
import gzip
import hashlib
import io
import os
import sqlite3
import subprocess
import sys
import urllib.parse
import zipfile
from collections.abc import Iterator, Mapping
from contextlib import closing
from pathlib import Path

import pandas as pd
import pyarrow.parquet as pq
import pytest

from eriq.instrument.instrument import load_instrument
from tests.e2e.conftest import eriq

FORM = load_instrument("eriq22")
ITEMS = FORM.item_ids
ANSWERS = [str(FORM.levels(item)[-1 if k % 3 == 0 or k == 7 else 0].code) for k, item in enumerate(ITEMS)]
SENTINEL: Mapping[str, str] = {
    "id": "SNTNL-ID-7731",
    "birth day": "1941-02-27",
    "caseworker": "SNTNL-CW-5519",
    "centre": "Sentinelville Upon Quux",
    "language": "sentinelish",
    "note": "Sæntinel told me of the xyzzy",
    "answers": ",".join(ANSWERS),
}
TABLES = tuple(f"cohort/{name}.csv" for name in ("answers", "persons", "spells", "events"))
KEY = "SNTNL-KEY-" + "q" * 30
ANYONE = tuple(SENTINEL)
# What may hold what, and why. Whoever adds a page or a file that may hold a value adds it here.
ALLOWED: Mapping[str, tuple[tuple[str, ...], str]] = {
    "cohort/": (ANYONE, "the input"),
    "broken-": (ANYONE, "inputs with an error in them"),
    "new/": (ANYONE, "the input of the operator"),
    "scores.csv": (("id",), "who is scored"),
    "scores.parquet": (("id",), "who is scored"),
    "caseworker.csv": (("id",), "who the caseworker talks to"),
    "rejected.csv.rejected.csv": (
        ("id", "birth day"),
        "whose row has to be mended, with the day of the answer as it was given: here it is a birth day",
    ),
    "rejected.csv": (("id",), "who is scored"),
    "pages/": (("id",), "the page of the two who talk, and whose is which: answers in words, no other fact"),
    "decided": (("id", "note", "caseworker"), "the input, right and wrong"),
    "log/decisions.jsonl": (("id", "note"), "the log of decisions, with its free text"),
    "exposures.csv": (("id",), "whose belief came when"),
    "ready.csv": (("id", "birth day", "caseworker", "centre", "note", "answers"), "answers with register columns"),
    "pseudonyms/": (("birth day", "centre", "language", "note", "answers"), "all columns but ids, as its output says"),
}
CONFIG = """version: 1
name: sentinel
question: Do the answers tell more than registers do?
source: {kind: tables, answers: cohort/answers.csv, persons: cohort/persons.csv, spells: cohort/spells.csv,
  events: cohort/events.csv, forms: cohort/forms.csv, extra_columns: ignore}
contenders: [{blocks: [register_full, questionnaire + register_full], estimators: [logistic]}]
headline: {with: questionnaire + register_full, without: register_full}
validation: {folds: 3, also: [leave_one_centre_out]}
intervals: {replicates: 50, refit_replicates: 0}
explain: {rows: 50, refits: 2, instability_refits: 2}
raters: {naming: true, reason: "supervision: how each of us reads the scale", least: 5}
"""
FAULT = """
import eriq.workflows.check as job
def check(config):
    raise RuntimeError(open("cohort/answers.csv").read() + open("cohort/persons.csv").read())
job.check = check
"""


# --- looking ---------------------------------------------------------------------------------


def disguises(value: str) -> dict[str, bytes]:
    """Return a value as it may be written: plain, in other encodings, or hashed without a key."""
    made = {code: value.encode(code) for code in ("utf-8", "utf-16-le", "utf-16-be", "latin-1")}
    made |= {"ascii": value.encode("ascii", "backslashreplace"), "xml": value.encode("ascii", "xmlcharrefreplace")}
    made |= {"url": urllib.parse.quote(value).encode(), "url +": urllib.parse.quote_plus(value).encode()}
    made |= {"hex": value.encode().hex().encode(), "backwards": value[::-1].encode()}
    for shift in range(3):  # base64 looks different at each of three places
        text = base64.b64encode(b"x" * shift + value.encode())
        made[f"base64 {shift}"] = text[4 * (shift > 0) : -4]
    if len(value) > 8:
        made |= {name: hashlib.new(name, value.encode()).hexdigest().encode() for name in ("sha256", "sha1", "md5")}
    return made


def of_birth(day: str) -> dict[str, bytes]:
    """Return a day in other ways of writing it."""
    year, month, date = day.split("-")
    return {
        "compact": f"{year}{month}{date}".encode(),
        "slashes": f"{date}/{month}/{year}".encode(),
        "dots": f"{date}.{month}.{year}".encode(),
    }


def of_answers(answers: str) -> dict[str, bytes]:
    """Return answers with other separators, as decimals, and as bytes."""
    cells = answers.split(",")
    made = {repr(between): between.join(cells).encode() for between in (";", "\t", ", ", " ", "")}
    made |= {
        "floats": ",".join(f"{cell}.0" for cell in cells).encode(),
        "json": ", ".join(f"{c}.0" for c in cells).encode(),
    }
    return made | {"int8": bytes(map(int, cells))}


PATTERNS = {
    name: disguises(value)
    | (of_birth(value) if name == "birth day" else {})
    | (of_answers(value) if name == "answers" else {})
    for name, value in {**SENTINEL, "key": KEY}.items()
}


def opened(content: bytes, depth: int = 0) -> Iterator[bytes]:
    """Yield what a file holds, and what is packed into it."""
    yield content
    if depth > 3:
        return
    if content[:2] == b"\x1f\x8b":
        yield from opened(gzip.decompress(content), depth + 1)
    elif content[:4] == b"PK\x03\x04":
        with zipfile.ZipFile(io.BytesIO(content)) as packed:
            for part in packed.namelist():
                yield part.encode()
                yield from opened(packed.read(part), depth + 1)
    elif content[:4] == b"PAR1":
        file = pq.ParquetFile(io.BytesIO(content))
        yield file.read().to_pandas().to_csv(index=False).encode()
        yield str(file.schema_arrow.metadata).encode()
    elif content[:15] == b"SQLite format 3":
        with closing(sqlite3.connect(":memory:")) as base:
            base.deserialize(content)
            base.text_factory = bytes
            for (table,) in base.execute("select name from sqlite_master where type = 'table'").fetchall():
                for row in base.execute(f'select * from "{table.decode()}"'):
                    yield b"\x1f".join(cell if isinstance(cell, bytes) else str(cell).encode() for cell in row)


def found_in(content: bytes) -> set[tuple[str, str]]:
    """Return (value, disguise) of everything that is in a file, however it is packed."""
    return {
        (name, disguise)
        for part in opened(content)
        for name, patterns in PATTERNS.items()
        for disguise, pattern in patterns.items()
        if pattern in part
    }


def leaks(folder: Path) -> list[tuple[str, str, str]]:
    """Return (file, value, disguise) of everything below a folder that is not allowed where it is."""
    gone = []
    for path in sorted(folder.rglob("*")):
        name = path.relative_to(folder).as_posix()
        found = found_in(name.encode()) | (found_in(path.read_bytes()) if path.is_file() else set())
        allowed = next((values for place, (values, _) in ALLOWED.items() if name.startswith(place)), ())
        gone += [(name, value, disguise) for value, disguise in sorted(found) if value not in allowed]
    return gone


# --- the way through -------------------------------------------------------------------------


def with_sentinel(folder: Path) -> None:
    """Add the person to the tables of a made-up cohort: everything of somebody with several waves, but its values."""
    tables = {file.stem: pd.read_csv(file, dtype="str") for file in folder.glob("*.csv")}
    model = tables["answers"]["client_id"].value_counts().index[0]
    for name, table in tables.items():
        mine = table[table["client_id"] == model].assign(client_id=SENTINEL["id"])
        if name == "answers":
            mine = mine.assign(caseworker_id=SENTINEL["caseworker"], job_centre=SENTINEL["centre"])
            mine = mine.assign(**dict(zip(ITEMS, ANSWERS, strict=True)))
        if name == "persons":
            mine = mine.assign(born_on=SENTINEL["birth day"])
            table["language"] = "sv"
            mine["language"] = SENTINEL["language"]
        if name in ("answers", "persons"):
            table["note"], mine["note"] = "nothing", SENTINEL["note"]
        pd.concat([table, mine]).to_csv(folder / f"{name}.csv", index=False)


def broken(folder: Path, name: str, errors: Mapping[tuple[str, str], str | None]) -> str:
    """Write the cohort anew with a value in cells of the person, or without a column; give the name of its config."""
    (folder / name).mkdir()
    for file in (folder / "cohort").glob("*.csv"):
        frame = pd.read_csv(file, dtype="str")
        mine = frame["client_id"] == SENTINEL["id"]
        for (table, column), value in errors.items():
            if table == file.stem and value is None:
                frame = frame.drop(columns=column)
            elif table == file.stem:
                frame.loc[mine, column] = value
        frame.to_csv(folder / name / file.name, index=False)
    (folder / f"{name}.yaml").write_text(CONFIG.replace("cohort/", f"{name}/"), encoding="utf-8")
    return f"{name}.yaml"


def induced(folder: Path) -> Iterator[subprocess.CompletedProcess[str]]:
    """Make every kind of error that comes from data, and a fault of ours whose message holds all values."""
    cells = {
        ("answers", "answered_on"): f"{SENTINEL['birth day']}x",
        ("answers", ITEMS[0]): SENTINEL["note"],
        ("answers", ITEMS[1]): "9",
        ("persons", "sex"): SENTINEL["language"],
        ("persons", "born_on"): "2999-02-27",
        ("spells", "started_on"): SENTINEL["note"],
        ("events", "client_id"): f"{SENTINEL['id']}-unknown",
    }
    yield eriq("check", broken(folder, "broken-cells", cells), cwd=folder, code=11)
    columns = {("answers", ITEMS[1]): None, ("persons", "born_on"): None}
    yield eriq("train", broken(folder, "broken-columns", columns), cwd=folder, code=11)
    (folder / "fault").mkdir()
    (folder / "fault" / "sitecustomize.py").write_text(FAULT, encoding="utf-8")
    env = {**os.environ, "PYTHONPATH": f"{folder / 'fault'}{os.pathsep}{os.environ.get('PYTHONPATH', '')}"}
    command = [sys.executable, "-m", "eriq", "check", "sentinel.yaml"]
    yield subprocess.run(command, cwd=folder, env=env, capture_output=True, text=True, check=False)


DECIDED = """
from pathlib import Path
from eriq.errors import EriqError
from eriq.model.signature import new_key
from eriq.workflows import decide, dossier, monitor, psychometrics, raters
new_key(Path("keys.pem"))
psychometrics.BY = ("language", "job_centre")  # regressions by sex take seconds, and its groups are no secret
asked = decide.Asked(Path("decisions.yaml"))
for act in (
    lambda: decide.start(asked),
    lambda: decide.add(asked, Path("decided.csv")),
    lambda: decide.add(asked, Path("decided-wrong.csv")),
    lambda: decide.verify(asked),
    lambda: decide.exposures(asked, Path("exposures.csv")),
    lambda: decide.make_report(asked, Path("decisions-report")),
    lambda: raters.raters("sentinel.yaml", Path("raters")),
    lambda: raters.belief("sentinel.yaml", Path("belief")),
    lambda: psychometrics.psychometrics("sentinel.yaml", out=Path("psychometrics"), replicates=2, with_cfa=False).page,
    lambda: monitor.monitor("watch.yaml").page,
    lambda: dossier.dossier("sentinel", Path("dossier")).sentence,
    lambda: dossier.verify(Path("dossier"), "sentinel"),
    lambda: Path("log/decisions.jsonl").write_bytes(Path("log/decisions.jsonl").read_bytes()[::-1]),
    lambda: decide.verify(asked),
):
    try:
        print(act())
    except EriqError as why:
        print(why.exit_code, why)
"""


def decided(folder: Path) -> subprocess.CompletedProcess[str]:
    """Decide beside every score, with a note; ask for what is wrong; report; look at raters and more; the dossier."""
    scores = pd.read_csv(folder / "scores.csv", dtype="str")[["client_id", "answered_on"]]
    days = {"happened_on": "2026-01-02", "belief_recorded_on": "2026-01-02", "score_shown_on": "2026-01-01"}
    rows = scores.assign(**days, by="caseworker", decision="offer", beside_score="departed", reason="news")
    rows = rows.assign(note=SENTINEL["note"])
    rows.to_csv(folder / "decided.csv", index=False)
    rows.assign(decision=SENTINEL["note"], by=SENTINEL["caseworker"]).to_csv(folder / "decided-wrong.csv", index=False)
    (folder / "decisions.yaml").write_text(
        "{version: 1, name: log, log: log/decisions.jsonl, scores: [scores.csv], key_env: LOG_KEY, "
        "trusted_keys: [keys.pem.pub], decisions: {offer: an offer, talk: a talk}, roles: {caseworker: caseworker}, "
        "reasons: {news: something new}}"
    )
    model = next((folder / "models").glob("sentinel-*"))
    (folder / "watch.yaml").write_text(f"{{version: 1, name: watch, model: {model}, data: cohort, out: watch}}")
    env = {**os.environ, "LOG_KEY": str(folder / "keys.pem")}
    words = [sys.executable, "-c", DECIDED]
    return subprocess.run(words, cwd=folder, env=env, capture_output=True, text=True, check=True)


@pytest.fixture(scope="module")
def gone_through(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Do everything with the cohort of the person, and keep what was said in `said.txt`."""
    folder = tmp_path_factory.mktemp("everything")
    os.environ["ERIQ_SENTINEL_KEY"] = KEY
    eriq("simulate", "--out", "cohort", "--clients", 300, "--seed", 3, cwd=folder)
    with_sentinel(folder / "cohort")
    (folder / "sentinel.yaml").write_text(CONFIG, encoding="utf-8")
    done = [eriq("check", "sentinel.yaml", cwd=folder), eriq("train", "sentinel.yaml", cwd=folder)]
    model = next((folder / "models").glob("sentinel-*"))
    (folder / "new").mkdir()
    for file in (folder / "cohort").glob("*.csv"):
        frame = pd.read_csv(file, dtype="str")
        if file.stem == "answers":
            mine = frame.index[frame["client_id"] == SENTINEL["id"]]
            frame.loc[mine[0], "answered_on"] = f"{SENTINEL['birth day']} or so"
            frame.loc[mine[1], ITEMS[0]] = SENTINEL["note"]
        frame.to_csv(folder / "new" / file.name, index=False)
    for words in (
        ("score", model, "cohort", "--out", "scores.csv"),
        ("score", "models:/eriq-sentinel@candidate", "cohort", "--out", "scores.parquet"),
        ("score", model, "cohort", "--out", "caseworker.csv", "--audience", "caseworker", "--language", "sv"),
        ("score", model, "new", "--out", "rejected.csv", "--log", "json"),
        ("score", model, "nowhere", "--out", "nothing.csv"),
        ("features", model, "cohort", "--out", "ready.csv"),
        ("promote", "models:/eriq-sentinel@candidate", "--to", "champion"),
        ("promote", "models:/eriq-sentinel@candidate", "--to", "champion", "--data", "cohort"),
        ("sheet", "cohort", "--all", "--out", "pages"),
        ("pseudonymise", *TABLES, "--key-env", "ERIQ_SENTINEL_KEY", "--out", "pseudonyms"),
        ("purge", "--older-than", "0d"),
        ("instrument", "codebook", "--out", "codebook"),
    ):
        done.append(eriq(*words, cwd=folder, code=None))
        assert done[-1].returncode in ((17,) if "nowhere" in words else (0, 3, 20)), done[-1].stderr
    done.append(decided(folder))
    assert [line.split()[0] for line in done[-1].stdout.splitlines() if line.startswith(("11 ", "26 "))] == ["11", "26"]
    done += induced(folder)
    assert done[-1].returncode == 70
    (folder / "said.txt").write_text("\n".join(one.stdout + one.stderr for one in done), encoding="utf-8")
    del os.environ["ERIQ_SENTINEL_KEY"]
    return folder


def test_no_value_of_a_person_is_anywhere_it_may_not_be(gone_through: Path) -> None:
    """Reports, figures, models, the store of runs, cache, held-out rows, notes of scoring, and all that was said."""
    assert leaks(gone_through) == []


def test_the_person_went_through(gone_through: Path) -> None:
    """The person trained, was scored and set aside, and every allowed place was written: else nothing was shown."""
    for name in ("scores.csv", "rejected.csv.rejected.csv", "ready.csv", "caseworker.csv", "pages/index.html"):
        assert ("id", "utf-8") in found_in((gone_through / name).read_bytes()), name
    assert ("id", "utf-8") in found_in((gone_through / "scores.parquet").read_bytes())
    assert {"note", "birth day"} <= {
        value for value, _ in found_in((gone_through / "pseudonyms/persons.csv").read_bytes())
    }
    said = (gone_through / "said.txt").read_text(encoding="utf-8")
    assert "a fault of ours (RuntimeError" in said
    assert all(
        words in said for words in ("not one of the allowed codes", "not a date", "is not there", "not in persons")
    )
    assert list(gone_through.glob("mlruns/cache/*.npy"))
    assert list(gone_through.glob("mlruns/held_out/*.parquet"))
    assert (gone_through / "mlruns" / "mlflow.db").is_file()


@pytest.mark.parametrize("value", [*SENTINEL, "key"])
def test_a_planted_leak_is_found(tmp_path: Path, value: str) -> None:
    """However a value is written, and whatever it is packed into, it is seen."""
    text = {**SENTINEL, "key": KEY}[value]
    frame = pd.DataFrame({"a": ["nothing", text]})
    frame.to_parquet(tmp_path / "a.parquet", compression="zstd")
    (tmp_path / "a.gz").write_bytes(gzip.compress(text.encode("utf-16-le")))
    with zipfile.ZipFile(tmp_path / "a.skops", "w", zipfile.ZIP_DEFLATED) as packed:
        packed.write(tmp_path / "a.parquet", "inner.parquet")
    with closing(sqlite3.connect(tmp_path / "a.db")) as base:
        base.execute("create table t (a)")
        base.execute("insert into t values (?)", (text,))
        base.commit()
    (tmp_path / "a.txt").write_bytes(b"xx" + base64.b64encode(f"yy{text}zz".encode()))
    (tmp_path / "a.log").write_text(hashlib.sha256(text.encode()).hexdigest())

    assert {name for name, found, _ in leaks(tmp_path) if found == value} == {path.name for path in tmp_path.iterdir()}
