"""What a tick does itself, without a run. No Dagster."""

from collections.abc import Callable, Iterable, Mapping
from functools import partial
from logging import Logger

from dphub_assets.decide.declared import Declared
from dphub_assets.decide.reconcile import Decision
from dphub_assets.lake import retention
from dphub_assets.lake.errors import LakeError
from dphub_assets.lake.reader import Snapshot
from dphub_assets.lake.writer import Lake


def act(
    lake: Lake,
    decision: Decision,
    declared: Mapping[str, Declared],
    snapshots: dict[str, Snapshot],
    log: Logger,
) -> None:
    """An error of one product is logged: its levels still differ next time."""

    def guarded(verb: str, name: str, deed: Callable[[], object]) -> None:
        try:
            deed()
            log.info(f"{verb} {name}")
        except (LakeError, OSError) as error:
            log.error(f"{name} could not be {verb}: {error}")

    for name in decision.retire:
        last = snapshots.pop(name, None)
        delete = last is not None and last.document.spec.spec.data_retention == "Delete"
        guarded("retired", name, partial(lake.retire, name, delete_data=delete))
    for name in decision.accept:
        if product := declared[name].product:
            accept = partial(lake.accept, declared[name].identity, product.route)
            guarded("accepted", name, accept)
    for name in decision.publish:
        if product := declared[name].product:
            republish = partial(lake.republish, product, declared[name].identity)
            guarded("published without a run", name, republish)


def sweep(lake: Lake, names: Iterable[str], log: Logger) -> None:
    """Delete what no link can name any more."""
    retention.sweep_staging(lake)
    for name in names:
        try:
            retention.sweep(lake, name)
        except (LakeError, OSError) as error:
            log.error(f"{name} could not be swept: {error}")
