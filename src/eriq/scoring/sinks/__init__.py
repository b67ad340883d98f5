"""Where scores go, whole or not at all."""
