from tests.service.jobs.plan.footage import footage

__all__ = ["footage"]
