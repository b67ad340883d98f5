"""Questionnaires whose forms are tried."""

import pytest

from eriq.instrument.instrument import Instrument, load_instrument


@pytest.fixture(scope="session", params=["eriq22", "eriq-sv"])
def instrument(request: pytest.FixtureRequest) -> Instrument:
    """Return each shipped questionnaire in turn."""
    return load_instrument(request.param)


@pytest.fixture(scope="session")
def one_half() -> Instrument:
    """Return a questionnaire that only clients answer."""
    whole = load_instrument("eriq22")
    none = {"caseworker": 0, "client": 3}
    return whole.model_copy(
        update={"items": [item.model_dump() for item in whole.half("client")], "minimum_answered": none, "accepts": {}}
    )
