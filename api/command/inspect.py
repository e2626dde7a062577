"""`epipole operations` and `epipole settings`: what there is, and how it is set."""

from typing import Any

import click
from pydantic_core import to_json
from rich.console import Console
from rich.table import Table

from api.command.failure import read_settings, told
from service.catalogue import OPERATIONS, operation_named
from service.schemas import schema_of
from service.settings import Settings


@click.command()
@click.argument("name", required=False)
@click.option("--json", "as_json", is_flag=True, help="For programs.")
def operations(name: str | None, *, as_json: bool) -> None:
    """List the operations, or show one with its parameters and results."""
    with told():
        if name is not None:
            _show(name, as_json=as_json)
            return
    if as_json:
        rows = [{"name": o.name, "family": o.family, "summary": o.summary} for o in OPERATIONS]
        click.echo(to_json(rows, indent=2))
        return
    table = Table("family", "operation", "what it does", box=None, header_style="bold")
    for operation in OPERATIONS:
        table.add_row(operation.family, operation.name, operation.summary)
    Console().print(table)
    click.echo("\n`epipole operations NAME` shows one; `epipole run NAME --help` its options.")


def _show(name: str, *, as_json: bool) -> None:
    operation = operation_named(name)
    params, result = schema_of(operation.params, "validation"), schema_of(operation.result, "serialization")
    if as_json:
        examples = [{"summary": example.summary, "params": example.params} for example in operation.examples]
        click.echo(
            to_json(
                {
                    "name": name,
                    "summary": operation.summary,
                    "params": params,
                    "result": result,
                    "examples": examples,
                },
                indent=2,
            )
        )
        return
    console = Console()
    console.print(f"[bold]{operation.name}[/bold]  {operation.summary}\n")
    for title, schema in (("parameters", params), ("results", result)):
        table = Table(title, "", box=None, header_style="bold")
        for field, facts in schema["properties"].items():
            table.add_row(field, _meaning(field, facts, schema))
        console.print(table)
        console.print()


def _meaning(field: str, facts: dict[str, Any], schema: dict[str, Any]) -> str:
    default = f" Default: {facts['default']}." if facts.get("default") is not None else ""
    required = " Required." if field in schema.get("required", ()) and "default" not in facts else ""
    return f"{facts.get('description', '')}{default}{required}"


@click.command()
def settings() -> None:
    """Print every setting: its name, value, and meaning."""
    current = read_settings()
    table = Table("setting", "value", "meaning", box=None, header_style="bold")
    for name, info in Settings.model_fields.items():
        table.add_row(f"EPIPOLE_{name.upper()}", current.shown(name), info.description)
    Console().print(table)
    click.echo(
        "\nA TOML file with the same names in lower case is read where EPIPOLE_CONFIG names it; the environment wins."
    )
