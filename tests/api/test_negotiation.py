import pytest

from api.negotiation import accepted_types, weighed_types
from service.errors import NotAcceptable


@pytest.mark.parametrize(
    ("headers", "expected"),
    [
        ([], ["*/*"]),
        ([""], ["*/*"]),
        (["image/png"], ["image/png"]),
        (["IMAGE/PNG"], ["image/png"]),
        (["image/png, image/jpeg"], ["image/png", "image/jpeg"]),
        (["image/png", "image/jpeg"], ["image/png", "image/jpeg"]),
        (["image/png;q=0.5, image/jpeg"], ["image/jpeg", "image/png"]),
        (["*/*, image/*, image/png"], ["image/png", "image/*", "*/*"]),
        (["application/json;q=0.9,*/*;q=0.8"], ["application/json", "*/*"]),
        (["image/webp;q=0, image/png"], ["image/png"]),
        (["image/png; version=1; Q=0.3 , text/html"], ["text/html", "image/png"]),
        (["image/png;q=high"], ["image/png"]),
        (["image/png;q=7, image/jpeg"], ["image/png", "image/jpeg"]),
        ([",, image/png ,"], ["image/png"]),
    ],
)
def test_ranges_come_in_the_order_of_preference(headers: list[str], expected: list[str]) -> None:
    assert accepted_types(headers) == expected


@pytest.mark.parametrize("header", ["image/png;q=0", "*/*;q=0.0", "image/png;q=-1", ",", "image/png;q=nan"])
def test_a_header_that_accepts_nothing_is_not_acceptable(header: str) -> None:
    with pytest.raises(NotAcceptable):
        accepted_types([header])


def test_a_refused_type_is_weighed_but_not_accepted() -> None:
    headers = ["IMAGE/PNG;q=0, */*", "application/json;q=0.5"]
    assert accepted_types(headers) == ["*/*", "application/json"]
    assert weighed_types(headers) == {"image/png", "*/*", "application/json"}
    assert weighed_types([]) == frozenset()
