"""Convolution: one definition, its engines, and the linear operators around it."""
