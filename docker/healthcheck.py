"""Exit code 0 where the service in this container is ready, 1 where it is not; what it answered goes to the output."""

import http.client
import os
import sys

_SECONDS = 4.0
_ANY = {"0.0.0.0": "127.0.0.1", "::": "::1"}  # noqa: S104 -- nothing listens here


def main() -> int:
    """Ask `/readyz` where the environment says that the service listens."""
    host, port = os.environ.get("EPIPOLE_HOST", "127.0.0.1"), os.environ.get("EPIPOLE_PORT", "8000")
    connection = http.client.HTTPConnection(_ANY.get(host, host), int(port), timeout=_SECONDS)
    try:
        connection.request("GET", "/readyz")
        answer = connection.getresponse()
        print(answer.status, answer.read(200).decode(errors="replace"))
    except (OSError, http.client.HTTPException) as error:
        print(type(error).__name__, error)
        return 1
    finally:
        connection.close()
    return 0 if answer.status == http.HTTPStatus.OK else 1


if __name__ == "__main__":
    sys.exit(main())
