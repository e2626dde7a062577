"""Declarations of the operations, a module a family."""
