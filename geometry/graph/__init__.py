"""Cameras as a graph: which pairs are worth matching, trees that link them, pairs drawn at random."""

from geometry.graph.frusta import VIEW_STATUS
from geometry.graph.sample_pairs import sample_pairs
from geometry.graph.view_graph import ViewGraph, view_graph

__all__ = ["VIEW_STATUS", "ViewGraph", "sample_pairs", "view_graph"]
