"""Medians and other ranks of windows."""
