"""Rigs of cameras in the formats that people have, read and written. One module a format."""
