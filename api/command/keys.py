"""`epipole key`."""

import click

from service.keys import new_key


@click.command()
@click.argument("owner")
def key(owner: str) -> None:
    """Make an API key for OWNER. The key is shown once; the service needs only its hash."""
    if not owner.replace("-", "").replace("_", "").isalnum() or not owner.isascii() or len(owner) > 64:
        raise click.BadParameter("use letters, digits, - and _, at most 64", param_hint="OWNER")
    text, hashed = new_key()
    click.echo(f"key (send it as `Authorization: Bearer …`): {text}")
    click.echo(f"setting: EPIPOLE_API_KEYS={owner}={hashed}")
