"""Where the objects of a product's table are."""

import re
from uuid import uuid4

TABLES = "tables"
# Written once: without it a place holds no lake.
MARKER = ".dphub"
# Delta readers and vacuum pass over folders that begin with an underscore.
PRIVATE = "_dphub"
LOG = "_delta_log"
_VERSION = re.compile(r"(\d{20})\.json")


def table(product: str) -> str:
    return f"{TABLES}/{product}"


def document(product: str, snapshot_id: str) -> str:
    return f"{table(product)}/{PRIVATE}/{snapshot_id}.json"


def log(product: str) -> str:
    return f"{table(product)}/{LOG}"


def new_id() -> str:
    return uuid4().hex


def rows_file(snapshot_id: str) -> str:
    """Relative to the table, as a Delta log names its files."""
    return f"rows-{snapshot_id}.parquet"


def index_file(snapshot_id: str) -> str:
    return f"{PRIVATE}/{snapshot_id}.keys.parquet"


def set_file(snapshot_id: str, number: int) -> str:
    """The rows of a published source."""
    return f"{PRIVATE}/{snapshot_id}.set-{number}.parquet"


def version_of(log_object: str) -> int | None:
    match = _VERSION.fullmatch(log_object)
    return int(match[1]) if match else None
