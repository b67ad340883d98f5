"""The questionnaire: a versioned file, the only place that knows an item."""

import hashlib
import json
from collections.abc import Iterator, Mapping
from functools import cached_property
from pathlib import Path
from typing import Any, Literal, Self

import numpy as np
import pandas as pd
from pydantic import BaseModel, Field, model_validator

from eriq.config import Section, checked, load_yaml, shipped
from eriq.errors import ConfigError, InstrumentError, bullets, nearest
from eriq.instrument.texts import LANGUAGES, Language, Texts

Respondent = Literal["caseworker", "client"]
MissingPolicy = Literal["indicator", "worst", "drop"]
RESPONDENTS: tuple[Respondent, ...] = ("caseworker", "client")
NO_QUESTIONS = "no-questions"  # the shipped questionnaire of a register-only experiment

# Words that make a trait of a person out of a situation; beginnings, so that endings are caught as well.
AVOIDED: dict[Language, tuple[str, ...]] = {
    "en": (
        "far from the labour market", "hard to place", "hard-to-place", "weak", "lazy", "passive", "unmotivated",
        "unemployable", "incapable", "burden", "vulnerable", "deficien", "dependent on benefits", "inability",
    ),
    "sv": (
        "långt från arbetsmarknaden", "svårplacerad", "svag", "lat ", "passiv", "omotiverad", "oanställningsbar",
        "oförmögen", "oförmåga", "utsatt", "belastning", "bidragsberoende", "bristfällig",
    ),
    "da": (
        "langt fra arbejdsmarkedet", "svært placerbar", "svag", "doven", "passiv", "umotiveret",
        "udsat", "belastning", "bistandsklient", "mangelfuld", "uegnet", "ude af stand",
    ),
}  # fmt: skip


class Level(Section):
    """One answer a respondent can choose."""

    code: int = Field(ge=0, le=100)
    labels: Texts


class MissingCode(Section):
    """One way of having no answer; codes are negative so that no level can be mistaken for one."""

    code: int = Field(lt=0, ge=-100)
    name: Literal["not_asked", "dont_know", "refused", "no_contact"]
    labels: Texts


class Item(Section):
    """One question to the caseworker or to the client."""

    id: str = Field(pattern=r"^[a-z]{2}[0-9]{2}$")
    respondent: Respondent
    indicator: str
    text: Texts
    easy_read: Texts | None = None
    scale: str
    orientation: Literal[1, -1] = 1
    malleable: bool = True
    required: bool = False
    forecast: bool = False
    wording: Literal["own", "published"] = "own"


class PartialRule(Section):
    """How many answers each half needs before a questionnaire is scored."""

    caseworker: int = Field(ge=0)
    client: int = Field(ge=0)


class Instrument(BaseModel, frozen=True, extra="forbid"):
    """A checked questionnaire, with everything it extends already filled in."""

    format: Literal[1]
    id: str = Field(pattern=r"^[a-z0-9][a-z0-9-]*$")
    version: str = Field(pattern=r"^\d+\.\d+\.\d+$")
    name: Texts
    notice: Texts
    assumption: str | None = None
    extends: str | None = None
    missing_codes: tuple[MissingCode, ...]
    missing_policy: MissingPolicy = "indicator"
    minimum_answered: PartialRule
    accepts: dict[str, dict[str, str]] = Field(
        default={}, description="'id version' of another questionnaire -> {its item: our item}."
    )
    indicators: dict[str, Texts]
    scales: dict[str, tuple[Level, ...]]
    items: tuple[Item, ...]

    @model_validator(mode="after")
    def _consistent(self) -> Self:
        problems = []
        if not self.items and self.id != NO_QUESTIONS:
            problems.append(f"there is no item; for registers alone there is '{NO_QUESTIONS}'")
        ids = [item.id for item in self.items]
        problems += [f"item {i} is there {ids.count(i)} times" for i in sorted({*ids}) if ids.count(i) > 1]
        for item in self.items:
            for kind, name, known in (
                ("scale", item.scale, self.scales),
                ("indicator", item.indicator, self.indicators),
            ):
                if name not in known:
                    problems.append(f"item {item.id}: {kind} '{name}' is not defined.{nearest(name, known)}")
        for name, levels in self.scales.items():
            codes = [level.code for level in levels]
            if len(codes) < 2 or codes != sorted(set(codes)):
                problems.append(f"scale {name}: needs at least two levels with rising codes")
        missing = [code.code for code in self.missing_codes]
        if len(set(missing)) != len(missing):
            problems.append("missing codes repeat a number")
        for respondent in RESPONDENTS:
            have, need = len(self.half(respondent)), getattr(self.minimum_answered, respondent)
            if need > have:
                problems.append(f"minimum_answered: {need} of {have} {respondent} items can never be met")
        for other, mapping in self.accepts.items():
            unknown = sorted({ours for ours in mapping.values() if ours not in ids})
            problems += [f"accepts {other}: item '{i}' is not defined.{nearest(i, ids)}" for i in unknown]
        if problems:
            raise ValueError("; ".join(problems))
        return self

    def model_copy(self, *, update: Mapping[str, Any] | None = None, deep: bool = False) -> Self:  # noqa: ARG002
        """Return a checked copy; pydantic's own would keep the digest and the look-ups of the original."""
        return type(self).model_validate({**self.model_dump(), **(update or {})})

    def half(self, respondent: Respondent) -> tuple[Item, ...]:
        """Return the items one respondent answers."""
        return tuple(item for item in self.items if item.respondent == respondent)

    @cached_property
    def by_id(self) -> dict[str, Item]:
        """Items by their id."""
        return {item.id: item for item in self.items}

    @cached_property
    def item_ids(self) -> tuple[str, ...]:
        """Ids in the order of the file."""
        return tuple(item.id for item in self.items)

    @cached_property
    def belief(self) -> str | None:
        """Id of the caseworker's own forecast, where the questionnaire asks for one."""
        return next((i.id for i in self.half("caseworker") if i.forecast), None)

    @cached_property
    def client_belief(self) -> str | None:
        """Id of the client's own forecast, where the questionnaire asks for one."""
        return next((i.id for i in self.half("client") if i.forecast), None)

    @cached_property
    def digest(self) -> str:
        """SHA-256 of the content, whatever the order of keys or the spacing of the file."""
        text = json.dumps(self.model_dump(), sort_keys=True, ensure_ascii=False)
        return hashlib.sha256(text.encode()).hexdigest()

    @property
    def stamp(self) -> dict[str, str]:
        """Id, version and digest, as they travel with every run, model and score."""
        return {"id": self.id, "version": self.version, "digest": self.digest}

    def levels(self, item: str) -> tuple[Level, ...]:
        """Return the answers to choose from, as printed."""
        return self.scales[self.by_id[item].scale]

    def allowed(self, item: str) -> tuple[int, ...]:
        """Return every code that may stand in the column of `item`."""
        return (*(level.code for level in self.levels(item)), *(code.code for code in self.missing_codes))

    def oriented(self, item: str, codes: pd.Series) -> pd.Series:
        """Return answers as 0, 1, ... so that higher is always more ready; no answer is NaN.

        Parameters
        ----------
        item : str
            Id of the item.
        codes : Series of shape (n_rows,)
            Answer codes; missing codes and gaps become NaN.

        Returns
        -------
        Series of float64, shape (n_rows,)
            With the index and name of `codes`.

        Examples
        --------
        >>> load_instrument("eriq22").oriented("cw05", pd.Series([1, 5, -2, None], dtype="Int8")).tolist()
        [4.0, 0.0, nan, nan]
        """
        order = [level.code for level in self.levels(item)]
        if self.by_id[item].orientation == -1:
            order.reverse()
        given = codes.to_numpy("float64", na_value=np.nan)
        ranks = np.full(len(codes), np.nan)
        for place, code in enumerate(order):  # a pass per level is ten times quicker than mapping each row
            ranks[given == code] = place
        return pd.Series(ranks, index=codes.index, name=codes.name)

    def answer_label(self, item: str, place: float, language: Language) -> str:
        """Return the label of the oriented answer `place`."""
        levels = self.levels(item)
        if self.by_id[item].orientation == -1:
            levels = tuple(reversed(levels))
        return levels[int(place)].labels.in_(language)

    def remarks(self) -> tuple[str, ...]:
        """Return what is allowed and deserves a second look, as ``eriq instrument check`` prints it.

        Texts without an easy-read version, words that label a person, and a half without its own forecast.

        Examples
        --------
        >>> load_instrument("eriq22").remarks()
        ()
        """
        remarks = [f"item {item.id} has no easy-read text" for item in self.items if item.easy_read is None]
        for where, texts in self._texts():
            for language in LANGUAGES:
                lower = f"{texts.in_(language).lower()} "
                remarks += [f"{where} ({language}): avoid '{w.strip()}'" for w in AVOIDED[language] if w in lower]
        for respondent in RESPONDENTS:
            if not any(item.forecast for item in self.half(respondent)):
                remarks.append(f"no {respondent} item is marked as a forecast of job entry")
        return tuple(remarks)

    def _texts(self) -> Iterator[tuple[str, Texts]]:
        """Yield (where, texts) for everything a respondent or reader sees."""
        yield from (("name", self.name), ("notice", self.notice))
        yield from ((f"indicator {name}", texts) for name, texts in self.indicators.items())
        for name, levels in self.scales.items():
            yield from ((f"scale {name} code {level.code}", level.labels) for level in levels)
        yield from ((f"missing code {code.code}", code.labels) for code in self.missing_codes)
        for item in self.items:
            yield f"item {item.id}", item.text
            if item.easy_read is not None:
                yield f"item {item.id} easy-read", item.easy_read

    def subset(self, items: tuple[str, ...]) -> tuple[str, ...]:
        """Return those of `items` that this questionnaire has, in its order."""
        return tuple(i for i in self.item_ids if i in items)


def load_instrument(path: str | Path) -> Instrument:
    """Read and check a questionnaire file; a plain name means one that is shipped.

    Parameters
    ----------
    path : str or Path
        A YAML file, or the name of a shipped questionnaire such as ``"eriq22"``.

    Returns
    -------
    Instrument

    Raises
    ------
    InstrumentError
        With every problem of the file at once.

    Examples
    --------
    >>> instrument = load_instrument("eriq22")
    >>> len(instrument.half("caseworker")), len(instrument.half("client")), instrument.belief
    (11, 11, 'cw11')
    """
    try:
        file = shipped("instruments", path)
    except ConfigError as error:
        raise InstrumentError(str(error)) from None
    return _load(file, ())


def _load(file: Path, below: tuple[Path, ...]) -> Instrument:
    """Return the questionnaire in `file`; `below` are the files that extend it."""
    if file.resolve() in below:
        raise InstrumentError(f"{file.name} extends itself")
    content = load_yaml(file, InstrumentError)
    if "extends" in content:
        content = _extend(content, file, (*below, file.resolve()))
    return checked(Instrument, content, f"{file.name} is not a valid questionnaire:", InstrumentError)


def _extend(content: dict[str, Any], file: Path, below: tuple[Path, ...]) -> dict[str, Any]:
    """Return `content` with the items it names taken from the file it extends."""
    base = _load(file.parent / str(content["extends"]), below).model_dump()
    named = content.get("items")
    if not isinstance(named, list) or not all(isinstance(name, str) for name in named):
        raise InstrumentError(f"{file.name}: a questionnaire that extends another lists item ids")
    known = {item["id"]: item for item in base["items"]}
    if unknown := [name for name in named if name not in known]:
        lines = [f"item '{name}' is not in {content['extends']}.{nearest(name, known)}" for name in unknown]
        raise InstrumentError(bullets(f"{file.name}:", lines))
    return {**base, **content, "items": [known[name] for name in named]}
