import re
from typing import Any

import pytest
from fastapi.testclient import TestClient

from api import problems
from service import errors
from service.errors import ServiceError
from tests.api.requests import FUNDAMENTAL, WARP, warp_form
from tests.running import application

NAN = {"left": [[1, 0, 0, 0], [0, 1, 0, 0], [0, 0, 1, float("nan")]], "right": FUNDAMENTAL["right"]}


def every_error() -> list[type[ServiceError]]:
    found, left = [], [ServiceError]
    while left:
        kind = left.pop()
        left += kind.__subclasses__()
        found += [kind] if kind is not ServiceError else []
    return found


@pytest.mark.parametrize("kind", every_error())
def test_every_refusal_has_a_status_and_a_meaning(client: TestClient, kind: type[ServiceError]) -> None:
    arguments: Any = {"InvalidParams": ([],), "DegenerateInput": ("why", "detail")}.get(kind.__name__, ("detail", 1))
    error = kind(*arguments) if kind.__init__ is not ServiceError.__init__ else kind("detail")
    assert 400 <= problems.status_of(error) < 600
    assert kind.title != ServiceError.title


def check(problem: Any, status: int, kind: str) -> dict[str, Any]:
    assert problem.status_code == status, problem.text
    assert problem.headers["content-type"] == "application/problem+json"
    body: dict[str, Any] = problem.json()
    assert body["type"] == f"/problems/{kind}"
    assert body["status"] == status
    assert body["title"]
    assert body["detail"]
    assert body["request_id"] == problem.headers["x-request-id"]
    assert "Traceback" not in problem.text
    assert not re.search(r"/(work|tmp|root|home|usr)/", problem.text)
    return body


@pytest.mark.parametrize("path", ["/", "/docs", "/livez", "/openapi.json", "/v1/operations"])
def test_pages_answer(client: TestClient, path: str) -> None:
    assert client.get(path).status_code == 200


@pytest.mark.parametrize("path", ["/nope", "/v1/nope", "/v1/operations/nope", "/docs/files/nope", "/v1/assets/nope"])
def test_what_is_not_there_is_404(client: TestClient, path: str) -> None:
    check(client.get(path), 404, "not-found")


def test_another_method_is_405_and_names_the_right_one(client: TestClient) -> None:
    problem = client.get("/v1/fundamental")
    check(problem, 405, "method-not-allowed")
    assert problem.headers["allow"] == "POST"


@pytest.mark.parametrize("accept", ["text/html", "image/gif", "image/png", "video/*", "application/json;q=0"])
def test_a_form_that_the_result_has_not_is_406(client: TestClient, accept: str) -> None:
    body = check(client.post("/v1/fundamental", json=FUNDAMENTAL, headers={"Accept": accept}), 406, "not-acceptable")
    assert "application/json" in body["detail"] or "accepts nothing" in body["detail"]


def test_invalid_parameters_are_named_one_by_one(client: TestClient) -> None:
    body = {"left": [[1, 2]], "right": [[True]], "normalization": "l2", "colour": 1}
    errors_found = check(client.post("/v1/fundamental", json=body), 422, "invalid-params")["errors"]
    assert [error["pointer"] for error in errors_found] == ["/left", "/right/0/0", "/normalization", "/colour"]


def test_a_number_that_is_not_finite_is_named(client: TestClient) -> None:
    import json

    problem = client.post("/v1/fundamental", content=json.dumps(NAN), headers={"Content-Type": "application/json"})
    body = check(problem, 422, "invalid-params")
    assert body["errors"] == [{"pointer": "/left/2/3", "detail": "must be a finite number"}]


def test_only_the_first_hundred_mistakes_are_listed(client: TestClient) -> None:
    body = check(client.post("/v1/fundamental", json={f"x{n}": 1 for n in range(1000)}), 422, "invalid-params")
    assert len(body["errors"]) == 100
    assert "and 999 more" in body["detail"]


def test_a_union_names_the_place_and_not_the_branch(client: TestClient) -> None:
    body = {"image": [[1]], "kernel": [[1]], "stride": [1, 0], "padding": [[0, -1], [0, 0]]}
    found = check(client.post("/v1/convolve", json=body), 422, "invalid-params")["errors"]
    pointers = [error["pointer"] for error in found]
    assert "/stride/1" in pointers
    assert "/padding/0/1" in pointers
    assert all(re.fullmatch(r"/(stride|padding)(/\d+)*", pointer) for pointer in pointers)


def test_a_degenerate_configuration_says_why(client: TestClient) -> None:
    same = {"left": FUNDAMENTAL["left"], "right": FUNDAMENTAL["left"]}
    assert check(client.post("/v1/fundamental", json=same), 422, "degenerate")["reason"] == "same_centre"
    singular = {"image": [[1, 2], [3, 4]], "homography": [[1, 0, 0], [1, 0, 0], [0, 0, 1]]}
    assert check(client.post(WARP, json=singular), 422, "degenerate")["reason"] == "singular_homography"


@pytest.mark.parametrize(
    ("body", "status", "kind"),
    [
        ({"size": {"width": 100_000, "height": 100_000}}, 413, "too-large"),
        ({"size": {"width": 2**31, "height": 1}}, 422, "invalid-params"),
        ({"size": {"width": 0, "height": 1}}, 422, "invalid-params"),
        ({"size": {"width": -5, "height": 1}}, 422, "invalid-params"),
        ({"roi": {"x": 0, "y": 0, "width": 50, "height": 1}}, 422, "invalid-params"),
        ({"fill": [1, 2, 3, 4, 5]}, 422, "invalid-params"),
    ],
)
def test_impossible_requests_are_refused_before_any_work(
    client: TestClient, body: dict[str, Any], status: int, kind: str
) -> None:
    check(
        client.post(WARP, json={"image": [[1, 2], [3, 4]], "homography": [[1, 0, 0], [0, 1, 0], [0, 0, 1]], **body}),
        status,
        kind,
    )


def test_an_unknown_result_array_is_named(client: TestClient) -> None:
    body = check(client.post("/v1/fundamental", json=FUNDAMENTAL, params={"array": "mask"}), 422, "invalid-params")
    assert body["errors"][0]["pointer"] == "/array"


def test_the_meaning_of_a_problem_can_be_looked_up(client: TestClient) -> None:
    problem = client.post("/v1/fundamental", json={}).json()
    meaning = client.get(problem["type"]).json()
    assert (meaning["status"], meaning["title"]) == (422, problem["title"])
    check(client.get("/problems/nope"), 404, "not-found")


@pytest.mark.parametrize("given", ["", "a b", "x" * 65, "é", "<script>"])
def test_a_request_id_that_is_not_sane_is_replaced(client: TestClient, given: str) -> None:
    answer = client.get("/livez", headers={"X-Request-Id": given.encode()})
    assert re.fullmatch(r"[0-9a-f]{32}", answer.headers["x-request-id"])


def test_a_request_id_is_kept(client: TestClient) -> None:
    assert client.get("/livez", headers={"X-Request-Id": "trace-1.2_3"}).headers["x-request-id"] == "trace-1.2_3"


def test_a_bug_is_500_without_a_word_about_it_and_is_counted(tmp_path: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    def broken(*_: Any) -> None:
        raise ZeroDivisionError("secret")

    monkeypatch.setattr("service.engine.compute", broken)
    with application(data_dir=tmp_path) as client:
        client._transport.raise_server_exceptions = False  # type: ignore[attr-defined]
        problem = client.post("/v1/fundamental", json=FUNDAMENTAL)
        assert problem.status_code == 500
        assert problem.headers["content-type"] == "application/problem+json"
        assert "secret" not in problem.text
        assert problem.json()["request_id"]
        assert 'epipole_requests_total{operation="fundamental",outcome="internal"} 1.0' in client.get("/metrics").text
        assert client.app.state.engine.admission.running == 0


def test_a_picture_that_is_damaged_is_400_and_names_the_field(client: TestClient) -> None:
    body = check(client.post(WARP, **warp_form(b"\x89PNG\r\n\x1a\n" + bytes(30))), 400, "unreadable-body")
    assert body["detail"].startswith("image: ")


def test_the_table_has_no_class_behind_its_base() -> None:
    assert problems.status_of(errors.DeadlinePassed("late", 1)) == 503
    assert problems.status_of(errors.Overloaded("full", 1)) == 503
    assert problems.status_of(errors.DatabaseUnavailable("away", 1)) == 503


def test_states_and_ends_have_statuses_of_their_own() -> None:
    assert problems.status_of(errors.Conflict("running")) == 409
    assert problems.status_of(errors.Gone("expired")) == 410
