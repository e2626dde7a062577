"""The job database: the one truth about jobs, shared by all processes that take or run them."""
