"""FHIR R4B: questionnaires that the standard's schema accepts, and responses that come back."""

import json
import re
from pathlib import Path
from typing import Any

import pytest
from fhir.resources.R4B.bundle import Bundle
from fhir.resources.R4B.questionnaire import Questionnaire
from fhir.resources.R4B.questionnaireresponse import QuestionnaireResponse

from eriq.errors import InstrumentError, SourceError
from eriq.forms import fhir
from eriq.forms.form import Form, forms
from eriq.instrument.instrument import Instrument, load_instrument
from eriq.instrument.texts import LANGUAGES, Language
from tests.forms.filled import as_code, as_label, back, known, rows_of, same


def responses(instrument: Instrument, language: Language | None = None) -> list[dict[str, Any]]:
    """Return a response for each form and day, with codes, or with words alone."""
    made: list[dict[str, Any]] = []
    for form in forms(instrument):
        rows = rows_of(form, known(instrument), as_label(language) if language else as_code)
        made += [response(form, row, "display" if language else "code") for row in rows]
    return made


def response(form: Form, row: dict[str, str], key: str) -> dict[str, Any]:
    """Return one QuestionnaireResponse; the client is referred to in one form and identified in the other."""
    mine = form.respondent == "caseworker"
    given = [
        {"linkId": question.name, "answer": [{"valueCoding": {key: row[question.name]}}]}
        for question in form.questions
        if row[question.name]
    ]
    author = {"author": {"reference": f"Practitioner/{row['caseworker_id']}"}} if mine else {}
    subject = {"reference": f"Patient/{row['client_id']}"} if mine else {"identifier": {"value": row["client_id"]}}
    return {
        "resourceType": "QuestionnaireResponse",
        "status": "completed",
        "questionnaire": f"{fhir.url(form)}|{form.version}",
        "subject": subject,
        "authored": f"{row['answered_on']}T23:30:00+02:00" if mine else row["answered_on"],
        **author,
        "item": given if mine else [{"linkId": "group", "item": given}],
    }


def bundle(path: Path, made: list[dict[str, Any]]) -> Path:
    """Write responses as a Bundle that the standard's schema accepts, a patient among them."""
    entries = [{"resource": one} for one in (*made, {"resourceType": "Patient", "id": "K000"})]
    content = {"resourceType": "Bundle", "type": "collection", "entry": entries}
    Bundle.model_validate(content)
    path.write_text(json.dumps(content), encoding="utf-8")
    return path


def test_questionnaires_are_valid(instrument: Instrument) -> None:
    """Each is a Questionnaire of R4B, with an item for every question and its other languages as translations."""
    for form, written in zip(forms(instrument), fhir.write(forms(instrument)), strict=True):
        content = json.loads(written.content)
        read = Questionnaire.model_validate(content)

        assert [item.linkId for item in read.item] == [question.name for question in form.questions]
        assert read.version == instrument.version
        said = [part["extension"][1]["valueString"] for part in content["item"][0]["_text"]["extension"]]
        assert said == [form.questions[0].text["sv"], form.questions[0].text["da"]]


@pytest.mark.parametrize("language", [None, *LANGUAGES])
def test_a_bundle_comes_back(instrument: Instrument, language: Language | None, tmp_path: Path) -> None:
    """Codes, or displays alone in each language; items in groups or not; an evening stays on its own day."""
    made = responses(instrument, language)
    for one in made[:3]:
        QuestionnaireResponse.model_validate(one)

    assert same(back([bundle(tmp_path / "all.json", made)], "fhir", instrument), known(instrument))


def test_lines_and_single_resources_come_back(instrument: Instrument, tmp_path: Path) -> None:
    """A resource per line, and one that is a file of its own."""
    made = responses(instrument)
    lines, single = tmp_path / "most.ndjson", tmp_path / "one.json"
    lines.write_text("\n".join(json.dumps(one) for one in made[1:]) + "\n", encoding="utf-8")
    single.write_text(json.dumps(made[0]), encoding="utf-8")

    assert same(back([single, lines], "fhir", instrument), known(instrument))


def test_what_was_entered_in_error_is_left_out_and_told(tmp_path: Path) -> None:
    """A response with that status is no answer; the count is told."""
    instrument = load_instrument("eriq22")
    made = responses(instrument)
    wrong = {**made[0], "status": "entered-in-error", "authored": "2024-09-09"}
    path = bundle(tmp_path / "all.json", [*made, wrong])
    (arrived,) = fhir.read(path, forms(instrument, consent=True))

    assert same(back([path], "fhir", instrument), known(instrument))
    assert arrived.remarks == ("all.json: left out 1 response(s) with status entered-in-error",)


@pytest.mark.parametrize(
    "questionnaire", ["urn:x-eriq:eriq22:client|0.9.0", "urn:x-eriq:eriq22:client", "urn:other|1.0.0"]
)
def test_responses_to_another_version_or_none_are_refused(questionnaire: str, tmp_path: Path) -> None:
    """The canonical address has to be ours, with our version."""
    instrument = load_instrument("eriq22")
    path = bundle(tmp_path / "all.json", [{**responses(instrument)[-1], "questionnaire": questionnaire}])

    with pytest.raises(
        InstrumentError, match=f"another questionnaire or version than {re.escape(forms(instrument)[0].stamp)}"
    ):
        back([path], "fhir", instrument)


@pytest.mark.parametrize("text", ["{", '{"resourceType": "Bundle", "entry": [{"resource": 3}]}', '[["x"]]'])
def test_what_is_not_fhir_is_refused(text: str, tmp_path: Path) -> None:
    """Broken JSON and broken resources are named errors without their content."""
    path = tmp_path / "broken.json"
    path.write_text(text, encoding="utf-8")

    with pytest.raises(SourceError, match=r"broken\.json"):
        back([path], "fhir", load_instrument("eriq22"))
