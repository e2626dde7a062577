"""`epipole warm-up`: compile every kernel into the cache, for images and first starts."""

import click

import geometry  # noqa: F401 -- declares the kernels
from geometry.kernel import compiled_names
from geometry.kernel import warm_up as warm_kernels


@click.command("warm-up")
@click.option(
    "--expect-cached",
    is_flag=True,
    help="Fail if anything had to be compiled: proves that a cache is complete.",
)
def warm_up(*, expect_cached: bool) -> None:
    """Compile the kernels for this machine, or load them from the cache."""
    done = warm_kernels()
    click.echo(f"{done.signatures} kernel signatures ready in {done.seconds:.1f} s, {done.compiled} of them compiled")
    if expect_cached and done.compiled:
        raise click.ClickException(f"the cache is incomplete; compiled: {', '.join(sorted(set(compiled_names())))}")
