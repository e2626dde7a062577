"""`epipole run OPERATION`: any operation of the catalogue on files, in this process."""

import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import click
from pydantic_core import from_json, to_json

from api.command.failure import read_settings, told
from geometry.bands import use_threads
from service.arrays.fields import ArrayField
from service.arrays.pending import PendingArray
from service.arrays.reference import Attachment, References
from service.catalogue import OPERATIONS
from service.errors import Fault, InvalidParams, StorageFailed
from service.execution import compute, price, validate
from service.media import npy, ply, safetensors
from service.media.answer import JSON, choose_form, encode
from service.media.document import read_json
from service.operation import Operation
from service.roots import Roots

_SUFFIXES = {
    ".png": "image/png",
    ".jpg": "image/jpeg",
    ".jpeg": "image/jpeg",
    ".webp": "image/webp",
    ".tif": "image/tiff",
    ".tiff": "image/tiff",
    ".npy": npy.MEDIA_TYPE,
    ".safetensors": safetensors.MEDIA_TYPE,
    ".ply": ply.MEDIA_TYPE,
    ".json": JSON,
}


@click.group()
def run() -> None:
    """Run one operation on files."""


def _command(operation: Operation[Any, Any]) -> click.Command:
    arrays = operation.params.array_fields()
    options: list[click.Parameter] = []
    for name, info in operation.params.model_fields.items():
        kind = "FILE|JSON" if name in arrays else "VALUE"
        options.append(
            click.Option([_flag(name), name], metavar=kind, help=_help(info.description or "", arrays.get(name)))
        )
    options.append(
        click.Option(
            ["--params", "params_"],
            metavar="JSON|FILE",
            help="A JSON document with parameters; single options win over it.",
        )
    )
    options.append(
        click.Option(
            ["-o", "--output", "output_"],
            type=click.Path(dir_okay=False, path_type=Path),
            help=(
                f"Where the result goes; the suffix chooses the form ({' '.join(_SUFFIXES)}). Default: JSON to "
                f"standard output."
            ),
        )
    )
    options.append(
        click.Option(
            ["--array", "array_"],
            help="The result array that a picture or npy file shows. Default: the first.",
        )
    )
    return click.Command(
        operation.name,
        callback=_callback(operation),
        params=options,
        help=f"{operation.summary}.",
        short_help=operation.summary,
    )


def _callback(operation: Operation[Any, Any]) -> Callable[..., None]:
    def callback(params_: str | None, output_: Path | None, array_: str | None, **given: str | None) -> None:
        with told():
            execute(
                operation,
                {name: text for name, text in given.items() if text is not None},
                params_,
                output_,
                array_,
            )

    return callback


def execute(
    operation: Operation[Any, Any],
    given: dict[str, str],
    params: str | None,
    output: Path | None,
    array: str | None,
) -> None:
    """Run `operation` with the texts of its options and write the answer; exactly what the HTTP face would send."""
    settings = read_settings()
    use_threads(settings.compute_threads)
    media_type = _media_type(output)
    document = dict(_json(params, "params")) if params is not None else {}
    attachments: dict[str, Attachment | PendingArray] = {}
    for name, text in given.items():
        value = _value(name, text, is_array=name in operation.params.array_fields())
        document.pop(name, None)
        if isinstance(value, Attachment):
            attachments[name] = value
        else:
            document[name] = value
    references = References(
        open_uri=Roots(settings.roots, settings.max_body_bytes).open,
        max_pixels=settings.max_pixels,
        attachments=attachments,
    )
    call = price(operation, validate(operation, document, references), settings)
    form = choose_form(call, [media_type], array, settings)
    answer = encode(compute(call), form, settings)
    if output is None:
        sys.stdout.buffer.writelines(answer.chunks())
        sys.stdout.buffer.write(b"\n")
        return
    try:
        with output.open("wb") as file:
            file.writelines(answer.chunks())
    except OSError as error:
        raise StorageFailed(f"{output} cannot be written: {error.strerror}") from None
    if answer.media_type != JSON:
        click.echo(to_json(answer.summary, inf_nan_mode="null").decode(), err=True)


def _media_type(output: Path | None) -> str:
    if output is None:
        return JSON
    if output.suffix.lower() not in _SUFFIXES:
        raise click.BadParameter(
            f"{output.name} needs one of the suffixes {' '.join(_SUFFIXES)}", param_hint="--output"
        )
    return _SUFFIXES[output.suffix.lower()]


def _value(name: str, text: str, *, is_array: bool) -> Any:
    if text.lstrip().startswith(("[", "{")):
        return _json(text, name)
    if not is_array:
        try:
            return from_json(text)
        except ValueError:
            return text
    path = Path(text)
    if path.suffix.lower() == ".json":
        return _json(text, name)
    return Attachment(memoryview(_read(path, name)))


def _json(text: str, name: str) -> Any:
    source = text if text.lstrip().startswith(("[", "{")) else _read(Path(text), name)
    return read_json(source, f"--{name}")


def _read(path: Path, name: str) -> bytes:
    try:
        return path.read_bytes()
    except OSError as error:
        raise InvalidParams([Fault(f"/{name}", f"{path} cannot be read: {error.strerror}")]) from None


def _flag(name: str) -> str:
    return "--" + name.replace("_", "-")


def _help(description: str, mark: ArrayField | None) -> str:
    return description if mark is None else f"{description} {mark.describe()}"


for _operation in OPERATIONS:
    run.add_command(_command(_operation))
