import json
from pathlib import Path

from click.testing import CliRunner
from fastapi.testclient import TestClient

from api.command import main
from tests.service.media.test_ply import read

DEPTH = {"depth": [[1, 2], [None, 4]], "intrinsics": [[2, 0, 1], [0, 2, 1], [0, 0, 1]]}
PLY = {"Accept": "application/x-ply"}


def test_points_come_as_ply_with_their_length(client: TestClient) -> None:
    response = client.post("/v1/depth-to-points", json=DEPTH, headers=PLY)
    assert response.status_code == 200
    assert response.headers["content-type"] == "application/x-ply"
    assert int(response.headers["content-length"]) == len(response.content)
    assert read(response.content)["z"].tolist() == [1, 2, 4]
    assert json.loads(response.headers["epipole-result"])["vertices"] == 3


def test_the_command_line_writes_the_same_file(client: TestClient, tmp_path: Path) -> None:
    out = tmp_path / "cloud.ply"
    arguments = [f"--{name}={json.dumps(value)}" for name, value in DEPTH.items()]
    done = CliRunner().invoke(main, ["run", "depth-to-points", *arguments, "-o", str(out)], catch_exceptions=False)
    assert done.exit_code == 0
    assert out.read_bytes() == client.post("/v1/depth-to-points", json=DEPTH, headers=PLY).content


def test_ply_of_what_has_no_points_is_406_with_the_reason(client: TestClient) -> None:
    params = {"homography": [[1, 0, 0], [0, 1, 0], [0, 0, 1]], "image": [[1]]}
    problem = client.post("/v1/warp-perspective", json=params, headers=PLY)
    assert problem.status_code == 406
    assert "no points in space" in problem.json()["detail"]


def test_ply_is_described_where_it_can_be_had(client: TestClient) -> None:
    paths = client.get("/openapi.json").json()["paths"]
    for path, offered in (("/v1/depth-to-points", True), ("/v1/triangulate", True), ("/v1/convolve", False)):
        assert ("application/x-ply" in paths[path]["post"]["responses"]["200"]["content"]) == offered
