"""Where jobs are computed: worker processes around a dask scheduler, on this machine or elsewhere."""
