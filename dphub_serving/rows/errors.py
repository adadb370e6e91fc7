"""Why rows were not answered.

EngineError
  Expired         the answer took longer than it may
  Abandoned       the client has left
  Busy            others wait already, for longer than waiting is worth
  FileMissing     a file of the snapshot is not there any more
  Impossible      a value cannot be computed: a division by zero, a number that is too large
  Exhausted       the answer needs more memory than the engine may take
"""


class EngineError(Exception):
    """The head of the tree above."""


class Expired(EngineError):
    pass


class Abandoned(EngineError):
    pass


class Busy(EngineError):
    def __init__(self, seconds: int) -> None:
        super().__init__(f"ask again in {seconds} seconds")
        self.seconds = seconds


class FileMissing(EngineError):
    pass


class Impossible(EngineError):
    pass


class Exhausted(EngineError):
    pass
