"""Life after launch: shift, performance over time, alarms, recalibration and challengers."""
