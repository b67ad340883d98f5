"""Estimators, fits and forecasts out of fold."""
