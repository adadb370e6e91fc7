"""Settings that more than one process reads, from the environment (`DPHUB_…`)."""

import os
import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path

DAY = 86_400.0
URLS = ("s3:/", "http:/", "https:/")
# Not the colons of a URL, behind its scheme and before its port.
_NO_SCHEME = "".join(f"(?<!^{s})(?<!:{s})" for s in ("s3", "http", "https"))
ROOTS_SEPARATOR = re.compile(rf"{_NO_SCHEME}{os.pathsep}(?!\d+(?:/|$|{os.pathsep}))")


class InvalidSetting(ValueError):
    """A variable whose value makes no sense; the message names it."""


@dataclass(frozen=True, slots=True)
class Settings:
    """Where things are.

    `products` is the folder of the directory store, `home` holds all state, `data_root` is where
    relative source paths start. `allowed_roots` limits absolute source paths; None allows any.
    `lake` is a folder or a URL (`s3://…`).
    """

    products: Path
    home: Path
    lake: str
    data_root: Path
    allowed_roots: tuple[Path, ...] | None
    link_lifetime: timedelta

    @property
    def store_state(self) -> Path:
        return self.home / "store"

    @classmethod
    def read(cls, env: Mapping[str, str] = os.environ) -> "Settings":
        """Raises InvalidSetting."""
        here = Path.cwd()
        home = _home(Path(env.get("DPHUB_HOME") or here / ".dphub").absolute())
        data_root = Path(env.get("DPHUB_DATA_ROOT") or here).absolute()
        return cls(
            products=Path(env.get("DPHUB_PRODUCTS") or here / "products").absolute(),
            home=home,
            lake=_lake(env.get("DPHUB_LAKE") or str(home / "lake")),
            data_root=data_root,
            allowed_roots=_roots(env.get("DPHUB_ALLOWED_ROOTS"), data_root),
            link_lifetime=timedelta(seconds=seconds(env, "DPHUB_LINK_LIFETIME_SECONDS", DAY)),
        )


def number(env: Mapping[str, str], name: str, default: int, least: int = 0) -> int:
    """A whole number from `least`. Raises InvalidSetting."""
    text = env.get(name) or str(default)
    if not (text.isascii() and text.isdigit() and int(text) >= least):
        raise InvalidSetting(f"{name} is a whole number from {least}, not {text!r}")
    return int(text)


def seconds(env: Mapping[str, str], name: str, default: float) -> float:
    """More than 0. Raises InvalidSetting."""
    text = env.get(name) or str(default)
    try:
        found = float(text)
    except ValueError as error:
        raise InvalidSetting(f"{name} is a number of seconds, not {text!r}") from error
    if not 0 < found < float("inf"):
        raise InvalidSetting(f"{name} is more than 0 seconds, not {text!r}")
    return found


def _home(home: Path) -> Path:
    return _no_pattern("DPHUB_HOME", home)


def _lake(place: str) -> str:
    """A folder, or a bucket with or without a prefix."""
    if "://" not in place:
        return str(_no_pattern("DPHUB_LAKE", Path(place).absolute()))
    if not re.fullmatch(r"s3://[a-z0-9][a-z0-9.-]+(/[\w.=-]+)*/?", place):
        raise InvalidSetting(f"DPHUB_LAKE is a folder or s3://BUCKET/PREFIX, not {place!r}")
    return place.rstrip("/")


def _no_pattern(variable: str, folder: Path) -> Path:
    # DuckDB reads these in a file's name as a pattern, and may not read what the pattern hides.
    if any(char in str(folder) for char in "*?["):
        raise InvalidSetting(f"{variable} must have no * ? or [ in its name, as {folder} has")
    return folder


def _roots(text: str | None, data_root: Path) -> tuple[Path, ...] | None:
    """`*` allows any absolute path; unset allows what lies under the data root."""
    if text == "*":
        return None
    named = ROOTS_SEPARATOR.split(text or str(data_root))
    return tuple(
        Path(root) if root.startswith(URLS) else Path(root).absolute() for root in named if root
    )
