"""One key, one job: however many ask at a time."""

from concurrent.futures import ThreadPoolExecutor

from tests.faults.machine import Machine

DOCUMENT = {
    "operation": "fundamental",
    "params": {"right": [[1, 1, 1, 3], [0, 2, 0, 3], [0, 1, 1, 0]]},
    "items": [{"left": [[1, 0, 0, 0], [0, 1, 0, 0], [0, 0, 1, 0]]}],
}


def test_a_hundred_submissions_at_a_time_with_one_key_make_one_job(machine: Machine) -> None:
    def submit(_: int) -> tuple[int, str]:
        answer = machine.ask("POST", "/v1/jobs", json=DOCUMENT, headers={"Idempotency-Key": "hundred"})
        assert answer.status_code in (200, 201, 202), answer.text
        return answer.status_code, answer.json()["id"]

    before = len(machine.ask("GET", "/v1/jobs?limit=100").json()["jobs"])
    with ThreadPoolExecutor(25) as threads:
        answers = list(threads.map(submit, range(100)))
    assert len({job for _, job in answers}) == 1
    assert len(machine.ask("GET", "/v1/jobs?limit=100").json()["jobs"]) == before + 1
    assert machine.wait(answers[0][1])["state"] == "successful"


def test_another_request_with_the_same_key_is_refused(machine: Machine) -> None:
    machine.submit(DOCUMENT, key="mine")
    other = DOCUMENT | {"priority": 3}
    answer = machine.ask("POST", "/v1/jobs", json=other, headers={"Idempotency-Key": "mine"})
    assert answer.status_code == 422
    assert answer.json()["errors"][0]["pointer"] == "/Idempotency-Key"
