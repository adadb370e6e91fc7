"""A real S3 server for tests: the Versity Gateway over a folder, on a free port.

`make s3-gateway` installs it where Go is; without it the tests that need one are skipped.
"""

import os
import shutil
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

import httpx
import pytest

from tests.integration.stack import eventually, free_port

BUCKET = "hub-tests"
KEY, SECRET = "tester", "not-a-secret"
CACHE = Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache")
INSTALLED = CACHE / "dphub-tests" / "bin" / "versitygw"


def program() -> str:
    """Skips the test where there is none."""
    found = shutil.which("versitygw") or shutil.which(str(INSTALLED))
    if not found:
        pytest.skip("no S3 server: `make s3-gateway` installs the Versity Gateway, and needs Go")
    return found


@dataclass
class Gateway:
    """Bucket and objects are folders and files below `root`; they outlive a restart."""

    root: Path
    port: int = field(default_factory=free_port)
    process: subprocess.Popen[bytes] | None = None

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    @property
    def environment(self) -> dict[str, str]:
        return {
            "AWS_ENDPOINT_URL": self.url,
            "AWS_ACCESS_KEY_ID": KEY,
            "AWS_SECRET_ACCESS_KEY": SECRET,
            "AWS_REGION": "us-east-1",
        }

    def start(self) -> None:
        (self.root / BUCKET).mkdir(parents=True, exist_ok=True)
        options = ["--port", f"127.0.0.1:{self.port}", "--quiet", "posix", str(self.root)]
        self.process = subprocess.Popen(
            [program(), *options],
            env={**os.environ, "ROOT_ACCESS_KEY": KEY, "ROOT_SECRET_KEY": SECRET},
            stdout=subprocess.DEVNULL,
        )
        eventually(self._answers, "the S3 server answered", 30)

    def kill(self) -> None:
        assert self.process is not None
        self.process.kill()
        self.process.wait()

    def _answers(self) -> bool:
        assert self.process is not None
        assert self.process.poll() is None, "the S3 server has ended"
        try:
            httpx.get(self.url)
        except httpx.TransportError:
            return False
        return True


@contextmanager
def running(root: Path) -> Iterator[Gateway]:
    gateway = Gateway(root)
    gateway.start()
    try:
        yield gateway
    finally:
        gateway.kill()
