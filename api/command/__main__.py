"""`python -m api.command`: the same as `epipole`."""

from api.command import main

main(prog_name="epipole")
