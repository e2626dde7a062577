from typing import Any

import pytest
from fastapi.testclient import TestClient

from service.keys import new_key
from tests.api.requests import FUNDAMENTAL
from tests.running import application

KEY, HASH = new_key()


@pytest.fixture(scope="module")
def guarded(tmp_path_factory: pytest.TempPathFactory) -> Any:
    with application(data_dir=tmp_path_factory.mktemp("guarded"), api_keys={"ada": HASH}) as client:
        yield client


@pytest.mark.parametrize("headers", [{"Authorization": f"Bearer {KEY}"}, {"X-API-Key": KEY}])
def test_a_key_opens_the_service(guarded: TestClient, headers: dict[str, str]) -> None:
    assert guarded.post("/v1/fundamental", json=FUNDAMENTAL, headers=headers).status_code == 200


@pytest.mark.parametrize(
    "headers",
    [
        {},
        {"Authorization": "Bearer wrong"},
        {"Authorization": f"Basic {KEY}"},
        {"X-API-Key": ""},
        {"X-API-Key": KEY + "x"},
    ],
)
@pytest.mark.parametrize(
    ("method", "path"), [("POST", "/v1/fundamental"), ("POST", "/v1/assets"), ("GET", "/v1/assets/x")]
)
def test_without_the_right_key_nothing_is_done(
    guarded: TestClient, method: str, path: str, headers: dict[str, str]
) -> None:
    problem = guarded.request(method, path, headers=headers)
    assert problem.status_code == 401
    assert problem.headers["www-authenticate"] == "Bearer"
    assert problem.json()["type"].endswith("/unauthenticated")
    assert KEY not in problem.text


@pytest.mark.parametrize("path", ["/livez", "/readyz", "/metrics", "/", "/docs", "/openapi.json", "/v1/operations"])
def test_probes_and_pages_are_open(guarded: TestClient, path: str) -> None:
    assert guarded.get(path).status_code == 200


def test_an_owner_that_asks_too_often_is_429(tmp_path: Any) -> None:
    with application(data_dir=tmp_path, rate_limit=0.001) as client:
        assert client.post("/v1/fundamental", json=FUNDAMENTAL).status_code == 200
        problem = client.post("/v1/fundamental", json=FUNDAMENTAL)
        assert problem.status_code == 429
        assert int(problem.headers["retry-after"]) > 100
        assert client.get("/livez").status_code == 200
