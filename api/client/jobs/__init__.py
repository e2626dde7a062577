"""Jobs of a running service: submitted, watched, and read in pieces."""
