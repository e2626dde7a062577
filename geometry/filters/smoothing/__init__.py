"""Smoothing by Gaussians, boxes and likeness, and sharpening by what that takes away."""
