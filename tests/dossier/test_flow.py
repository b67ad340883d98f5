"""The data flow as a picture, and in words."""

from pathlib import Path
from xml.etree import ElementTree

from eriq.dossier.flow import drawing, steps
from eriq.dossier.numbers import Evidence


def test_the_picture_goes_from_sources_to_who_sees_scores(report: Path) -> None:
    """Six boxes with arrows between them; tables are those that were read; employers never."""
    found = steps(Evidence(report))
    assert [step.name for step in found] == ["sources", "tables", "features", "model", "scores", "who sees them"]
    assert found[1].lines == ("answers", "persons")
    picture = ElementTree.fromstring(drawing(found))
    kinds = [element.tag.rpartition("}")[2] for element in picture]
    assert (kinds.count("rect"), kinds.count("path")) == (6, 5)
    assert "employer: never" in picture.attrib["aria-label"]


def test_no_word_leaves_its_box(report: Path) -> None:
    """Every line is short enough for a box, and stands within the picture."""
    picture = ElementTree.fromstring(drawing(steps(Evidence(report))))
    height = float(picture.attrib["viewBox"].split()[3])
    for element in picture:
        if element.tag.endswith("text"):
            assert len(element.text or "") <= 20
            assert float(element.attrib["y"]) < height
