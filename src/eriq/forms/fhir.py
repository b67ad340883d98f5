"""FHIR R4B: a Questionnaire per form; back from QuestionnaireResponses, alone, in a Bundle, or one per line.

Who and when are not questions there: the client is the subject, the caseworker the author, the day `authored`.
"""

import json
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

import pandas as pd

from eriq.errors import InstrumentError, SourceError
from eriq.forms.arrived import Arrived, Habits, fields_of, recognise
from eriq.forms.form import STAMP, Choice, Field, Form, Words, Written

TRANSLATION = "http://hl7.org/fhir/StructureDefinition/translation"
Resource = Mapping[str, Any]  # as JSON has it; ours is checked by what the standard's own schema accepts


def url(form: Form) -> str:
    """Return the canonical address of a form, to which `|version` is added where it is referred to.

    >>> from eriq.forms.form import forms
    >>> from eriq.instrument.instrument import load_instrument
    >>> url(forms(load_instrument("eriq22"))[0])
    'urn:x-eriq:eriq22:caseworker'
    """
    return f"urn:x-eriq:{form.instrument}:{form.respondent}"


def write(forms: Sequence[Form]) -> Iterator[Written]:
    """Yield a Questionnaire for each form, in its first language, with the others as translations."""
    for form in forms:
        title = {language: f"{form.title[language]}: {form.to[language]}" for language in form.languages}
        resource = {
            "resourceType": "Questionnaire",
            "id": form.name,
            "language": form.languages[0],
            "url": url(form),
            "version": form.version,
            "name": "".join(part.capitalize() for part in form.name.split("-")),
            **_said("title", title),
            "status": "active",
            "subjectType": ["Patient"],
            **_said("description", form.notice),
            "item": [_item(form, field) for field in form.fields if field.kind == "choice"],
        }
        text = json.dumps(resource, ensure_ascii=False, indent=2)
        yield Written(f"{form.name}.json", f"{text}\n".encode())


def _item(form: Form, field: Field) -> dict[str, Any]:
    item = {"linkId": field.name, **_said("text", field.text), "type": "choice", "required": field.required}
    item["answerOption"] = [{"valueCoding": _coding(form, field, choice)} for choice in field.offered]
    if field.hint:
        control = {"system": "http://hl7.org/fhir/questionnaire-item-control", "code": "help"}
        shown = "http://hl7.org/fhir/StructureDefinition/questionnaire-itemControl"
        help_ = {"linkId": f"{field.name}-help", **_said("text", field.hint), "type": "display"}
        item["item"] = [help_ | {"extension": [{"url": shown, "valueCodeableConcept": {"coding": [control]}}]}]
    return item


def _coding(form: Form, field: Field, choice: Choice) -> dict[str, Any]:
    return {"system": f"{url(form)}:{field.name}", "code": str(choice.code), **_said("display", choice.labels)}


def _said(key: str, texts: Words) -> dict[str, Any]:
    """Return a text in the first language, and the others in the extension that the standard has for it."""
    (_, first), *others = texts.items()
    translated = [
        {
            "url": TRANSLATION,
            "extension": [{"url": "lang", "valueCode": language}, {"url": "content", "valueString": text}],
        }
        for language, text in others
    ]
    return {key: first, **({f"_{key}": {"extension": translated}} if translated else {})}


def read(file: Path, forms: Sequence[Form], ignore: Sequence[str] = ()) -> Iterator[Arrived]:
    """Yield the responses of one file: JSON of one resource or a Bundle, or newline-delimited JSON.

    Raises
    ------
    SourceError
        If the file is not JSON, or not made as FHIR says.
    InstrumentError
        If no response is in it.
    """
    try:
        responses = [r for r in _resources(file) if r.get("resourceType") == "QuestionnaireResponse"]
        withdrawn = [response for response in responses if response.get("status") == "entered-in-error"]
        rows = [_row(response, forms) for response in responses if response not in withdrawn]
    except (AttributeError, KeyError, TypeError):
        raise SourceError(f"{file.name}: a resource in it is not made as FHIR R4B says") from None
    if not rows:
        raise InstrumentError(
            f"{file.name}: {len(responses)} QuestionnaireResponse(s), and none that counts as answers"
        )
    arrived = recognise(pd.DataFrame(rows, dtype="str"), file.name, fields_of(forms), Habits(), ignore)
    told = (f"{file.name}: left out {len(withdrawn)} response(s) with status entered-in-error",) if withdrawn else ()
    yield Arrived(file.name, arrived.rows, arrived.problems, (*arrived.remarks, *told))


def _resources(file: Path) -> Iterator[Resource]:
    """Yield every resource of a file, those of bundles among them."""
    try:
        text = file.read_text(encoding="utf-8-sig")
        given = (
            [json.loads(line) for line in text.splitlines() if line.strip()] if _by_line(file) else [json.loads(text)]
        )
    except OSError as why:
        raise SourceError(f"{file} cannot be read: {why.strerror or type(why).__name__}") from None
    except ValueError:
        raise SourceError(
            f"{file.name} is not JSON in UTF-8; eriq reads .json, and .ndjson with a resource per line"
        ) from None
    for resource in given:
        if resource.get("resourceType") == "Bundle":
            yield from (entry["resource"] for entry in resource.get("entry", []) if "resource" in entry)
        else:
            yield resource


def _by_line(file: Path) -> bool:
    return file.suffix.lower() in (".ndjson", ".jsonl")


def _row(response: Resource, forms: Sequence[Form]) -> dict[str, str | None]:
    """Return a response as one row of text: who and when, which questionnaire, and every answer."""
    address, _, version = response.get("questionnaire", "").partition("|")
    known = address in {url(form) for form in forms}
    about = {
        "client_id": _who(response.get("subject")),
        "answered_on": response.get("authored"),
        "caseworker_id": _who(response.get("author")),
        STAMP: f"{forms[0].instrument} {version}" if known else address or None,
    }
    return about | dict(_answers(response.get("item", [])))


def _who(reference: Resource | None) -> str | None:
    """Return the identifier of a person, or the end of a reference such as Patient/17."""
    if reference is None:
        return None
    value = reference.get("identifier", {}).get("value") or str(reference.get("reference", "")).rpartition("/")[2]
    return value or None


def _answers(items: Sequence[Resource]) -> Iterator[tuple[str, str]]:
    """Yield (linkId, answer) of items and of those within them; several answers to one question stand side by side."""
    for item in items:
        given = item.get("answer", [])
        if values := [_value(answer) for answer in given]:
            yield item["linkId"], " + ".join(values)
        yield from _answers(item.get("item", []))
        for answer in given:
            yield from _answers(answer.get("item", []))


def _value(answer: Resource) -> str:
    """Return a code, or the words where there is none."""
    value = next(value for key, value in answer.items() if key.startswith("value"))
    if isinstance(value, bool):
        return str(int(value))
    return str(value.get("code") or value["display"]) if isinstance(value, Mapping) else str(value)
