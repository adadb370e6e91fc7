"""What holds of every status, whatever a product has gone through."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

from hypothesis import given
from hypothesis import strategies as st

from dphub_assets.decide.declared import Declared
from dphub_assets.lake.reader import Snapshot
from dphub_assets.status import conditions
from dphub_assets.status.conditions import Heard, Progress, Seen
from dphub_k8s.api.errors import Problem
from dphub_k8s.api.snapshot import DataFile, Identity
from dphub_k8s.api.status import Status
from tests import lake_documents

START = datetime(2026, 1, 2, 3, 4, 5, tzinfo=UTC)
FILE = DataFile(path="f", rows=7, bytes=8, digest="", statistics={})
SPECS = [lake_documents.product(description=text, maxStalenessSeconds=60) for text in "ab"]
REFUSAL = (Problem("spec.x", "UnknownField", "no x"),)

identities = st.builds(
    Identity, name=st.just("orders"), uid=st.just("u"), generation=st.integers(1, 3)
)
declarations = st.one_of(
    st.builds(
        lambda who, spec: Declared(who, "default", spec.spec_digest(), "c", spec),
        identities,
        st.sampled_from(SPECS),
    ),
    st.builds(lambda who: Declared(who, "default", "d", "", None, REFUSAL), identities),
)
progress = st.sampled_from(
    [
        conditions.BUILT,
        conditions.BUILDING,
        conditions.PENDING,
        conditions.SUSPENDED,
        conditions.NOT_LOADED,
        conditions.waiting(["a.parquet"]),
        conditions.held(["other"]),
        conditions.failed("CastFailed", "no int", final=True),
        conditions.failed("RunLost", "it died", final=False),
    ]
)
snapshots = st.none() | st.builds(
    lambda spec, sequence: Snapshot(
        sequence,
        lake_documents.document(
            "id", spec, Identity(name="orders", uid="u", generation=1), FILE
        ).model_copy(update={"created": START}),
    ),
    st.sampled_from(SPECS),
    st.integers(0, 3),
)
hearings = st.none() | st.builds(
    Heard,
    st.none() | st.integers(0, 3),
    st.sampled_from(["", "http://10.0.0.1 does not answer"]),
    st.booleans(),
)
refusals = st.sampled_from(["", "403 Forbidden"])
seen = st.builds(Seen, snapshot=snapshots, heard=hearings, stale=st.booleans(), refused=refusals)
stories = st.lists(st.tuples(declarations, progress, seen), min_size=1, max_size=8)


@given(stories)
def test_every_status_of_a_story(story: list[tuple[Declared, Progress, Seen]]) -> None:
    before: Status | None = None
    for number, (declared, stands, looked) in enumerate(story):
        now = START + timedelta(seconds=number)
        found = conditions.status(declared, stands, looked, before, now)
        consistent(declared, looked, found)
        transitions(before, found, now)
        # Asked again without a change there is nothing to write.
        later = now + timedelta(hours=1)
        assert conditions.status(declared, stands, looked, found, later) == found
        before = found


def consistent(declared: Declared, looked: Seen, found: Status) -> None:
    said = {one.type: one.status for one in found.conditions}
    assert list(said) == [
        "Accepted", "Materialized", "Served", "Ready", "Reconciling", "Stalled",
    ]  # fmt: skip
    assert {one.observed_generation for one in found.conditions} == {found.observed_generation}
    assert "True" not in (said["Reconciling"], said["Stalled"]) or (
        said["Reconciling"] != said["Stalled"]
    )
    assert "Unknown" not in (said["Reconciling"], said["Stalled"])
    if said["Ready"] == "True":
        assert said["Accepted"] == said["Served"] == "True"
        assert looked.snapshot is not None
        assert found.spec_hash == declared.digest
        assert not looked.stale
    if said["Accepted"] == "False":
        assert (said["Ready"], said["Stalled"]) == ("False", "True")
    if said["Ready"] == "False" and said["Materialized"] == "False":
        assert "True" in (said["Reconciling"], said["Stalled"])


def transitions(before: Status | None, found: Status, now: datetime) -> None:
    for one in found.conditions:
        old = before.condition(one.type) if before else None
        same = old is not None and old.status == one.status
        assert one.last_transition_time == (old.last_transition_time if old and same else now)


@given(declarations, progress, seen)
def test_no_message_has_a_clock(declared: Declared, stands: Progress, looked: Seen) -> None:
    """The same at any time: a status is written when something has changed."""
    first = conditions.status(declared, stands, looked, None, START)
    other = conditions.status(declared, stands, looked, None, START + timedelta(days=400))
    told = [[replace_time(one.model_dump()) for one in s.conditions] for s in (first, other)]
    assert told[0] == told[1]


def replace_time(said: dict[str, object]) -> dict[str, object]:
    return {**said, "last_transition_time": None}


def test_a_stranger_of_the_same_name_is_not_ready() -> None:
    who = Identity(name="orders", uid="new", generation=1)
    declared = Declared(who, "default", SPECS[0].spec_digest(), "c", SPECS[0])
    document = lake_documents.document("id", SPECS[0], who.model_copy(update={"uid": "old"}), FILE)
    looked = Seen(Snapshot(3, document), heard=Heard(3))
    found = conditions.status(declared, conditions.BUILT, looked, None, START)
    assert (ready := found.condition("Ready"))
    assert ready.status == "False"
    mine = replace(looked, snapshot=Snapshot(3, document.model_copy(update={"product": who})))
    found = conditions.status(declared, conditions.BUILT, mine, None, START)
    assert (ready := found.condition("Ready"))
    assert ready.status == "True"
