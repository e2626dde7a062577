import asyncio
import io
import time
from email.utils import formatdate

import numpy as np
import pytest
from PIL import Image

from api.client import AsyncClient, Client, Problem, Progress, Retries, Unreachable
from geometry import fundamental_all, warp_perspective

H = np.array([[1.0, 0.1, 2.0], [0.0, 1.1, -1.0], [0.0, 0.001, 1.0]])
RIG = np.random.default_rng(1).normal(size=(7, 3, 4))


def photo():
    return np.random.default_rng(2).integers(0, 256, (40, 50, 3), dtype=np.uint8)


def png(pixels):
    file = io.BytesIO()
    Image.fromarray(pixels).save(file, "png")
    return file.getvalue()


def test_arrays_go_in_and_come_out_as_a_direct_call_makes_them(server):
    with Client(server.address) as client:
        client.wait_ready()
        found = client.run("warp-perspective", image=photo(), homography=H, interpolation="cubic", fill=None)
        expected = warp_perspective(photo(), H, interpolation="cubic")
        assert found["image"].tobytes() == expected.image.tobytes()
        assert found["image"].flags.writeable
        rig = client.run("fundamental-all", projections=RIG)
        np.testing.assert_array_equal(rig["fundamental"], fundamental_all(RIG).fundamental)
        assert rig["convention"] == "right^T F left = 0"
        assert set(rig) == {*rig.arrays, *rig.scalars}
        assert len(rig) == len(rig.arrays) + len(rig.scalars)


@pytest.mark.parametrize("form", ["list", "strided", "big-endian", "float32", "one item"])
def test_any_layout_of_an_array_arrives(server, form):
    given = {
        "list": RIG.tolist(),
        "strided": np.repeat(RIG, 2, axis=0)[::2],
        "big-endian": RIG.astype(">f8"),
        "float32": RIG.astype(np.float32),
        "one item": RIG[:1],
    }[form]
    with Client(server.address) as client:
        found = client.run("fundamental-all", projections=given)["fundamental"]
    np.testing.assert_array_equal(found, fundamental_all(np.asarray(given, np.float64)).fundamental)


def test_files_travel_as_they_are(server, tmp_path):
    path = tmp_path / "photo.png"
    path.write_bytes(png(photo()))
    expected = warp_perspective(photo(), H).image
    with Client(server.address) as client:
        for given in (path, path.read_bytes()):
            found = client.run("warp-perspective", image=given, homography=H)
            assert found["image"].tobytes() == expected.tobytes()
        picture = client.file("warp-perspective", "image/png", image=path, homography=H)
        np.testing.assert_array_equal(np.asarray(Image.open(io.BytesIO(picture))), expected)
        mask = client.file("warp-perspective", "application/x-npy", "mask", image=path, homography=H)
        assert np.load(io.BytesIO(mask)).shape == (40, 50)


def test_long_lists_beside_arrays_are_sent_too(server):
    points = np.random.default_rng(3).uniform(0, 40, (4000, 2)).tolist()
    with Client(server.address) as client:
        found = client.run("crop-patches", image=photo(), centers=points, size={"width": 3, "height": 3})
    assert found["patches"].shape == (4000, 3, 3, 3)


def test_what_is_stored_once_is_used_by_name(server):
    with Client(server.address) as client:
        asset = client.upload(photo())
        found = client.run("warp-perspective", image=asset, homography=H)
        assert found["image"].tobytes() == warp_perspective(photo(), H).image.tobytes()
        client.delete(asset)
        with pytest.raises(Problem) as caught:
            client.run("warp-perspective", image=asset, homography=H)
    assert caught.value.status == 404 or caught.value.errors


def test_the_catalogue_can_be_asked(server):
    with Client(server.address) as client:
        names = [entry["name"] for entry in client.operations()]
        assert "fundamental-all" in names
        assert client.operation("fundamental-all")["family"] == "cameras"


def test_a_refusal_names_the_parameter(server):
    with Client(server.address) as client, pytest.raises(Problem) as caught:
        client.run("warp-perspective", image=photo(), homography=np.zeros((2, 3)))
    assert (caught.value.status, caught.value.kind) == (422, "invalid-params")
    assert caught.value.errors[0]["pointer"].startswith("/homography")
    assert caught.value.request_id
    assert "homography" in str(caught.value)


def test_no_stable_answer_comes_with_its_reason(server):
    with Client(server.address) as client, pytest.raises(Problem) as caught:
        client.run("warp-perspective", image=photo(), homography=np.zeros((3, 3)))
    assert (caught.value.kind, caught.value.reason) == ("degenerate", "singular_homography")


def test_progress_ends_at_the_whole(server):
    seen = []
    with Client(server.address, progress=seen.append) as client:
        client.run("fundamental-all", projections=np.repeat(RIG, 100, axis=0))
    sent, received = ([p for p in seen if p.stage == stage] for stage in ("sending", "receiving"))
    assert sent[-1].done == sent[-1].total > 700 * 96
    assert received[-1].done == received[-1].total > 700 * 700 * 72
    assert [p.done for p in received] == sorted(p.done for p in received)
    assert len(received) > 2


def test_many_calls_at_once_in_one_thread(server):
    async def calls():
        async with AsyncClient(server.address) as client:
            await client.wait_ready()
            asset = await client.upload(photo())
            found = await asyncio.gather(
                *(client.run("warp-perspective", image=asset, homography=H, fill=n) for n in range(8))
            )
            picture = await client.file("warp-perspective", "image/png", image=photo(), homography=H)
            names = await client.operations()
            one = await client.operation(names[0]["name"])
            await client.delete(asset)
            with pytest.raises(Problem):
                await client.run("warp-perspective", image=photo(), homography=np.zeros((3, 3)))
            return found, picture, one

    found, picture, one = asyncio.run(calls())
    for n, result in enumerate(found):
        assert result["image"].tobytes() == warp_perspective(photo(), H, fill=n).image.tobytes()
    assert picture.startswith(b"\x89PNG")
    assert one["name"]


BUSY = (503, {"Retry-After": "0"}, b'{"type": "/problems/overloaded", "title": "Busy", "detail": "wait"}')
DONE = (200, {}, b'{"operations": []}')


def test_a_busy_service_is_asked_again(script):
    script.answers = [BUSY, (429, {"Retry-After": formatdate(time.time() - 1)}, b"{}"), DONE]
    waits = []
    with Client(script.address, progress=waits.append) as client:
        assert client.operations() == []
    assert len(script.requests) == 3
    assert [p for p in waits if p.stage == "waiting"] == [Progress("waiting", 0, 0.0)] * 2


def test_the_asynchronous_client_asks_again_too(script):
    script.answers = [BUSY, None, DONE]

    async def calls():
        async with AsyncClient(script.address, retries=Retries(first=0.01)) as client:
            return await client.operations()

    assert asyncio.run(calls()) == []
    assert len(script.requests) == 3


def test_a_connection_that_breaks_is_made_again_and_sends_the_same(script):
    script.answers = [None, (200, {}, b"answer")]
    with Client(script.address, retries=Retries(first=0.01)) as client:
        assert client.file("warp-perspective", "image/png", image=photo(), homography=H) == b"answer"
    first, second = script.requests
    assert first == second
    assert len(first[3]) == int(first[2]["content-length"]) > 6000
    assert "transfer-encoding" not in first[2]


@pytest.mark.parametrize(
    ("answer", "attempts"),
    [
        ((400, {}, b'{"title": "No"}'), 1),
        ((503, {"Retry-After": "3600"}, b'{"type": "/problems/overloaded"}'), 1),
        ((503, {"Retry-After": "0"}, b'{"type": "/problems/deadline-passed"}'), 1),
        (BUSY, 3),
        ((502, {}, b"<html>bad gateway"), 1),
    ],
)
def test_it_gives_up_where_asking_again_is_of_no_use(script, answer, attempts):
    script.answers = [answer] * 5
    with Client(script.address, retries=Retries(attempts=3, first=0.01)) as client, pytest.raises(Problem) as caught:
        client.operations()
    assert len(script.requests) == attempts
    assert caught.value.status == answer[0]


def test_a_service_that_never_answers_is_unreachable(script):
    script.answers = [None] * 2
    patient = Client(script.address, retries=Retries(attempts=2, first=0.01))
    with patient as client, pytest.raises(Unreachable, match="did not answer"):
        client.operations()
    with Client("http://127.0.0.1:9", retries=Retries(attempts=1)) as client:
        with pytest.raises(Unreachable):
            client.operations()
        with pytest.raises(Unreachable, match="not ready within"):
            client.wait_ready(0)


def test_pauses_double_and_vary_and_are_bounded():
    pauses = [Retries(attempts=10, longest=2.0, first=1.0).pause(n, None, {}) for n in (1, 2, 3, 4)]
    assert 0.5 <= pauses[0] <= 1 <= pauses[1] <= 2
    assert 1 <= pauses[3] <= 2
    assert Retries(attempts=2).pause(2, None, {}) is None


def test_the_key_travels_with_every_request(script):
    script.answers = [DONE]
    with Client(script.address, key="secret") as client:
        client.operations()
    assert script.requests[0][2]["authorization"] == "Bearer secret"


@pytest.mark.parametrize(
    ("value", "error"),
    [
        (np.zeros(3, np.complex128), TypeError),
        (np.array(["a"]), TypeError),
        ({"sigma": object()}, TypeError),
        (float("nan"), ValueError),
    ],
)
def test_what_cannot_be_sent_is_refused_before_anything_is(script, value, error):
    with Client(script.address) as client, pytest.raises(error):
        client.run("convolve", image=value)
    assert not script.requests
