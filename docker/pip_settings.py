"""Hand this machine's pip settings to an image's build, which must neither know nor keep them.

Writes `pip.conf` (and `ca`, where certificates are named) into FOLDER and prints options for `buildah build`, one a
line: the files as secrets, folders of packages on this machine as read-only volumes. Nothing where nothing is set.
"""

import configparser
import os
import shutil
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path
from urllib.parse import unquote, urlsplit

_PASSED_ON = (
    "index-url",
    "extra-index-url",
    "find-links",
    "no-index",
    "trusted-host",
    "proxy",
    "timeout",
    "default-timeout",
    "retries",
    "cert",
)
_CA = "/run/secrets/ca"


def files(environment: Mapping[str, str]) -> list[Path]:
    """Where pip looks for settings; later files win."""
    home = Path(environment.get("HOME", "/"))
    return [
        Path("/etc/xdg/pip/pip.conf"),
        Path("/etc/pip.conf"),
        home / ".pip/pip.conf",
        Path(environment.get("XDG_CONFIG_HOME", home / ".config")) / "pip/pip.conf",
        Path(environment.get("PIP_CONFIG_FILE", os.devnull)),
    ]


def settings(environment: Mapping[str, str], sources: Sequence[Path]) -> dict[str, str]:
    """What pip would go by: its files, and the environment over all of them."""
    parser = configparser.RawConfigParser()
    parser.read(sources, encoding="utf-8")
    found = {
        name: value
        for section in ("global", "install")
        if parser.has_section(section)
        for name, value in parser.items(section)
    }
    for name in _PASSED_ON:
        value = environment.get("PIP_" + name.upper().replace("-", "_"))
        if value is not None:
            found[name] = value
    return {name: " ".join(value.split()) for name, value in found.items() if name in _PASSED_ON and value.strip()}


def local_folders(found: Mapping[str, str]) -> list[Path]:
    """Folders of this machine that the settings point to; an index's pages link to files beside the index."""
    folders = set()
    for name in ("index-url", "extra-index-url", "find-links"):
        for place in found.get(name, "").split():
            parts = urlsplit(place)
            if parts.scheme not in ("", "file"):
                continue
            path = Path(unquote(parts.path))
            if path.is_dir():
                folders.add(path if name == "find-links" else path.parent)
    return sorted(folders)


def main(folder: Path) -> None:
    """Write the files and print the options."""
    found = settings(os.environ, files(os.environ))
    if not found:
        return
    certificates = found.get("cert")
    if certificates is not None:
        shutil.copyfile(certificates, folder / "ca")
        found["cert"] = _CA
        print(f"--secret=id=ca,src={folder}/ca")
    lines = [f"{name} = {value}\n" for name, value in found.items()]
    (folder / "pip.conf").write_text("".join(["[global]\n", *lines]), encoding="utf-8")
    print(f"--secret=id=pip.conf,src={folder}/pip.conf")
    for path in local_folders(found):
        print(f"--volume={path}:{path}:ro")


if __name__ == "__main__":
    main(Path(sys.argv[1]))
