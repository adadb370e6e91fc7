"""What is observed of a product: typed conditions, each with a CamelCase reason."""

from typing import Literal

from pydantic import AwareDatetime, Field

from dphub_k8s.api.noun import Noun

ConditionType = Literal["Accepted", "Materialized", "Ready"]


class Condition(Noun):
    """`lastTransitionTime` changes with `status` only, as in Kubernetes."""

    type: ConditionType
    status: Literal["True", "False", "Unknown"]
    reason: str
    message: str = ""
    last_transition_time: AwareDatetime | None = Field(default=None, alias="lastTransitionTime")


class SnapshotStatus(Noun):
    """The snapshot that is served, in short."""

    sequence: int
    rows: int
    bytes: int
    time: AwareDatetime
    run_id: str | None = Field(default=None, alias="runId")


class RunStatus(Noun):
    """A run that has ended, for what is declared and not yet published."""

    id: str
    result: Literal["Succeeded", "Failed"]
    ended: AwareDatetime


class Status(Noun):
    """`sourcesCompared` is when a schedule last found the sources as they are published; `lastRun`
    and `nextAttempt` are there while the product is not built as declared."""

    observed_generation: int = Field(default=0, alias="observedGeneration")
    conditions: tuple[Condition, ...] = ()
    snapshot: SnapshotStatus | None = None
    sources_compared: AwareDatetime | None = Field(default=None, alias="sourcesCompared")
    next_refresh: AwareDatetime | None = Field(default=None, alias="nextRefresh")
    last_run: RunStatus | None = Field(default=None, alias="lastRun")
    next_attempt: AwareDatetime | None = Field(default=None, alias="nextAttempt")

    def condition(self, kind: ConditionType) -> Condition | None:
        return next((found for found in self.conditions if found.type == kind), None)
