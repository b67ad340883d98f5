"""Measures, intervals, calibration and sample size: arrays in, numbers out."""
