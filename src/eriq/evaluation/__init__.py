"""From forecasts to honest numbers: measures, intervals, comparison."""
