"""The Python client: operations of a running service, with numpy arrays in and out."""

from api.client.answer import Result
from api.client.asynchronous import AsyncClient
from api.client.body import Parameter
from api.client.problem import Problem, Unreachable
from api.client.retries import Retries
from api.client.synchronous import Client
from api.client.transfer import Progress

__all__ = ["AsyncClient", "Client", "Parameter", "Problem", "Progress", "Result", "Retries", "Unreachable"]
