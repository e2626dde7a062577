"""Depth as another camera would see it: readings moved to their pixels there, and what is kept of them."""
