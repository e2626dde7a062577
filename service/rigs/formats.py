"""All formats of rigs: recognised by what is there, read and written."""

from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Literal

import numpy as np

from service.rigs import bundler, colmap_binary, colmap_text, json_file, npy_file, nvm, strecha, vgg
from service.rigs.rig import RigCameras, RigLens, UnreadableRig, UnwritableRig, moved

PixelCenter = Literal["integer", "half"]


@dataclass(frozen=True)
class RigSource:
    """A path, the files of the recognised format in it, and what the file may not say.

    Attributes
    ----------
    size
        (width, height) of the images where the format needs it and does not hold it.
    drop_distortion
        Whether a lens that cannot be held is left out.
    """

    path: Path
    files: list[Path]
    size: tuple[int, int] | None = None
    drop_distortion: bool = False


@dataclass(frozen=True)
class RigFormat:
    """A format: how it is read and written, and what of a rig it has no place for.

    Attributes
    ----------
    read
        Takes what `found` gives.
    write
        Takes the path that was asked for: a file, or the folder of several.
    lenses
        Whether distortion has a place.
    dropped
        What else has none, in words.
    states_centers
        Whether the format fixes where pixel centres lie.
    """

    summary: str
    read: Callable[[RigSource], RigCameras]
    write: Callable[[RigCameras, Path], None]
    lenses: bool
    dropped: str = ""
    states_centers: bool = True


FORMATS: dict[str, RigFormat] = {
    "json": RigFormat(
        "one JSON document, holds everything", lambda source: json_file.read(source.path), json_file.write, lenses=True
    ),
    "npy": RigFormat(
        "projections (N, 3, 4)",
        lambda source: npy_file.read(source.path),
        npy_file.write,
        lenses=False,
        dropped="names and sizes",
        states_centers=False,
    ),
    "colmap-text": RigFormat(
        "a folder with cameras.txt and images.txt",
        lambda source: colmap_text.read(source.path),
        colmap_text.write,
        lenses=True,
    ),
    "colmap-binary": RigFormat(
        "a folder with cameras.bin and images.bin",
        lambda source: colmap_binary.read(source.path),
        colmap_binary.write,
        lenses=True,
    ),
    "strecha": RigFormat(
        "a folder of .camera files, or one", lambda source: strecha.read(source.files), strecha.write, lenses=False
    ),
    "vgg": RigFormat(
        "a folder of .P files, or one",
        lambda source: vgg.read(source.files),
        vgg.write,
        lenses=False,
        dropped="sizes",
        states_centers=False,
    ),
    "bundler": RigFormat(
        "bundle.out with its list of images",
        lambda source: bundler.read(source.path, source.size),
        bundler.write,
        lenses=True,
        dropped="sizes",
    ),
    "nvm": RigFormat(
        "a .nvm file of VisualSFM",
        lambda source: nvm.read(source.path, source.size, drop_distortion=source.drop_distortion),
        nvm.write,
        lenses=False,
        dropped="sizes",
    ),
}
_SINGLE = ("json", "npy", "bundler", "nvm")  # formats of one file
_SUFFIXES = {
    ".json": "json",
    ".npy": "npy",
    strecha.SUFFIX: "strecha",
    vgg.SUFFIX: "vgg",
    bundler.SUFFIX: "bundler",
    nvm.SUFFIX: "nvm",
}
_COLMAP = ("cameras", "images", "points3D", "rigs", "frames")
_FOLDERS = {"colmap-text": colmap_text.FILES, "colmap-binary": colmap_binary.FILES}


def recognised(path: Path) -> str:
    """The name of the format of a file or folder. Raises UnreadableRig if there is none, or more than one."""
    if not path.is_dir():
        if not path.exists():
            raise UnreadableRig(f"{path}: there is no such file or folder")
        if path.suffix in _SUFFIXES:
            return _SUFFIXES[path.suffix]
        raise UnreadableRig(f"{path.name}: no format has the suffix {path.suffix!r}; name it with --from")
    there = [name for name, files in _FOLDERS.items() if all((path / file).is_file() for file in files)]
    there += [name for suffix, name in ((strecha.SUFFIX, "strecha"), (vgg.SUFFIX, "vgg")) if _files(path, suffix)]
    if len(there) != 1:
        found = f"files of several formats ({', '.join(there)}); name one with --from" if there else "no rig"
        raise UnreadableRig(f"{path}: holds {found}")
    return there[0]


def read_rig(
    path: Path,
    *,
    format_name: str | None = None,
    pixel_center: PixelCenter = "integer",
    size: tuple[int, int] | None = None,
    drop_distortion: bool = False,
) -> RigCameras:
    """Read a rig. Raises UnreadableRig.

    `pixel_center` tells how formats count that do not say, `size` how large images are whose format does not say.
    `drop_distortion` leaves a lens out that nothing here can hold.
    """
    name = recognised(path) if format_name is None else format_name
    form = FORMATS[name]
    if name in _SINGLE and path.is_dir():
        raise UnreadableRig(f"{path}: is a folder, {name} is one file")
    suffix = {"strecha": strecha.SUFFIX, "vgg": vgg.SUFFIX}.get(name)
    files = [] if suffix is None else _files(path, suffix) if path.is_dir() else [path]
    if suffix is not None and not files:
        raise UnreadableRig(f"{path}: holds no {suffix} files")
    rig = form.read(RigSource(path, files, size, drop_distortion))
    if size is not None:
        rig = with_size(rig, size)
    if suffix is not None and path.is_dir():
        rig = replace(rig, names=tuple(_name(file, path, suffix) for file in files))
    if not form.states_centers and pixel_center == "half":
        rig = replace(rig, intrinsics=moved(rig.intrinsics, -0.5))
    return rig


def write_rig(
    rig: RigCameras,
    path: Path,
    format_name: str,
    *,
    pixel_center: PixelCenter = "integer",
    drop_distortion: bool = False,
) -> None:
    """Write a rig. Raises UnwritableRig where the format has no place for what the rig has, StorageFailed.

    Distortion is given up only with `drop_distortion`.
    """
    form = FORMATS[format_name]
    if drop_distortion:
        rig = replace(rig, lenses=(RigLens(),) * len(rig.names))
    elif not form.lenses and (distorted := rig.distorted()):
        raise UnwritableRig(
            f"{format_name} has no place for distortion, which {len(distorted)} cameras have, {distorted[0]!r} first; "
            "--drop-distortion leaves it out, which is right for undistorted images"
        )
    if format_name in ("strecha", "vgg"):
        if not rig.names:
            raise UnwritableRig(f"a rig without cameras has no {format_name} files")
        for name in rig.names:
            parts = name.split("/")
            if any(part in ("", ".", "..") or not part.isprintable() or len(part) > 200 for part in parts):
                raise UnwritableRig(f"{name!r} cannot be the name of a file")
    _check_place(path, format_name, rig)
    if not form.states_centers and pixel_center == "half":
        rig = replace(rig, intrinsics=moved(rig.intrinsics, 0.5))
    form.write(rig, path)


def _check_place(path: Path, format_name: str, rig: RigCameras) -> None:
    """Refuse a folder in which other cameras would join the rig, or points and rigs of COLMAP would be lost."""
    if not path.is_dir() or format_name in _SINGLE:
        return
    if format_name.startswith("colmap"):
        there = [path / f"{kind}{suffix}" for suffix in (".bin", ".txt") for kind in _COLMAP]
        others = [file for file in there if file.exists()]
    else:
        suffix = strecha.SUFFIX if format_name == "strecha" else vgg.SUFFIX
        others = [file for file in _files(path, suffix) if _name(file, path, suffix) not in rig.names]
    if others:
        raise UnwritableRig(f"{path} holds {others[0].name} already, of another rig; choose an empty folder")


def with_size(rig: RigCameras, size: tuple[int, int]) -> RigCameras:
    """The rig with this (width, height) where the size was not known."""
    return replace(rig, sizes=np.where(rig.sizes == 0, np.array(size, np.int64), rig.sizes))


def _name(file: Path, folder: Path, suffix: str) -> str:
    return file.relative_to(folder).as_posix().removesuffix(suffix)


def _files(folder: Path, suffix: str) -> list[Path]:
    files = (file for file in folder.rglob(f"*{suffix}") if file.is_file())
    return sorted(files, key=lambda file: file.as_posix().removesuffix(suffix))
