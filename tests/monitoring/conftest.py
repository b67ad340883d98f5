"""Answers and a small saved model, those of the tests of batches."""

from tests.scoring.conftest import backlog, small_bundle

__all__ = ["backlog", "small_bundle"]
