"""Tests of what is said of a questionnaire itself."""
