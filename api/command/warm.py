"""`epipole warm-up`: compile every kernel into the cache, for images and first starts."""

import sys
from concurrent.futures import ProcessPoolExecutor
from multiprocessing import get_context

import click

import geometry  # noqa: F401 -- declares the kernels
from geometry.kernel import compile_kernel, compiled_names, kernels_to_compile
from geometry.kernel import warm_up as warm_kernels
from service.machine import available_cores


def _compile_side_by_side() -> int:
    """Compile what is absent, a process for each core; how many kernels that were."""
    absent = kernels_to_compile()
    cores = min(available_cores(), len(absent))
    if cores < 2:
        return 0
    click.echo(f"compiling {len(absent)} kernels on {cores} cores; this happens once", err=True)
    with (
        ProcessPoolExecutor(cores, mp_context=get_context("spawn")) as pool,
        click.progressbar(
            pool.map(compile_kernel, absent), length=len(absent), label="kernels", file=sys.stderr
        ) as bar,
    ):
        for _ in bar:
            pass
    return len(absent)


@click.command("warm-up")
@click.option(
    "--expect-cached",
    is_flag=True,
    help="Fail if anything had to be compiled: proves that a cache is complete.",
)
def warm_up(*, expect_cached: bool) -> None:
    """Compile the kernels for this machine, or load them from the cache."""
    elsewhere = 0 if expect_cached else _compile_side_by_side()
    done = warm_kernels()
    click.echo(
        f"{done.signatures} kernel signatures ready in {done.seconds:.1f} s, {done.compiled} of them compiled"
        + (f", {elsewhere} kernels compiled before" if elsewhere else "")
    )
    if expect_cached and done.compiled:
        raise click.ClickException(f"the cache is incomplete; compiled: {', '.join(sorted(set(compiled_names())))}")
