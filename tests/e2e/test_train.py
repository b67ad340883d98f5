"""What a person finds after `eriq train`."""
