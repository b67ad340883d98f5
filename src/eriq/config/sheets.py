"""The page for the talk: what it shows, for whom, and how answers are written."""

from pathlib import Path
from typing import Literal

from pydantic import Field

from eriq.config.files import Section, load_yaml, shipped
from eriq.config.layout import Layout
from eriq.config.messages import checked

Shown = Literal["none", "band", "probability"]


class SheetAnswers(Layout):
    """How the file of answers is written."""

    columns: dict[str, str] = Field({}, description="our name -> name in the file")


class SheetSettings(Section):
    """What a page for the talk shows; made once, used every month."""

    version: Literal[1] = 1
    instrument: str = Field("eriq22", description="Questionnaire that was answered, where no model is given.")
    model: str | None = Field(None, description="Needed only where `show` asks for a forecast.")
    answers: SheetAnswers = SheetAnswers()
    language: Literal["en", "sv", "da"] | None = Field(None, description="None: the first the questionnaire has.")
    easy_read: bool = Field(False, description="Questions and answers in their easy-read words.")
    show: Shown = Field("none", description="none: no forecast at all, as evidence and ethics ask for.")
    groups: tuple[str, ...] = Field(
        (), description="Groups of the evidence catalogue that these clients belong to; never inferred from answers."
    )
    objection: str | None = Field(None, description="How to object to what the page says, and to whom.")
    access: Literal["owner", "group"] = Field("owner", description="Who may read the pages: 0600, or 0640.")
    consent: Literal["required", "not_collected"] = "required"


def load_sheets(path: str | Path) -> SheetSettings:
    """Read and check a file of settings.

    Raises
    ------
    ConfigError
        With every problem, never a value.
    """
    file = shipped("sheets", path)
    return checked(SheetSettings, load_yaml(file), f"{file.name} is not a valid file of settings:")
