"""The folder of a dossier: pages, the evidence they rest on, and `numbers.json`, against which all is verified."""

import hashlib
import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from eriq import __version__
from eriq.dossier.flow import drawing, steps
from eriq.dossier.items import Part, open_asks, parts_of
from eriq.dossier.numbers import Evidence, Teller, Told, check_page, check_told
from eriq.dossier.run import Run
from eriq.errors import ChainError, SourceError
from eriq.model.signature import Keys, is_signed, sign_text
from eriq.pages import render
from eriq.tables.files import finished_or_nothing

if TYPE_CHECKING:
    from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

EVIDENCE, NUMBERS, SIGNED, ANSWERS = "evidence", "numbers.json", "numbers.json.sig", "answers.json"
STATEMENT = b"eriq dossier, signature 1\n"


@dataclass(frozen=True, slots=True)
class Made:
    """The pages of a dossier by name, its parts, and everything it says of the run."""

    pages: Mapping[str, str]
    parts: tuple[Part, ...]
    told: tuple[Told, ...]


def make_pages(evidence: Evidence, answers: Mapping[str, str]) -> Made:
    """Return the pages that evidence and answers give: the same bytes each time."""
    teller = Teller(evidence)
    simulated = bool(evidence.look_up("facts.json", "simulated"))
    shown = {"model": "model_name", "started": "started"} | ({"about": "about"} if simulated else {})
    facts = {name: teller.tell("facts.json", path) for name, path in shown.items()}
    parts = parts_of(teller, answers)
    flow = steps(evidence)
    shared: dict[str, Any] = {
        "facts": facts,
        "heading": f"Dossier: {evidence.look_up('facts.json', 'name')}",
        "simulated": simulated,
        "parts": parts,
        "open": open_asks(parts),
        "flow": flow,
        "drawing": drawing(flow),
        "version": __version__,
    }
    pages = {name: render(name, **shared) for name in ("dossier.html", "dossier.md")}
    return Made(pages, parts, tuple(teller.told))


def write_dossier(out: Path, run: Run, answers: Mapping[str, str], key: "Ed25519PrivateKey | None") -> Made:
    """Write a dossier whose evidence lies in the folder already; `numbers.json` comes last.

    Raises
    ------
    SourceError
        When a file of the run cannot be read.
    OutputError
        When the folder cannot be written to.
    """
    evidence = Evidence(out / EVIDENCE)
    made = make_pages(evidence, answers)
    files = {f"{EVIDENCE}/{name}": _digest(out / EVIDENCE / name) for name, _ in run.files()}
    texts = {**made.pages, ANSWERS: json.dumps(dict(answers), indent=1, ensure_ascii=False) + "\n"}
    for name, text in texts.items():
        _write(out / name, text)
        files[name] = _digest(out / name)
    told = [asdict(one) for one in made.told]
    content = json.dumps({"eriq": __version__, "files": files, "told": told}, indent=1, ensure_ascii=False) + "\n"
    _write(out / NUMBERS, content)
    (out / SIGNED).unlink(missing_ok=True)
    if key is not None:
        name, signed = sign_text(STATEMENT, content.encode(), key)
        _write(out / SIGNED, json.dumps({"key": name, "signature": signed}, indent=1) + "\n")
    return made


def verify_dossier(folder: Path, run: Run | None = None, trusted: Keys = ()) -> int:
    """Return how many things a dossier says of its run, after holding each against the evidence.

    Parameters
    ----------
    folder : Path
    run : Run, optional
        The run itself: the evidence in the folder must be its files.
    trusted : tuple of bytes
        Public keys, one of which must have signed the dossier; none: no signature is asked for.

    Raises
    ------
    ChainError
        When a number, a word, a table or a file was changed, removed or added; saying which, and no value.
    """
    raw = _bytes(folder / NUMBERS)
    if trusted:
        _check_signed(folder, raw, trusted)
    try:
        content = json.loads(raw)
        told, files, made_by = content["told"], dict(content["files"]), str(content["eriq"])
        whole = all(isinstance(one, dict) for one in told)
    except (ValueError, KeyError, TypeError, RecursionError):
        whole = False
    if not whole:
        raise ChainError(f"{NUMBERS} is not one written by eriq")
    for name in ("dossier.html", "dossier.md"):  # first: it says which number
        check_page(name, _bytes(folder / name).decode("utf-8", "replace"), told)
    evidence = Evidence(folder / EVIDENCE)
    check_told(told, evidence)
    _check_files(folder, files)
    if run is not None:
        for name, file in run.files():
            if files.get(f"{EVIDENCE}/{name}") != _digest(file):
                raise ChainError(f"{EVIDENCE}/{name} is not the file of the run")
    if made_by == __version__:
        _check_made_again(folder, evidence, told)
    return len(told)


def _check_files(folder: Path, files: Mapping[str, Any]) -> None:
    there = {path.relative_to(folder).as_posix() for path in folder.rglob("*") if path.is_file()}
    if missing := sorted(set(files) - there):
        raise ChainError(f"{missing[0]} is gone")
    if extra := sorted(there - set(files) - {NUMBERS, SIGNED}):
        raise ChainError(f"{len(extra)} file(s) were added to the dossier")
    for name, sha256 in files.items():
        if _digest(folder / name) != sha256:
            raise ChainError(f"{name} was changed by hand")


def _check_made_again(folder: Path, evidence: Evidence, told: Any) -> None:
    """Raise ChainError where the pages are not those that the evidence gives: also words that carry no digest."""
    try:
        answers = json.loads(_bytes(folder / ANSWERS))
        made = make_pages(evidence, {str(k): str(v) for k, v in answers.items()})
    except (ValueError, AttributeError, SourceError):
        raise ChainError(f"{ANSWERS} is not one written by eriq") from None
    for name, page in made.pages.items():
        if page.encode() != _bytes(folder / name):
            raise ChainError(f"{name} is not the page that its evidence gives")
    if json.loads(json.dumps([asdict(one) for one in made.told])) != told:
        raise ChainError(f"{NUMBERS} does not tell what the evidence gives")


def _check_signed(folder: Path, raw: bytes, trusted: Keys) -> None:
    try:
        said = json.loads(_bytes(folder / SIGNED))
        good = is_signed(STATEMENT, raw, str(said["key"]), str(said["signature"]), trusted)
    except (ValueError, KeyError, TypeError, RecursionError):
        good = False
    if not good:
        raise ChainError(f"{folder.name} is not signed by a trusted key, or was changed after it was signed")


def _bytes(file: Path) -> bytes:
    try:
        return file.read_bytes()
    except OSError:
        raise ChainError(f"{file.name} is gone or cannot be read") from None


def _digest(file: Path) -> str:
    return hashlib.sha256(_bytes(file)).hexdigest()


def _write(file: Path, text: str) -> None:
    with finished_or_nothing(file, overwrite=True) as draft:
        draft.write_text(text, encoding="utf-8")
