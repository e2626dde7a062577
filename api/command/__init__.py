"""The command `epipole`."""

import click

from api.command.demo import demo
from api.command.inspect import operations, settings
from api.command.keys import key
from api.command.run import run
from api.command.serve import serve
from api.command.warm import warm_up


@click.group(context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(package_name="epipole")
def main() -> None:
    """Computer-vision geometry: as a service, and on the command line."""


for command in (serve, run, operations, settings, key, warm_up, demo):
    main.add_command(command)
