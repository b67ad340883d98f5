"""Where answers come from, chunk by chunk."""
