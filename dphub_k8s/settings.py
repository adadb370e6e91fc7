"""Settings that more than one process reads, from the environment (`DPHUB_…`)."""

import os
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path

DAY = 86_400


@dataclass(frozen=True, slots=True)
class Settings:
    """Where things are.

    `products` is the folder of the directory store, `home` holds all state, `data_root` is where
    relative source paths start. `allowed_roots` limits absolute source paths; None allows any.
    """

    products: Path
    home: Path
    data_root: Path
    allowed_roots: tuple[Path, ...] | None
    link_lifetime: timedelta

    @property
    def lake(self) -> Path:
        return self.home / "lake"

    @property
    def store_state(self) -> Path:
        return self.home / "store"

    @classmethod
    def read(cls, env: Mapping[str, str] = os.environ) -> "Settings":
        here = Path.cwd()
        data_root = Path(env.get("DPHUB_DATA_ROOT") or here).absolute()
        roots = env.get("DPHUB_ALLOWED_ROOTS")
        return cls(
            products=Path(env.get("DPHUB_PRODUCTS") or here / "products").absolute(),
            home=Path(env.get("DPHUB_HOME") or here / ".dphub").absolute(),
            data_root=data_root,
            allowed_roots=_roots(roots, data_root),
            link_lifetime=timedelta(seconds=float(env.get("DPHUB_LINK_LIFETIME_SECONDS") or DAY)),
        )


def _roots(text: str | None, data_root: Path) -> tuple[Path, ...] | None:
    """`*` allows any absolute path; unset allows what lies under the data root."""
    if text == "*":
        return None
    named = (text or str(data_root)).split(os.pathsep)
    return tuple(Path(root).absolute() for root in named if root)
