"""Words in the languages of the product, always by the name of the language."""

from typing import Self

from pydantic import Field, model_validator

from eriq.catalogues import LANGUAGES as LANGUAGES
from eriq.catalogues import Language as Language
from eriq.config import Section


class Texts(Section):
    """One text in one language or more."""

    en: str | None = Field(None, min_length=1)
    sv: str | None = Field(None, min_length=1)
    da: str | None = Field(None, min_length=1)

    @model_validator(mode="after")
    def _some(self) -> Self:
        if not self.languages:
            raise ValueError(f"a text in at least one of {', '.join(LANGUAGES)}")
        return self

    @property
    def languages(self) -> tuple[Language, ...]:
        """The languages it is there in."""
        return tuple(language for language in LANGUAGES if getattr(self, language) is not None)

    def in_(self, language: Language) -> str:
        """Return the text in `language`, or in the first that it has where it lacks that one.

        >>> Texts(sv="ålder").in_("en")
        'ålder'
        """
        text: str = getattr(self, language) or getattr(self, self.languages[0])
        return text

    @classmethod
    def same(cls, text: str) -> Self:
        """Return a text that is the same in every language.

        >>> Texts.same("hhsize").sv
        'hhsize'
        """
        return cls(en=text, sv=text, da=text)
