from tests.running import client, files, server

__all__ = ["client", "files", "server"]
