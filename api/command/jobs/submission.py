"""`epipole jobs submit`: a job from a document, or from options."""

from __future__ import annotations

import json
import sys
from collections.abc import Mapping
from glob import glob
from pathlib import Path
from typing import Any

import click

from api.command.jobs.service import service, service_options
from api.command.jobs.watch import follow

_FORMS = ("npy", "png", "jpeg", "webp", "tiff")


@click.command()
@click.argument("what", metavar="OPERATION|DOCUMENT.json|-")
@click.option(
    "--param",
    "params",
    multiple=True,
    metavar="NAME=VALUE",
    help="A parameter of all items: JSON or text; @FILE.json reads it, any other @FILE is uploaded.",
)
@click.option("--items", metavar="FILE", help="JSON list with the parameters of each item; - is standard input.")
@click.option(
    "--each", multiple=True, metavar="NAME=FILES", help="One item for each local file, uploaded: image=frames/*.png."
)
@click.option(
    "--pattern",
    multiple=True,
    metavar="NAME=PATTERN",
    help="One item for each file under the service's roots: image=footage://cam{camera:02d}/frame_{frame:06d}.jpg.",
)
@click.option("--where", multiple=True, metavar="FIELD=VALUES", help="Only these values of a field: 0:100 or [1, 5].")
@click.option(
    "--by",
    multiple=True,
    metavar="FIELD=FILE",
    help='Parameters by the value of a field, as JSON: {"0": {"homography": …}, "1": …}, or a list of such objects.',
)
@click.option("--arrays", multiple=True, metavar="NAME", help="Result arrays that are kept. Default: all.")
@click.option("--files", type=click.Choice(_FORMS), help="A file for each item. Default: one array over all items.")
@click.option("--tile", type=click.IntRange(1), help="Length of a tile of a tiled operation.")
@click.option("--priority", type=click.IntRange(-10, 10), help="Of your jobs, the greater first.")
@click.option("--idempotency-key", metavar="TEXT", help="The same key and document, submitted again, is the same job.")
@click.option("--watch", "watching", is_flag=True, help="Show how far it is, until its end.")
@service_options
def submit(
    what: str, idempotency_key: str | None, url: str, key: str | None, *, watching: bool, **options: Any
) -> None:
    """Submit a job: OPERATION with options, or a whole DOCUMENT (options win over it). Prints its id."""
    document = _document(what, options)
    with service(url, key) as client:
        job = client.submit_document(document, idempotency_key)
    click.echo(job.id)
    if watching:
        follow(job.id, url, key)
    else:
        click.echo(f"`epipole jobs watch {job.id}` shows how far it is.", err=True)


def _document(what: str, options: Mapping[str, Any]) -> dict[str, Any]:
    document: dict[str, Any] = {"operation": what}
    if what == "-" or what.endswith(".json"):
        document = _json_file(what, "DOCUMENT")
        if not isinstance(document, dict):
            raise click.BadParameter("a job's document is a JSON object", param_hint="DOCUMENT")
    params = {name: _value(text) for name, text in _pairs(options["params"], "--param")}
    if params:
        document["params"] = {**document.get("params", {}), **params}
    items = _items(options)
    if items is not None:
        document["items"] = items
    for name in ("files", "tile", "priority"):
        if options[name] is not None:
            document[name] = options[name]
    if options["arrays"]:
        document["arrays"] = list(options["arrays"])
    return document


def _items(options: Mapping[str, Any]) -> Any:
    given = [name for name in ("items", "each", "pattern") if options[name]]
    if len(given) > 1:
        raise click.UsageError(f"--{given[0]} and --{given[1]} both say what the items are; give one of them")
    if "pattern" not in given and (options["where"] or options["by"]):
        raise click.UsageError("--where and --by speak of the fields of a --pattern; give one")
    if options["items"]:
        return _json_file(options["items"], "--items")
    if options["each"]:
        return _local_items(_pairs(options["each"], "--each"))
    if options["pattern"]:
        items: dict[str, Any] = {"pattern": dict(_pairs(options["pattern"], "--pattern"))}
        where = {field: _json_or_text(text) for field, text in _pairs(options["where"], "--where")}
        varying: dict[str, Any] = {}
        for field, name in _pairs(options["by"], "--by"):
            varying |= _table(field, _json_file(name, "--by"))
        return items | ({"where": where} if where else {}) | ({"params": varying} if varying else {})
    return None


def _local_items(pairs: list[tuple[str, str]]) -> list[dict[str, Path]]:
    """An item for each file; several parameters take their files in the order of their names."""
    files: dict[str, list[Path]] = {}
    for name, pattern in pairs:
        files[name] = [path for path in map(Path, sorted(glob(pattern, recursive=True))) if path.is_file()]  # noqa: PTH207
        if not files[name]:
            raise click.BadParameter(
                f"no file is called {pattern}; quote it so that the shell leaves it", param_hint="--each"
            )
    counts = {name: len(found) for name, found in files.items()}
    if len(set(counts.values())) > 1:
        told = ", ".join(f"{count} for {name}" for name, count in counts.items())
        raise click.BadParameter(
            f"each parameter needs the same number of files; there are {told}", param_hint="--each"
        )
    return [dict(zip(files, item, strict=True)) for item in zip(*files.values(), strict=True)]


def _table(field: str, rows: Any) -> dict[str, Any]:
    """Parameters looked up by a field, from the parameters of each of its values."""
    keyed = rows if isinstance(rows, dict) else dict(enumerate(rows)) if isinstance(rows, list) else {}
    names = {tuple(sorted(row)) if isinstance(row, dict) else None for row in keyed.values()}
    if len(names) != 1 or None in names:
        detail = "needs an object of parameters for each value of the field, all with the same names"
        raise click.BadParameter(f"{field}: {detail}", param_hint="--by")
    chosen = names.pop() or ()
    return {name: {"by": field, "values": {str(at): row[name] for at, row in keyed.items()}} for name in chosen}


def _pairs(texts: tuple[str, ...], option: str) -> list[tuple[str, str]]:
    pairs = [text.partition("=") for text in texts]
    for name, separator, _ in pairs:
        if not separator or not name:
            raise click.BadParameter(f"{name!r} must be NAME=…", param_hint=option)
    return [(name, text) for name, _, text in pairs]


def _value(text: str) -> Any:
    if not text.startswith("@"):
        return _json_or_text(text)
    if text.endswith(".json"):
        return _json_file(text[1:], "--param")
    path = Path(text[1:])
    if not path.is_file():
        raise click.BadParameter(f"there is no file {path}", param_hint="--param")
    return path


def _json_or_text(text: str) -> Any:
    try:
        return json.loads(text)
    except ValueError:
        return text


def _json_file(name: str, place: str) -> Any:
    try:
        return json.loads(sys.stdin.buffer.read() if name == "-" else Path(name).read_bytes())
    except OSError as error:
        raise click.BadParameter(f"{name} cannot be read: {error.strerror}", param_hint=place) from None
    except ValueError as error:
        raise click.BadParameter(f"{name} is not JSON: {error}", param_hint=place) from None
