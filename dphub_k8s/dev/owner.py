"""The store that a home belongs to: with another, it would look as if all products were deleted."""

from pathlib import Path

from dphub_k8s.settings import Settings
from dphub_k8s.stores import choice, files


class OfAnother(Exception):
    """The home has products of another kind of store."""


def require(settings: Settings) -> None:
    """Raises OfAnother."""
    kept, kind = settings.store_state / "kind", choice.kind()
    kept.parent.mkdir(parents=True, exist_ok=True)
    said = kept.read_text() if kept.exists() else ""
    before = said or ("directory" if _used(kept) else kind)
    if before != kind:
        raise OfAnother(
            f"{settings.home} belongs to products in a {before}, not in a {kind}: "
            "choose another --home"
        )
    if said != kind:
        files.write(kept, kind)


def _used(kept: Path) -> bool:
    return any(each != kept for each in kept.parent.iterdir())
