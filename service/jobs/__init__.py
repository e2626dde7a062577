"""Work that outlives its request: submitted, watched, cancelled, resumed, read in pieces."""
