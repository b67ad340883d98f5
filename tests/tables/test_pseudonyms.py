"""Keyed pseudonyms in place of ids."""

import csv
from pathlib import Path

import pandas as pd
import pytest

from eriq.config import Csv
from eriq.errors import ConfigError, CountError, EriqError, OutputError, SchemaError, SourceError
from eriq.tables import pseudonyms
from eriq.tables.pseudonyms import Pseudonyms, replace_ids
from eriq.workflows.pseudonymise import pseudonymise

KEY = "k" * 32
TEXT = 'client_id;caseworker_id;note\n007;7;"a; ""b""\nc"\n 7 ;7;0012\n;007;\n007;;"=1"\n'


@pytest.fixture
def key(monkeypatch: pytest.MonkeyPatch) -> str:
    """Give the name of a variable with a key."""
    monkeypatch.setenv("SOME_KEY", KEY)
    return "SOME_KEY"


def cells(path: Path) -> list[list[str]]:
    """Return the rows of a text file, cell by cell."""
    with path.open(encoding="utf-8", newline="") as file:
        return list(csv.reader(file, delimiter=";"))


def test_ids_go_and_every_other_cell_stays(tmp_path: Path) -> None:
    """Leading zeros count, blanks around an id do not, gaps stay gaps; client 7 is not caseworker 7."""
    (tmp_path / "a.csv").write_text(TEXT, encoding="utf-8")

    rows = replace_ids(tmp_path / "a.csv", tmp_path / "b.csv", ["client_id"], Pseudonyms(KEY.encode()), Csv())

    before, after = cells(tmp_path / "a.csv"), cells(tmp_path / "b.csv")
    assert rows == 4
    assert [row[2] for row in after] == [row[2] for row in before]
    clients, workers = zip(*(row[:2] for row in after[1:]), strict=True)
    assert clients[0] == clients[3] != clients[1]
    assert workers[0] == workers[1] != workers[2]
    assert (clients[2], workers[3]) == ("", "")
    assert len({*clients, *workers}) == 5
    assert after[0] == before[0]


def test_the_same_person_is_the_same_in_every_format(tmp_path: Path) -> None:
    """Whole numbers of a Parquet file are the text of a CSV; types of all other columns stay, also over many parts."""
    table = pd.DataFrame({"client_id": [11, 12, None], "day": pd.to_datetime(["2020-01-01"] * 3), "n": [1, 2, 3]})
    table.astype({"client_id": "Int64", "n": "Int8"}).to_parquet(tmp_path / "a.parquet")
    (tmp_path / "a.csv").write_text("client_id\n" + "12\n11\n" * 30_000, encoding="utf-8")
    names = Pseudonyms(KEY.encode())

    for name in ("a.parquet", "a.csv"):
        replace_ids(tmp_path / name, tmp_path / f"to-{name}", ["client_id"], names, Csv())

    made, text = pd.read_parquet(tmp_path / "to-a.parquet"), pd.read_csv(tmp_path / "to-a.csv")
    assert text["client_id"].tolist() == [made["client_id"][1], made["client_id"][0]] * 30_000
    assert pd.isna(made["client_id"][2])
    assert (made["day"] == table["day"]).all()
    assert made["n"].dtype == "int8"
    assert len(names) == 2


def test_another_key_gives_other_pseudonyms_and_the_same_key_the_same() -> None:
    """The pseudonym is RFC 2104's HMAC-SHA256, cut to 32 signs."""
    ids = pd.Series(["007"])
    one, again, other = (Pseudonyms(key).of(ids, "client_id", "t")[0] for key in (b"k" * 32, b"k" * 32, b"l" * 32))
    assert one == again != other
    # printf 'client\000007' | openssl dgst -sha256 -hmac kkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkk
    assert one == "p65d62a388f1f04fbe56e269c63cc1132"


def test_a_collision_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    """With pseudonyms of one sign, seventeen people cannot all be told apart."""
    monkeypatch.setattr(pseudonyms, "SIGNS", 1)
    with pytest.raises(CountError, match="two people would get the same pseudonym"):
        Pseudonyms(KEY.encode()).of(pd.Series([str(k) for k in range(17)]), "client_id", "t")


@pytest.mark.parametrize(
    ("name", "text", "error", "words"),
    [
        ("a.csv", "person;n\n1;2\n", SchemaError, "none of the columns client_id"),
        ("a.csv", "client_id;client_id\n1;2\n", SchemaError, "there 2 times"),
        ("a.csv", "client_id;n\nSECRET-77;2;3\n", SourceError, "row 1 has more or fewer cells"),
        ("a.csv", 'client_id;n\n"SECRET-77;2\n', SourceError, "quote"),
        ("a.csv", "client_id;n\nSECRET\x0177;2\n", SchemaError, r"1 cell\(s\) are no ids"),
        ("a.csv", b"client_id;n\n\xff;2\n", SourceError, "not utf-8"),
        ("a.parquet", "no parquet", SourceError, "not a readable Parquet"),
        ("a.xlsx", "x", SourceError, "ids are replaced in"),
    ],
)
def test_what_cannot_be_read_leaves_nothing_and_tells_nothing(
    tmp_path: Path, key: str, name: str, text: str | bytes, error: type[EriqError], words: str
) -> None:
    """One error of ours without a value; also the tables before it are not written."""
    (tmp_path / "good.csv").write_text("client_id\n1\n", encoding="utf-8")
    (tmp_path / name).write_bytes(text if isinstance(text, bytes) else text.encode())
    with pytest.raises(error, match=words) as found:
        pseudonymise([tmp_path / "good.csv", tmp_path / name], key, tmp_path / "out")
    assert "SECRET" not in str(found.value)
    assert not (tmp_path / "out").exists() or not list((tmp_path / "out").iterdir())


def test_an_input_is_never_an_output(tmp_path: Path, key: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """Also through a link; two tables of one name, a mistyped folder and what is there already are refused."""
    (tmp_path / "a.csv").write_text("client_id\n1\n", encoding="utf-8")
    (tmp_path / "link").symlink_to(tmp_path)
    (tmp_path / "b").mkdir()
    (tmp_path / "b" / "a.csv").write_text("client_id\n2\n", encoding="utf-8")
    for files, out, words in (
        (["a.csv"], ".", "is one of the inputs"),
        (["a.csv"], "link", "is one of the inputs"),
        (["a.csv", "b/a.csv"], "c", "same name"),
        (["a.csv"], "no/where", "there is no folder"),
        (["a.csv"], "b", "is there already"),
    ):
        with pytest.raises(OutputError, match=words):
            pseudonymise([tmp_path / file for file in files], key, tmp_path / out)
    with pytest.raises(OutputError, match="is one of the inputs"):
        pseudonymise([tmp_path / "a.csv"], key, tmp_path, overwrite=True)
    assert (tmp_path / "a.csv").read_text(encoding="utf-8") == "client_id\n1\n"


@pytest.mark.parametrize("value", [None, "", "short-secret"])
def test_a_key_is_needed_and_never_told(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, value: str | None) -> None:
    """No key, or one of fewer than 32 characters, is refused by the name of its variable alone."""
    monkeypatch.delenv("SOME_KEY", raising=False)
    if value is not None:
        monkeypatch.setenv("SOME_KEY", value)
    with pytest.raises(ConfigError, match="SOME_KEY holds no key") as found:
        pseudonymise([tmp_path / "a.csv"], "SOME_KEY", tmp_path / "out")
    assert not value or value not in str(found.value)
