from service.catalogue import OPERATIONS
from service.reference import (
    README_BEGIN,
    README_END,
    operations_page,
    operations_table,
    readme_with_table,
    settings_page,
)
from service.settings import Settings


def test_the_page_of_operations_shows_every_field() -> None:
    page = operations_page()
    for operation in OPERATIONS:
        assert f"## {operation.name}" in page
        for document in (operation.params, operation.result):
            assert all(f"`{name}`" in page for name in document.model_fields)


def test_the_page_of_settings_shows_every_setting() -> None:
    page = settings_page()
    assert all(f"`EPIPOLE_{name.upper()}`" in page for name in Settings.model_fields)


def test_the_table_is_renewed_between_its_marks() -> None:
    readme = f"before\n{README_BEGIN}\nold\n{README_END}\nafter\n"
    renewed = readme_with_table(readme)
    assert renewed == f"before\n{README_BEGIN}\n{operations_table()}\n{README_END}\nafter\n"
    assert readme_with_table(renewed) == renewed
