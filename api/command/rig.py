"""`epipole rig`: rigs of cameras from one file format to another, and what is in them."""

from pathlib import Path
from typing import Any

import click
import numpy as np
from rich.console import Console
from rich.markup import escape
from rich.table import Table

from api.command.failure import told
from service.rigs.formats import FORMATS, PixelCenter, read_rig, recognised, write_rig
from service.rigs.rig import RigCameras

_SUFFIXES = {".json": "json", ".npy": "npy", ".out": "bundler", ".nvm": "nvm"}
_PATH = click.Path(path_type=Path)


def _options(command: Any) -> Any:
    """What reading needs to be told."""
    command = click.option(
        "--size",
        type=(click.IntRange(1, 2**31), click.IntRange(1, 2**31)),
        metavar="WIDTH HEIGHT",
        help="Of the images, where IN does not say. Bundler and NVM need it if the images are not beside the file.",
    )(command)
    command = click.option(
        "--drop-distortion", is_flag=True, help="Leave the lens out, for images that are undistorted."
    )(command)
    command = click.option(
        "--pixel-center",
        type=click.Choice(["integer", "half"]),
        default="integer",
        help="Where npy and .P files, which do not say, have the centre of pixel (0, 0): at (0, 0) or (½, ½).",
    )(command)
    return click.option(
        "--from",
        "source_format",
        type=click.Choice(list(FORMATS)),
        help="The format that is read. Default: recognised by what is there.",
    )(command)


@click.group(epilog="Formats: " + "; ".join(f"{name}, {form.summary}" for name, form in FORMATS.items()) + ".")
def rig() -> None:
    """Convert and show rigs of cameras."""


@rig.command()
@click.argument("source", metavar="IN", type=_PATH)
@click.argument("target", metavar="OUT", type=_PATH)
@click.option(
    "--format",
    "target_format",
    type=click.Choice(list(FORMATS)),
    help="The format that is written. Default: by the suffix of OUT, .json, .npy, .out or .nvm.",
)
@_options
def convert(
    source: Path,
    target: Path,
    target_format: str | None,
    source_format: str | None,
    pixel_center: PixelCenter,
    size: tuple[int, int] | None,
    *,
    drop_distortion: bool,
) -> None:
    """Write the rig IN in another format to OUT, a file or a folder.

    Nothing is lost in silence: what OUT has no place for is refused (distortion) or named (names, sizes).
    """
    wanted = target_format or _SUFFIXES.get(target.suffix)
    if wanted is None:
        raise click.BadParameter("name the format with --format, or end OUT in .json or .npy", param_hint="OUT")
    with told():
        given = source_format or recognised(source)
        cameras = read_rig(
            source, format_name=given, pixel_center=pixel_center, size=size, drop_distortion=drop_distortion
        )
        write_rig(cameras, target, wanted, pixel_center=pixel_center, drop_distortion=drop_distortion)
    click.echo(f"{len(cameras.names)} cameras, {given} → {wanted}", err=True)
    if FORMATS[wanted].dropped:
        click.echo(f"{wanted} has no place for {FORMATS[wanted].dropped}", err=True)
    if drop_distortion and (distorted := cameras.distorted()):
        click.echo(f"the distortion of {len(distorted)} cameras was left out", err=True)
    _tell_left_out(cameras)
    error = _rotation_error(cameras)
    if (wanted.startswith("colmap") or wanted == "nvm") and error > 1e-12:
        click.echo(f"rotations were orthonormal to {error:.1g}; as quaternions they are exact, centres stay", err=True)


def _tell_left_out(cameras: RigCameras) -> None:
    if cameras.left_out:
        first = cameras.left_out[0]
        click.echo(f"{len(cameras.left_out)} images have no camera in this rig, {first!r} first", err=True)


def _rotation_error(cameras: RigCameras) -> float:
    products = cameras.rotations @ cameras.rotations.transpose(0, 2, 1)
    return float(np.abs(products - np.eye(3)).max(initial=0.0))


@rig.command()
@click.argument("source", metavar="IN", type=_PATH)
@_options
def show(
    source: Path,
    source_format: str | None,
    pixel_center: PixelCenter,
    size: tuple[int, int] | None,
    *,
    drop_distortion: bool,
) -> None:
    """List the cameras of a rig. Principal points have pixel centres at integers; centres are in the world."""
    with told():
        cameras = read_rig(
            source, format_name=source_format, pixel_center=pixel_center, size=size, drop_distortion=drop_distortion
        )
    table = Table("camera", "size", "focal length", "principal point", "centre", "lens", box=None, header_style="bold")
    centers = cameras.centers()
    for n, name in enumerate(cameras.names):
        K, (width, height) = cameras.intrinsics[n], cameras.sizes[n]
        table.add_row(
            escape("".join(letter if letter.isprintable() else "�" for letter in name)),
            f"{width} × {height}" if width else "unknown",
            f"{K[0, 0]:.6g}" + ("" if K[0, 0] == K[1, 1] else f", {K[1, 1]:.6g}"),
            f"{K[0, 2]:.6g}, {K[1, 2]:.6g}",
            ", ".join(f"{value:.6g}" for value in centers[n]),
            " ".join([cameras.lenses[n].model, *(f"{value:.4g}" for value in cameras.lenses[n].coefficients)]),
        )
    console = Console()
    console.print(table)
    console.print(f"{len(cameras.names)} cameras")
    _tell_left_out(cameras)
