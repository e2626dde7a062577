from collections.abc import Iterator
from pathlib import Path

import pytest

from service.reference import operations_page, readme_with_table, settings_page
from tests.benchmarks.load import free_port, running
from tests.docs.examples import ROOT, run_example, shell_examples
from tests.docs.scenes import write_inputs


@pytest.fixture(scope="module")
def address(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    port, data = free_port(), str(tmp_path_factory.mktemp("data"))
    with running(["-m", "api.command", "serve", "--port", str(port)], port, EPIPOLE_DATA_DIR=data):
        yield f"http://127.0.0.1:{port}"


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("readme")
    write_inputs(folder / "demo-output", 20)
    return folder


@pytest.mark.jit
@pytest.mark.parametrize("command", shell_examples(), ids=lambda command: command.rstrip().rsplit("/", 1)[-1][:24])
def test_every_shell_example_of_the_readme_works(command: str, address: str, folder: Path) -> None:
    printed = run_example(command, address, folder)
    written = [word for line in command.splitlines() for word in line.split("-o ")[1:]]
    if written:
        assert (folder / written[0].split()[0]).stat().st_size > 100
    else:
        assert printed.startswith(b"{")


def test_the_python_example_of_the_readme_works(capsys: pytest.CaptureFixture[str]) -> None:
    text = (ROOT / "README.md").read_text(encoding="utf-8")
    exec(text.split("```python\n")[1].split("```")[0], {})
    assert "(240, 320, 3)" in capsys.readouterr().out


@pytest.mark.jit
@pytest.mark.parametrize(
    ("page", "number", "printed"),
    [
        ("README.md", 1, "(50, 50, 3, 3)"),
        ("docs/client.md", 0, "same_centre"),
        ("docs/client.md", 1, "successful 49 49\n(49, 3, 3)"),
    ],
)
def test_the_examples_of_the_client_work(
    page: str, number: int, printed: str, address: str, capsys: pytest.CaptureFixture[str]
) -> None:
    text = (ROOT / page).read_text(encoding="utf-8").split("```python\n")[number + 1].split("```")[0]
    exec(text.replace("http://127.0.0.1:8000", address), {})
    assert printed in capsys.readouterr().out


def test_the_generated_pages_agree_with_the_code() -> None:
    for page, text in (("operations.md", operations_page()), ("settings.md", settings_page())):
        assert (ROOT / "docs" / page).read_text(encoding="utf-8") == text, "run `make docs`"
    readme = (ROOT / "README.md").read_text(encoding="utf-8")
    assert readme_with_table(readme) == readme, "run `make docs`"


def test_every_local_link_of_the_documentation_leads_somewhere() -> None:
    import re

    for page in (ROOT / "README.md", ROOT / "CHANGELOG.md", *(ROOT / "docs").rglob("*.md")):
        for target in re.findall(r"\]\((?!http)([^)#]+)[^)]*\)", page.read_text(encoding="utf-8")):
            assert (page.parent / target).exists(), f"{page.name} links to {target}"
