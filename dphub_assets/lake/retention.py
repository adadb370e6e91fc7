"""What may go: files that no living snapshot names, and what killed processes left behind."""

from datetime import UTC, datetime, timedelta

from dphub_assets.lake import layout
from dphub_assets.lake.errors import SnapshotGone
from dphub_assets.lake.objects import Objects
from dphub_assets.lake.pointer import Current
from dphub_assets.lake.reader import LakeReader

# A publish under way has files in the table that nothing names yet.
GRACE = timedelta(hours=6)


def sweep(
    lake: LakeReader, name: str, now: datetime | None = None, grace: timedelta = GRACE
) -> list[str]:
    """Delete what nobody can ask for any more; what went, by name. Documents stay as history."""
    moment = now or datetime.now(UTC)
    pointer = lake.pointer(name)
    if pointer is None:
        return []
    living = [pointer.current] if pointer.current else []
    living += [
        Current(sequence=old.sequence, id=old.id) for old in pointer.retained if old.until > moment
    ]
    named: set[str] = set()
    for current in living:
        try:
            document = lake.open(pointer, current).document
        except SnapshotGone:
            continue
        named |= {file.path for file in document.all_files}
    return [
        file
        for file in _data_files(lake.objects, name, moment - grace)
        if file not in named and _delete(lake.objects, name, file)
    ]


def sweep_staging(lake: LakeReader, now: datetime | None = None) -> None:
    """Delete the folders of publishes that were killed."""
    lake.objects.discard_staging((now or datetime.now(UTC)) - GRACE)


def _data_files(objects: Objects, name: str, before: datetime) -> list[str]:
    """Rows and key indexes of the table that are older than `before`."""
    found = []
    for folder in ("", f"{layout.PRIVATE}/"):
        for file, stamp in objects.list(f"{layout.table(name)}/{folder}").items():
            if file.endswith(".parquet") and stamp.modified_ns < before.timestamp() * 1e9:
                found.append(f"{folder}{file}")
    return found


def _delete(objects: Objects, name: str, file: str) -> bool:
    objects.delete(f"{layout.table(name)}/{file}")
    return True
