"""What one session has moved."""


class Tally:
    """What one session has moved, read by metrics and written at the end of its record."""

    __slots__ = ("allowed", "bytes_in", "bytes_out", "denied", "rows", "seconds")

    def __init__(self) -> None:
        self.allowed = self.denied = self.bytes_in = self.bytes_out = self.rows = 0
        self.seconds: list[float] = []
        """How long each answer took, until the metrics take them away: about once a second."""
