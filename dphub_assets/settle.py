"""`python -m dphub_assets reconcile`: status and objects of products, without Dagster or builds.

--once    until all is told and kept; status 1 where it is not within --seconds, or is refused
--watch   until it is stopped

What waits for a build keeps what was said of it: only who builds knows more.
"""

import argparse
import signal
import sys
import time
from collections.abc import Iterable
from dataclasses import replace

from dphub_assets.build.publish import Builder
from dphub_assets.decide.declared import Declarations, Declared
from dphub_assets.decide.reconcile import Loaded, reconcile
from dphub_assets.lake.errors import LakeError
from dphub_assets.settings import DagsterSettings
from dphub_assets.status.outlook import Outlook, objects
from dphub_k8s.settings import Settings
from dphub_k8s.shards import Shard
from dphub_k8s.stores import choice
from dphub_k8s.stores.base import NotFound, StoreError

# Of one look: how long the service may take to answer, and the cluster.
SERVICE_SECONDS, CLUSTER_SECONDS = 5.0, 10.0
PAUSE_SECONDS = 1.0


def main(arguments: list[str]) -> int:
    parser = argparse.ArgumentParser(prog="dphub reconcile")
    how = parser.add_mutually_exclusive_group(required=True)
    how.add_argument("--once", action="store_true")
    how.add_argument("--watch", action="store_true")
    parser.add_argument("--seconds", type=float, default=60.0)
    options = parser.parse_args(arguments)
    settings, everything = Settings.read(), Shard()
    declarations = Declarations(choice.opened(settings), settings.allowed_roots)
    outlook = Outlook(
        declarations,
        Builder.read(settings),
        DagsterSettings.read(),
        everything,
        objects(everything),
    )
    try:
        return once(outlook, options.seconds) if options.once else watch(outlook)
    except (LakeError, OSError) as error:
        return _say([str(error)])
    except KeyboardInterrupt:
        return 0


def once(outlook: Outlook, seconds: float) -> int:
    """Raises StoreError, LakeError, OSError: what cannot be read cannot be told."""
    deadline = time.monotonic() + seconds
    while True:
        tick(outlook)
        _say(outlook.complaints())
        if outlook.objects and outlook.objects.faults and not outlook.teller.news:
            return 1
        if settled(outlook):
            return 0
        if time.monotonic() > deadline:
            return _say([f"not settled after {seconds:.0f} s"])
        time.sleep(PAUSE_SECONDS)


def watch(outlook: Outlook) -> int:
    """Also where Ctrl-C was ignored by whoever began it, and as a pod is ended."""
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, signal.default_int_handler)
    while True:
        try:
            tick(outlook)
            _say(outlook.complaints())
            outlook.said.new("tick", [])
        except (StoreError, LakeError, OSError) as error:
            _say(outlook.said.new("tick", [str(error)]))
        time.sleep(PAUSE_SECONDS)


def tick(outlook: Outlook) -> None:
    view = outlook.look(time.time())
    loaded = {name: Loaded(want.stamp) for name, want in view.wanted.items()}
    decision = reconcile(view.wanted, loaded, view.built, {}, time.time(), 0, view.others)
    unbuilt = {*decision.queued, *decision.held}
    told = {
        name: one
        for name, one in view.declared.items()
        if name not in unbuilt or not _is_told(outlook, one)
    }
    outlook.tell(replace(view, declared=told), decision, {}, SERVICE_SECONDS)
    if outlook.objects:
        outlook.objects.wait(CLUSTER_SECONDS)


def settled(outlook: Outlook) -> bool:
    """Whether the last tick had nothing to do."""
    kept = outlook.objects is None or outlook.objects.settled
    return kept and not outlook.teller.news and not outlook.faults()


def _is_told(outlook: Outlook, one: Declared) -> bool:
    """Whether this very declaration is said not to be built, and why."""
    try:
        status = outlook.declarations.store.status(one.name)
    except NotFound:
        return False
    built = status.condition("Materialized") if status else None
    return bool(
        status
        and built
        and status.observed_generation == one.identity.generation
        and built.status != "True"
    )


def _say(lines: Iterable[str]) -> int:
    for line in lines:
        print(" ".join(line.split()), file=sys.stderr, flush=True)
    return 1
