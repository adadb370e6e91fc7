"""Log lines of the service: the message, then its fields as `name=value`."""

import logging
import sys

_PLAIN = frozenset(vars(logging.makeLogRecord({}))) | {"message", "asctime", "taskName"}


class Fields(logging.Formatter):
    def format(self, record: logging.LogRecord) -> str:
        fields = [f"{n}={v!r}" for n, v in vars(record).items() if n not in _PLAIN]
        return " ".join([super().format(record), *fields])


def show() -> None:
    """Once per process, unless whoever started it has set up logging."""
    log = logging.getLogger("dphub")
    if log.hasHandlers():
        return
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(Fields("%(asctime)s %(levelname)s %(message)s"))
    log.addHandler(handler)
    log.setLevel(logging.INFO)
