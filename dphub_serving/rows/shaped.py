"""How the rows of an answer are written: what the format and the preferences ask for."""

from dphub_serving.odata.edm import EntitySet
from dphub_serving.odata.negotiation import Format
from dphub_serving.odata.preferences import Prefer
from dphub_serving.odata.types import Types
from dphub_serving.sql.json import Style
from dphub_serving.sql.shape import Shape


def shaped(
    here: EntitySet,
    form: Format,
    wish: Prefer,
    behind: tuple[str, ...] = (),
    *,
    owes_id: bool = True,
    references: bool = False,
) -> Shape:
    """An id is all that a reference has, whatever the level of metadata."""
    control = form.control
    if references:
        return Shape(here.name, control("id"), behind=behind)
    full = form.level == "full"
    return Shape(
        here.name,
        id=control("id") if full or (owes_id and form.level != "none") else None,
        style=style(here, form, wish),
        edit=control("editLink") if full else None,
        type=None if form.level == "none" else control("type"),
        hash="#" if form.version == "4.0" else "",
        count=control("count"),
        behind=behind,
    )


def style(here: EntitySet, form: Format, wish: Prefer) -> Style:
    types = Types(here.type, form) if form.level == "full" else None
    return Style(form.ieee754, omit=wish.omit is not None, types=types)
