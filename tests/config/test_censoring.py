"""How a config says what happens to censored rows."""

from typing import Literal

import pytest
from pydantic import TypeAdapter, ValidationError

from eriq.config.censoring import Ipcw, censoring_model
from eriq.config.files import Section

WRITTEN: TypeAdapter = TypeAdapter(Literal["leave_out", "ipcw"] | Ipcw)


@pytest.mark.parametrize(
    ("written", "model"),
    [
        ("leave_out", None),
        ("ipcw", Ipcw()),
        ({"by": ["quarter", "job_centre"]}, Ipcw(by=("quarter", "job_centre"))),
        ({"largest_weight": 4, "quantile": 0.99}, Ipcw(largest_weight=4, quantile=0.99)),
    ],
)
def test_a_word_or_a_section_declares_it(written, model):
    """`leave_out` has no model, `ipcw` the default one, and a section changes it."""
    assert censoring_model(WRITTEN.validate_python(written)) == model


@pytest.mark.parametrize(
    "written", ["ipw", {"by": ["age"]}, {"model": "cox"}, {"largest_weight": 0.5}, {"quantile": 0.5}, {"trim": 0.9}]
)
def test_what_cannot_be_meant_is_refused(written):
    """Unknown words, columns and models; limits that would cut ordinary weights."""
    assert issubclass(Ipcw, Section)
    with pytest.raises(ValidationError):
        WRITTEN.validate_python(written)
