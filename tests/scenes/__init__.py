"""Scenes whose true depth is known in any camera."""
