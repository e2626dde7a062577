"""Epipole beside its peers: `python -m tests.benchmarks` times them in pairs and writes docs/performance.md."""
