#!/bin/sh
# Pin every dependency with hashes, for every platform and Python from 3.11 on. Needs `uv` (pip install uv). Run from the repository's root.
set -eu
compile="uv pip compile --quiet --python-version 3.11 --universal --generate-hashes --no-annotate --no-header"
echo "setuptools>=80" | $compile - -o requirements/build.txt "$@"
$compile pyproject.toml --extra test --extra demo --extra bench -o requirements/bench.txt "$@"
$compile pyproject.toml --constraint requirements/bench.txt -o requirements/runtime.txt "$@"
$compile pyproject.toml --extra demo --constraint requirements/bench.txt -o requirements/demo.txt "$@"
$compile pyproject.toml --extra test --constraint requirements/bench.txt -o requirements/test.txt "$@"
