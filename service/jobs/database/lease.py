"""What a runner that lost its claim is told; importing it costs nothing."""


class LeaseLost(Exception):
    """The claim is no longer current: another runner has the job, or it has finished, or it is gone.

    Nothing was written. The runner stops; there is nothing left to confirm.
    """
