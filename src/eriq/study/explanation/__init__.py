"""What forecasts are associated with, over all people."""
