"""What next links are signed with: every worker and replica needs the same."""

import logging
import os
import secrets
import tempfile
from contextlib import suppress
from pathlib import Path

log = logging.getLogger("dphub.serving")
_BYTES = 32


def link_secret(given: str | None, file: Path) -> bytes:
    """The one given, or that of the file, which the first who asks writes."""
    if given:
        return given.encode()
    try:
        return _kept(file)
    except OSError as error:
        # Links of this process then end with it, and no other answers them.
        log.warning("link secret cannot be kept", extra={"why": str(error)})
        return secrets.token_bytes(_BYTES)


def _kept(file: Path) -> bytes:
    if not file.exists():
        file.parent.mkdir(parents=True, exist_ok=True)
        # Nobody sees half of it, and of several writers one wins.
        with tempfile.NamedTemporaryFile(dir=file.parent, prefix=f".{file.name}-") as fresh:
            fresh.write(secrets.token_bytes(_BYTES))
            fresh.flush()
            with suppress(FileExistsError):
                os.link(fresh.name, file)
    return file.read_bytes()
