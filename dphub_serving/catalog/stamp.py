"""A file by which the workers of a service agree on what they have read of the lake.

Whoever finds something new, or is told to look, adds a byte to it before answering from what was
found; the others see it grow, and look too before they answer.
"""

import logging
from pathlib import Path

log = logging.getLogger("dphub.serving")


class Stamp:
    def __init__(self, file: Path) -> None:
        self._file = file

    def read(self) -> int:
        try:
            return self._file.stat().st_size
        except OSError:
            return 0

    def advance(self) -> bool:
        """Whether the others will hear of it."""
        try:
            self._file.parent.mkdir(parents=True, exist_ok=True)
            with self._file.open("ab") as file:
                file.write(b".")
        except OSError as error:
            log.warning("other workers cannot be told", extra={"why": str(error)})
            return False
        return True
