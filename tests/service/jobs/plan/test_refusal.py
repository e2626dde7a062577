import json

from service.errors import DegenerateInput, Fault, InvalidParams, TooLarge
from service.jobs.plan.refusal import refusal


def test_a_refusal_is_told_in_its_own_words() -> None:
    assert refusal(TooLarge("too much")) == {"title": TooLarge.title, "detail": "too much"}
    assert refusal(DegenerateInput("same_centre", "no"))["reason"] == "same_centre"
    assert refusal(InvalidParams([Fault("/a", "b")]))["errors"] == [{"pointer": "/a", "detail": "b"}]


def test_a_refusal_stays_small() -> None:
    told = refusal(InvalidParams([Fault("/a" * 500, "b" * 5000)] * 50))
    assert len(json.dumps(told)) < 2500
