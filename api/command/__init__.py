"""The command `epipole`."""

from importlib import import_module

import click

_PLACES = {
    "serve": ("serve", "serve", "Start the HTTP service."),
    "run": ("run", "run", "Run one operation on files."),
    "jobs": ("jobs", "jobs", "Submit jobs to a running service, watch them, and fetch what they made."),
    "worker": ("worker", "worker", "Compute tiles of jobs for services elsewhere."),
    "operations": ("inspect", "operations", "List the operations, or show one with its parameters and results."),
    "settings": ("inspect", "settings", "Print every setting: its name, value, and meaning."),
    "rig": ("rig", "rig", "Convert and show rigs of cameras."),
    "key": ("keys", "key", "Make an API key for OWNER."),
    "warm-up": ("warm", "warm_up", "Compile the kernels for this machine, or load them from the cache."),
    "demo": ("demo", "demo", "Start the service, send it real input, and write what comes back to a folder."),
}
"""By name: the module, the command in it, and what the list of commands says, for which none is imported."""


class _Commands(click.Group):
    """Imports a command when it is asked for: the service need not wait for what only the others use."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        """Names, in the order of the help text."""
        return list(_PLACES)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        """The command of that name."""
        if cmd_name not in _PLACES:
            return None
        module, attribute, _ = _PLACES[cmd_name]
        command: click.Command = getattr(import_module(f"api.command.{module}"), attribute)
        return command

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        """Write the list of commands."""
        with formatter.section("Commands"):
            formatter.write_dl([(name, summary) for name, (_, _, summary) in _PLACES.items()])


@click.group(cls=_Commands, context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(package_name="epipole")
def main() -> None:
    """Computer-vision geometry: as a service, and on the command line."""
