"""Our own words in the languages of the product: gettext catalogues, one per subject, read by Babel.

English stands in the code and in the templates. `locale/<language>/<subject>.po` holds what is said instead.
"""

import io
from functools import cache
from pathlib import Path
from typing import Literal, get_args

from babel.messages.mofile import write_mo
from babel.messages.pofile import read_po
from babel.numbers import format_decimal
from babel.support import NullTranslations, Translations

Language = Literal["en", "sv", "da"]
LANGUAGES: tuple[Language, ...] = get_args(Language)
LOCALE = Path(__file__).parent / "locale"


@cache
def catalogue(language: Language) -> NullTranslations:
    """Return what our words are in `language`; a word without a translation stays English.

    Parameters
    ----------
    language : {"en", "sv", "da"}

    Returns
    -------
    NullTranslations
        With ``gettext`` and ``ngettext``, as Python's own.

    Examples
    --------
    >>> catalogue("en").gettext("Contents"), catalogue("sv").gettext("Contents")
    ('Contents', 'Innehåll')
    """
    if language == "en":
        return NullTranslations()
    words = Translations()
    for path in sorted((LOCALE / language).glob("*.po")):
        with path.open("rb") as file:
            read = read_po(file, locale=language, abort_invalid=True)
        compiled = io.BytesIO()
        write_mo(compiled, read)  # a compiled copy in the package could fall behind its text
        compiled.seek(0)
        words.merge(Translations(compiled))
    return words


def numeral(value: float, digits: int, language: Language) -> str:
    """Return a number with so many decimals and the marks of a language; a minus is a true one.

    >>> numeral(5463, 0, "en"), numeral(0.8684, 3, "sv"), numeral(5463, 0, "da")
    ('5,463', '0,868', '5.463')
    """
    return format_decimal(value, format="#,##0" + "." * (digits > 0) + "0" * digits, locale=language)
