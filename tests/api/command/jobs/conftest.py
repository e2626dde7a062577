from tests.api.client.conftest import script

__all__ = ["script"]
