"""A config of an older form is brought up step by step, and each step says what it changed."""

from pathlib import Path

from eriq.config import load_gates, migrated


def test_a_config_without_a_version_is_read_as_the_first(tmp_path: Path) -> None:
    """The form that configs had before they named one is that of version 1, and the change is said."""
    (tmp_path / "gates.yaml").write_text("seed: 3\n", encoding="utf-8")
    assert load_gates(tmp_path / "gates.yaml").version == 1
    assert migrated({"seed": 3}) == ({"version": 1, "seed": 3}, ("version: 1 was added; nothing else changed",))


def test_steps_follow_each_other_from_the_version_a_file_names() -> None:
    """Only the steps above the version run, in order; a version that is not known is left for the check."""
    steps = tuple(lambda content, n=n: ({**content, "version": n + 1}, f"to {n + 1}") for n in range(3))
    assert migrated({"version": 1}, steps) == ({"version": 3}, ("to 2", "to 3"))
    for odd in (9, "1", True, -1):
        assert migrated({"version": odd}, steps) == ({"version": odd}, ())
