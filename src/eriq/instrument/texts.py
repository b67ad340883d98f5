"""Words in the languages of the product, always by the name of the language."""

from typing import Literal, Self, get_args

from pydantic import Field

from eriq.config import Section

Language = Literal["en", "sv", "da"]
LANGUAGES: tuple[Language, ...] = get_args(Language)


class Texts(Section):
    """One text in every language."""

    en: str = Field(min_length=1)
    sv: str = Field(min_length=1)
    da: str = Field(min_length=1)

    def in_(self, language: Language) -> str:
        """Return the text in `language`."""
        text: str = getattr(self, language)
        return text

    @classmethod
    def same(cls, text: str) -> Self:
        """Return a text that is the same in every language.

        >>> Texts.same("hhsize").sv
        'hhsize'
        """
        return cls(en=text, sv=text, da=text)
