"""What a page says is looked up, written in one way, marked with its origin, and found again."""

from dataclasses import asdict
from pathlib import Path

import pytest

from eriq.dossier.numbers import Evidence, Teller, check_page, check_told
from eriq.errors import ChainError, SourceError

SAVED = (("contender", "saved"), ("measure", "auc"))


@pytest.fixture
def evidence(tmp_path: Path) -> Evidence:
    """Return a table, facts and a config."""
    (tmp_path / "tables").mkdir()
    (tmp_path / "tables" / "measures.csv").write_text(
        "contender,measure,estimate,low,high\nsaved,auc,0.86812,0.85,0.88\nsaved,slope,,,\n"
    )
    (tmp_path / "facts.json").write_text('{"n": 15533, "rate": 0.0652, "a": {"b": "x < y"}, "list": ["one", "two."]}')
    (tmp_path / "config.yaml").write_text("seed: 3\n")
    return Evidence(tmp_path)


def test_things_are_written_in_one_way_with_their_origin(evidence: Evidence) -> None:
    """Counts with thousands, shares as per cent, estimates with their interval; text is escaped."""
    teller = Teller(evidence)
    words = teller.tell("tables/measures.csv", "*", "estimate", SAVED)
    assert words is not None
    assert ">0.868 (0.850 to 0.880)</span>" in words
    assert f'data-sha256="{evidence.digest("tables/measures.csv")}"' in words
    assert ">15,533<" in str(teller.tell("facts.json", "n", "count"))
    assert ">6.5\xa0%<" in str(teller.tell("facts.json", "rate", "percent"))
    assert "x &lt; y" in str(teller.tell("facts.json", "a.b"))
    assert ">One. Two.<" in str(teller.tell("facts.json", "list", "list"))
    assert ">3<" in str(teller.tell("config.yaml", "seed"))
    assert [one.id for one in teller.told] == ["n1", "n2", "n3", "n4", "n5", "n6"]


@pytest.mark.parametrize(
    ("file", "path", "write", "where"),
    [
        ("facts.json", "absent", "text", ()),
        ("facts.json", "n.b", "text", ()),
        ("facts.json", "a.b", "count", ()),
        ("absent.json", "n", "text", ()),
        ("tables/measures.csv", "*", "estimate", (("measure", "slope"),)),
        ("tables/measures.csv", "estimate", "number", (("measure", "x"),)),
        ("tables/measures.csv", "estimate", "number", (("absent", "x"),)),
        ("tables/measures.csv", "absent", "number", ()),
    ],
)
def test_what_a_run_does_not_know_is_not_told(
    evidence: Evidence, file: str, path: str, write: str, where: tuple[tuple[str, str], ...]
) -> None:
    """Never a number in its place."""
    teller = Teller(evidence)
    assert teller.tell(file, path, write, where) is None
    assert teller.told == []


def test_a_number_changed_on_a_page_or_in_a_table_is_found(evidence: Evidence) -> None:
    """Words, digest and file of each are held against the page, and against the evidence."""
    teller = Teller(evidence)
    page = f"<p>{teller.tell('tables/measures.csv', '*', 'estimate', SAVED)} of {teller.tell('facts.json', 'n')}</p>"
    told = [asdict(one) for one in teller.told]
    check_page("page", page, told)
    check_told(told, evidence)
    for wrong in (page.replace("0.868", "0.968"), page.replace("15,533", "15,534"), page.replace("facts", "fakes")):
        with pytest.raises(ChainError, match="changed by hand"):
            check_page("page", wrong, told)
    with pytest.raises(ChainError, match="n2 was removed"):
        check_page("page", page.split(" of ")[0], told)
    with pytest.raises(ChainError, match="n1 is not what stands in"):
        check_told([{**told[0], "text": "0.968 (0.850 to 0.880)"}, told[1]], evidence)
    file = evidence.folder / "tables" / "measures.csv"
    file.write_text(file.read_text().replace("0.86812", "0.96812"))
    with pytest.raises(ChainError, match="n1 is not what stands in"):
        check_told(told, Evidence(evidence.folder))
    file.write_text(file.read_text().replace("0.96812", "0.86813"))  # written alike, and still another file
    with pytest.raises(ChainError, match="n1 is not what stands in"):
        check_told(told, Evidence(evidence.folder))
    with pytest.raises(ChainError):
        check_told([{"id": "n1"}], evidence)


def test_a_file_that_cannot_be_read_is_a_named_error(evidence: Evidence) -> None:
    """Without its content."""
    (evidence.folder / "broken.json").write_text("{SECRET")
    with pytest.raises(SourceError) as why:
        evidence.look_up("broken.json", "x")
    assert "SECRET" not in str(why.value)
