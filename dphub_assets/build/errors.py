"""Why a build published nothing.

BuildError
  CastFailed     a value of a source does not fit the declared type
  ChecksFailed   the rows break the contract; carries the verdicts
  EngineFailed   the engine could not run the plan (memory, disk)
  DiskFailed     the system refused to read or write what the hub keeps
"""

from dphub_k8s.api.snapshot import Verdict


class BuildError(Exception):
    """The head of the tree above."""


class CastFailed(BuildError):
    def __init__(self, column: str, value: str, source: str, source_column: str, wanted: str):
        super().__init__(
            f"column {column!r}: the value {value!r} of source {source!r} "
            f"(its column {source_column!r}) does not fit {wanted}"
        )
        self.column, self.value, self.source = column, value, source


class ChecksFailed(BuildError):
    def __init__(self, verdicts: tuple[Verdict, ...]) -> None:
        failed = [f"{v.check}: {v.message}" for v in verdicts if not v.passed and v.blocking]
        super().__init__("; ".join(failed))
        self.verdicts = verdicts


class EngineFailed(BuildError):
    pass


class DiskFailed(BuildError):
    pass
