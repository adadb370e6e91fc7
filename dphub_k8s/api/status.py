"""What is observed of a product: typed conditions, each with a CamelCase reason."""

from typing import Literal

from pydantic import AliasChoices, AwareDatetime, Field

from dphub_k8s.api.noun import Noun

# As Kubernetes bounds them.
MAX_CONDITIONS, LONGEST_REASON, LONGEST_MESSAGE = 16, 1024, 32_768
ConditionType = Literal["Accepted", "Materialized", "Served", "Ready", "Reconciling", "Stalled"]


class Condition(Noun):
    """`lastTransitionTime` changes with `status` only, as in Kubernetes."""

    type: ConditionType
    status: Literal["True", "False", "Unknown"]
    reason: str = Field(max_length=LONGEST_REASON)
    message: str = Field(default="", max_length=LONGEST_MESSAGE)
    observed_generation: int = Field(default=0, alias="observedGeneration")
    last_transition_time: AwareDatetime | None = Field(default=None, alias="lastTransitionTime")


class SnapshotStatus(Noun):
    """The snapshot that is published, in short."""

    sequence: int
    rows: int
    bytes: int
    materialized_at: AwareDatetime = Field(
        alias="materializedAt",
        # What a hub of before wrote is still read.
        validation_alias=AliasChoices("materializedAt", "time"),
    )
    run_id: str | None = Field(default=None, alias="runId")


class RunStatus(Noun):
    """A run that has ended, for what is declared and not yet published."""

    id: str
    result: Literal["Succeeded", "Failed"]
    ended: AwareDatetime


class Status(Noun):
    """`specHash` is the digest of the spec that `snapshot` was built from, `url` where it is.
    `sourcesCompared` is when a schedule last found the sources as they are published; `lastRun` and
    `nextAttempt` are there while the product is not built as declared."""

    observed_generation: int = Field(default=0, alias="observedGeneration")
    conditions: tuple[Condition, ...] = Field(default=(), max_length=MAX_CONDITIONS)
    url: str | None = None
    entity_url: str | None = Field(default=None, alias="entityUrl")
    snapshot: SnapshotStatus | None = None
    spec_hash: str | None = Field(default=None, alias="specHash")
    sources_compared: AwareDatetime | None = Field(default=None, alias="sourcesCompared")
    next_refresh: AwareDatetime | None = Field(default=None, alias="nextRefresh")
    last_run: RunStatus | None = Field(default=None, alias="lastRun")
    next_attempt: AwareDatetime | None = Field(default=None, alias="nextAttempt")

    def condition(self, kind: ConditionType) -> Condition | None:
        return next((found for found in self.conditions if found.type == kind), None)
