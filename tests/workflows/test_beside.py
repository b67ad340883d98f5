"""One process more beside a training: what it is given comes out the same, wherever it is done."""

import os
from collections.abc import Iterator

import pytest
from tests.study.reporting.made_up import made_up_facts, small

from eriq.disclosure import Release, min_people
from eriq.errors import CohortError
from eriq.study.reporting.figures import MAKERS
from eriq.study.reporting.files import draw
from eriq.study.reporting.findings import cleared
from eriq.workflows.beside import Beside, all_of


@pytest.fixture(scope="module")
def two() -> Iterator[Beside]:
    """Give a second process, under a rule of ten people."""
    with Beside(Release(min_people=10), workers=2) as beside:
        yield beside


def refuse() -> None:
    raise CohortError("nobody is left")


def test_the_other_process_works_under_the_same_rule(two: Beside) -> None:
    """It is another one, the release rule holds there, and an error comes back as itself."""
    assert two.start(os.getpid).result() != os.getpid()
    assert two.start(min_people).result() == 10
    with pytest.raises(CohortError, match=r"^nobody is left$"):
        two.start(refuse).result()


def test_with_one_worker_all_is_done_here() -> None:
    """There is no second process, and nothing is called before it is asked for."""
    with Beside(Release(), workers=1) as beside:
        given = [beside.start(os.getpid), beside.start(refuse)]
        assert given[0].result() == os.getpid()
        beside.warm(refuse)


def test_figures_are_the_same_wherever_they_are_drawn(two: Beside) -> None:
    """Each figure's files, drawn there first or here last, are to the byte those of one process; order is kept."""
    found = cleared(small(), made_up_facts())
    two.warm(refuse)  # what fails while it makes ready stops nothing
    shared = all_of([two.start(draw, found, [name]) for name in MAKERS])
    alone = draw(found)
    drawn = {name: figure for part in shared for name, figure in part.items()}
    assert list(drawn) == list(alone)
    assert [(figure.svg, figure.png) for figure in drawn.values()] == [(f.svg, f.png) for f in alone.values()]
