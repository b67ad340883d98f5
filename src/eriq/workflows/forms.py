"""A questionnaire out to other tools as forms, and their answers back as a table."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import pandas as pd

from eriq.disclosure import count_words
from eriq.forms.answers import to_answers
from eriq.forms.form import Form, forms
from eriq.forms.formats import READERS, WRITERS, Origin, Target
from eriq.instrument.instrument import load_instrument
from eriq.instrument.texts import Language
from eriq.tables.files import finished_or_nothing, write_table


@dataclass(frozen=True, slots=True)
class Options:
    """What an export may be asked for besides its tool."""

    languages: tuple[Language, ...] = ()
    consent: bool = False
    overwrite: bool = False


def export(file: str, to: Target, out: Path, options: Options | None = None) -> str:
    """Write a questionnaire as the forms of a tool; return the paths of what was written, one a line."""
    options = options or Options()
    made = list(WRITERS[to](forms(load_instrument(file), options.languages, consent=options.consent)))
    for written in made:
        with finished_or_nothing(out / written.name, overwrite=options.overwrite) as path:
            path.write_bytes(written.content)
    return "\n".join(str(out / written.name) for written in made)


def bring(
    files: Sequence[Path], origin: Origin, instrument: str, out: Path, ignore: Sequence[str] = (), *, overwrite: bool
) -> str:
    """Read the answers that a tool exported, write them as one table; return what came, in words."""
    asked = load_instrument(instrument)
    ours = forms(asked, consent=True)
    arrived = [part for file in files for part in READERS[origin](file, ours, ignore)]
    answers = to_answers(arrived, asked, ours)
    write_table(answers, out, overwrite=overwrite)
    remarks = [remark for part in arrived for remark in part.remarks]
    return "\n".join([*remarks, f"{out}: {_counts(answers, ours)}"])


def _counts(answers: pd.DataFrame, forms: Sequence[Form]) -> str:
    """Return how many client-days came, and with which halves."""
    there = pd.DataFrame(
        {form.respondent: answers[[q.name for q in form.questions]].notna().any(axis="columns") for form in forms}
    )
    halves = there.apply(lambda row: " and ".join(there.columns[row]) or "no answer at all", axis="columns")
    parts = [f"{count_words(n)} with {who}" for who, n in halves.value_counts().items()]
    return f"{count_words(len(answers))} rows, one per client and day: {', '.join(parts)}"
