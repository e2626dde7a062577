"""Depth maps of several views: how well they agree, and one made of all."""
