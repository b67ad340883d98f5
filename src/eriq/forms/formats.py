"""Which tools there are: for each what writes its form, and what reads its answers."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Literal

from eriq.forms import fhir, html, limesurvey, pdf, redcap, xlsform
from eriq.forms.arrived import Arrived
from eriq.forms.form import Form, Written

Target = Literal["xlsform", "limesurvey", "redcap", "fhir", "html", "pdf"]
Origin = Literal["xlsform", "limesurvey", "redcap", "fhir", "html"]
Writer = Callable[[Sequence[Form]], Iterator[Written]]
Reader = Callable[[Path, Sequence[Form], Sequence[str]], Iterator[Arrived]]

WRITERS: Mapping[Target, Writer] = {
    "xlsform": xlsform.write,
    "limesurvey": limesurvey.write,
    "redcap": redcap.write,
    "fhir": fhir.write,
    "html": html.write,
    "pdf": pdf.write,
}
READERS: Mapping[Origin, Reader] = {
    "xlsform": xlsform.read,
    "limesurvey": limesurvey.read,
    "redcap": redcap.read,
    "fhir": fhir.read,
    "html": html.read,
}
