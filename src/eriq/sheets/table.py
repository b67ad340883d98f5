"""The answers of clients as a table in words, for those who would rather have a sheet of cells."""

from collections.abc import Sequence

import pandas as pd

from eriq.catalogues import Language, catalogue
from eriq.sheets.client import Person


def answers_table(persons: Sequence[Person], language: Language) -> pd.DataFrame:
    """Return a row per client and question of the last wave, with headings in `language`.

    Parameters
    ----------
    persons : sequence of Person
    language : {"en", "sv", "da"}

    Returns
    -------
    DataFrame of shape (n_answers, 6)
        Client, day, area, who answered, question, answer; all text.
    """
    _ = catalogue(language).gettext
    who = {"caseworker": _("caseworker"), "client": _("client")}
    rows = [
        (
            person.client_id,
            person.waves[-1].day.isoformat(),
            area.name,
            who.get(voice.respondent, voice.respondent),
            voice.question,
            voice.answer or voice.why_not,
        )
        for person in persons
        for area in person.areas
        for voice in area.voices
    ]
    heads = [_("Client"), _("Day"), _("Area"), _("Who answered"), _("Question"), _("Answer")]
    return pd.DataFrame(rows, columns=heads, dtype="str")
