from click.testing import CliRunner

from api.command import main


def test_a_worker_needs_to_know_its_scheduler() -> None:
    done = CliRunner().invoke(main, ["worker"])
    assert done.exit_code == 2
    assert "--scheduler" in done.output


def test_its_help_says_what_must_be_the_same_as_at_the_service() -> None:
    done = CliRunner().invoke(main, ["worker", "--help"])
    assert done.exit_code == 0
    assert all(name in done.output for name in ("EPIPOLE_DATA_DIR", "EPIPOLE_JOB_STORE", "EPIPOLE_ROOTS"))
