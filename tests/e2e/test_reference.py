"""Reference pages are those of the models and contracts."""

import pytest

from tests.e2e import reference


@pytest.mark.parametrize("name", reference.PAGES)
def test_a_reference_page_is_what_the_source_says(name):
    """docs/reference holds what `make reference` writes."""
    assert (reference.FOLDER / name).read_text("utf-8") == reference.PAGES[name]()
