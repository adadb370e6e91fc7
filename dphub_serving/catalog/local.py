"""Local mode: products come from files, and what the lake does not hold of them is built.

Building is another process's work: a child runs `python -m dphub_assets materialize` with the same
environment. Until it has published, the product is expected and not served. A build that fails is
reported and not tried again before the service is started again.
"""

import asyncio
import fcntl
import logging
import sys
from collections.abc import Awaitable, Callable, Iterator, Mapping
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

from dphub_k8s import documents
from dphub_k8s.admission import admit_all
from dphub_k8s.api.errors import Refused
from dphub_k8s.api.product import DataProduct
from dphub_k8s.settings import Settings
from dphub_serving.catalog.served import Served

log = logging.getLogger("dphub.serving")
LONGEST_MESSAGE = 2_000
SECONDS_TO_STOP = 5


@dataclass(frozen=True, slots=True)
class Local:
    """The products of the files, each with its file; `refused` is what is no product, by origin."""

    products: tuple[tuple[DataProduct, Path], ...]
    refused: Mapping[str, str]

    @property
    def expected(self) -> dict[str, str]:
        """Name by route."""
        return {product.route: product.name for product, _ in self.products}

    @classmethod
    def load(cls, pattern: str, settings: Settings) -> "Local":
        """A file, a folder, or a pattern of files. Logs what was loaded."""
        written, refused = [], {}
        for path in sorted(_files(pattern)):
            try:
                written += [(path, each) for each in documents.read(path)]
            except (documents.Unreadable, OSError) as error:
                refused[str(path)] = str(error)
        if not written and not refused:
            refused[pattern] = "there is no such file"
        outcomes = admit_all(
            [(each.document, each.origin) for _, each in written], roots=settings.allowed_roots
        )
        products = []
        for (path, each), outcome in zip(written, outcomes, strict=True):
            if isinstance(outcome, Refused):
                refused[each.origin] = str(outcome)
                continue
            products.append((outcome, path))
            log.info("[local] Loaded DataProduct CR from %s (route=/%s)", path, outcome.route)
        for origin, why in refused.items():
            log.error("[local] Refused %s: %s", origin, why)
        return cls(tuple(products), refused)


class LocalBuilds:
    """`failed` says by product why a build did not come to its end.

    Of several workers the one that gets the `lock` builds.
    """

    def __init__(self, local: Local, lock: Path) -> None:
        self._local = local
        self._lock = lock
        self.failed: dict[str, str] = {}

    async def run(
        self, served: Callable[[str], Served | None], refresh: Callable[[], Awaitable[object]]
    ) -> None:
        """Build what is not served as it is declared, one after the other."""
        try:
            self._lock.parent.mkdir(parents=True, exist_ok=True)
            opened = self._lock.open("w")
        except OSError as error:
            log.warning("[local] Other workers cannot be kept from building: %s", error)
            await self._run(served, refresh)
            return
        with opened as lock, suppress(BlockingIOError):
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
            await self._run(served, refresh)

    async def _run(
        self, served: Callable[[str], Served | None], refresh: Callable[[], Awaitable[object]]
    ) -> None:
        for product, path in self._local.products:
            if _is_current(product, served(product.name)):
                continue
            log.info("[local] Building %s", product.name)
            problem = await _materialize(product.name, path)
            if problem is not None:
                self.failed[product.name] = f"its build failed: {problem}"
                log.error("[local] Building %s failed: %s", product.name, problem)
            await refresh()


def _files(pattern: str) -> Iterator[Path]:
    path = Path(pattern)
    if path.is_dir():
        yield from (each for each in path.iterdir() if each.suffix in documents.SUFFIXES)
    elif path.is_file():
        yield path
    else:
        yield from Path(path.anchor).glob(str(path.relative_to(path.anchor)))


def _is_current(product: DataProduct, served: Served | None) -> bool:
    return (
        served is not None
        and served.code_version == product.code_version()
        and served.spec_digest == product.spec_digest()
    )


async def _materialize(name: str, path: Path) -> str | None:
    """Why the child failed, or None."""
    child = await asyncio.create_subprocess_exec(
        *(sys.executable, "-m", "dphub_assets", "materialize", str(path), "--name", name),
        stdin=asyncio.subprocess.DEVNULL,
        stdout=asyncio.subprocess.DEVNULL,
        stderr=asyncio.subprocess.PIPE,
    )
    try:
        _, errors = await child.communicate()
    except asyncio.CancelledError:
        await _stop(child)
        raise
    if child.returncode == 0:
        return None
    text = errors.decode(errors="replace").strip()[-LONGEST_MESSAGE:]
    return text or f"it ended with status {child.returncode}"


async def _stop(child: asyncio.subprocess.Process) -> None:
    child.terminate()
    try:
        await asyncio.wait_for(child.wait(), SECONDS_TO_STOP)
    except TimeoutError:
        child.kill()
        await child.wait()
