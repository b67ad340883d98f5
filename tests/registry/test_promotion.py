"""Promotion: gates one by one on numbers made by hand, and the whole path on small trainings."""
