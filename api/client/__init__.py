"""The Python client: operations and jobs of a running service, with numpy arrays in and out."""

from api.client.answer import Result
from api.client.asynchronous import AsyncClient
from api.client.body import Parameter
from api.client.jobs.asynchronous import AsyncJob, AsyncResults
from api.client.jobs.download import Damaged, Downloaded
from api.client.jobs.job import Job, Results
from api.client.jobs.results import ResultArray
from api.client.jobs.status import JobStatus
from api.client.problem import Problem, Unreachable
from api.client.retries import Retries
from api.client.synchronous import Client
from api.client.transfer import Progress

__all__ = [
    "AsyncClient",
    "AsyncJob",
    "AsyncResults",
    "Client",
    "Damaged",
    "Downloaded",
    "Job",
    "JobStatus",
    "Parameter",
    "Problem",
    "Progress",
    "Result",
    "ResultArray",
    "Results",
    "Retries",
    "Unreachable",
]
