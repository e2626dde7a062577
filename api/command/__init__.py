"""The command `epipole`."""

from importlib import import_module

import click

_PLACES = {
    "serve": ("serve", "serve"),
    "run": ("run", "run"),
    "jobs": ("jobs", "jobs"),
    "worker": ("worker", "worker"),
    "operations": ("inspect", "operations"),
    "settings": ("inspect", "settings"),
    "rig": ("rig", "rig"),
    "key": ("keys", "key"),
    "warm-up": ("warm", "warm_up"),
    "demo": ("demo", "demo"),
}


class _Commands(click.Group):
    """Imports a command when it is asked for: the service need not wait for what only the others use."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        """Names, in the order of the help text."""
        return list(_PLACES)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        """The command of that name."""
        if cmd_name not in _PLACES:
            return None
        module, attribute = _PLACES[cmd_name]
        command: click.Command = getattr(import_module(f"api.command.{module}"), attribute)
        return command


@click.group(cls=_Commands, context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(package_name="epipole")
def main() -> None:
    """Computer-vision geometry: as a service, and on the command line."""
