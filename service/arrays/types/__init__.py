"""The array types that operations share.

A type says shape, dtype, unit and meaning once; fields refine the meaning in their description.
"""
