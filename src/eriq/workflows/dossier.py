"""The paper trail of a run: written from it, and verified against it."""

import shutil
from dataclasses import dataclass
from pathlib import Path

from eriq.dossier.folder import EVIDENCE, verify_dossier, write_dossier
from eriq.dossier.items import draft, open_asks, read_answers
from eriq.dossier.run import copy_evidence, find_run
from eriq.errors import OutputError
from eriq.model.signature import trusted_keys
from eriq.registry.models import MODELS
from eriq.registry.tracking import HOME
from eriq.tables.files import finished_or_nothing
from eriq.workflows.sign import key_of_env


@dataclass(frozen=True, slots=True)
class Dossier:
    """A dossier as it was written."""

    folder: Path
    sentence: str


def dossier(
    reference: str, out: Path, *, answers: Path | None = None, key_env: str | None = None, overwrite: bool = False
) -> Dossier:
    """Write the dossier of a run into a folder; a file of answers that is not there yet is drafted.

    Raises
    ------
    SourceError, TrackingError, ConfigError, OutputError
        By cause.
    """
    key = key_of_env(key_env, (MODELS, HOME, out)) if key_env else None
    if answers is not None and out.resolve() in answers.resolve().parents:
        raise OutputError(f"{answers} lies in {out}, which is written anew each time; keep the answers elsewhere")
    if out.exists() and not overwrite:
        raise OutputError(f"{out} is there already; give --overwrite to replace it")
    if out.exists() and any(out.iterdir()) and not (out / EVIDENCE).is_dir():
        raise OutputError(f"{out} holds something else than a dossier; nothing there is replaced")
    run, drafted = find_run(reference), ""
    if answers is not None and not answers.exists():
        with finished_or_nothing(answers, overwrite=False) as file:
            file.write_text(draft(), encoding="utf-8")
        drafted = f"\n{answers} was not there: it now asks for what only people can say"
    given = read_answers(answers) if answers is not None else {}
    if out.exists():
        shutil.rmtree(out)
    try:
        copy_evidence(run, out / EVIDENCE)
    except OSError as why:
        raise OutputError(f"{out} cannot be written to: {why.strerror}") from None
    made = write_dossier(out, run, given, key)
    counts = "; ".join(
        f"{part.title} {', '.join(f'{n} {state}' for state, n in part.counts.items() if n)}" for part in made.parts
    )
    asked = len(open_asks(made.parts))
    return Dossier(
        out,
        f"{out / 'dossier.html'}\n{len(made.told)} statements with the digest of what they rest on\n{counts}\n"
        f"{asked} answer(s) that only people can give are open{drafted}",
    )


def verify(folder: Path, reference: str | None = None, trusted: tuple[Path, ...] | None = None) -> str:
    """Find out whether anything in a dossier was changed by hand.

    Raises
    ------
    ChainError
        When it was; saying what.
    """
    keys = trusted_keys(trusted)
    count = verify_dossier(folder, find_run(reference) if reference else None, keys)
    said = [f"whole: {count} statements stand in the evidence as they are told"]
    if not keys and not reference:
        said.append("held against its own evidence only: --run or --trusted-key finds changed evidence as well")
    return "\n".join(said)
