"""How the rows of an answer are written: what the format and the preferences ask for."""

from dphub_serving.odata.edm import EntitySet
from dphub_serving.odata.expansion import Expansion, lefts
from dphub_serving.odata.negotiation import Format
from dphub_serving.odata.preferences import Prefer
from dphub_serving.odata.types import Types
from dphub_serving.sql.json import Style
from dphub_serving.sql.shape import Shape


def shaped(
    here: EntitySet,
    form: Format,
    wish: Prefer,
    expansion: Expansion = (),
    *,
    owes_id: bool = True,
    references: bool = False,
) -> Shape:
    """An id is all that a reference has, whatever the level of metadata."""
    control, behind = form.control, lefts(expansion)
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
        links=links(form),
        ways=_unexpanded(here, expansion) if full else (),
        behind=behind,
        addressed=full,
    )


def links(form: Format) -> tuple[tuple[str, str], ...]:
    """What a navigation property has beside it, and what stands behind the property in each."""
    if form.level != "full":
        return ()
    return (form.control("associationLink"), "/$ref"), (form.control("navigationLink"), "")


def _unexpanded(here: EntitySet, expansion: Expansion) -> tuple[str, ...]:
    """Before what is expanded its own links come, see `Stitcher`."""
    expanded = {each.way.name for each in expansion}
    return tuple(each.name for each in here.type.navigation if each.name not in expanded)


def style(here: EntitySet, form: Format, wish: Prefer) -> Style:
    types = Types(here.type, form) if form.level == "full" else None
    return Style(form.ieee754, omit=wish.omit is not None, types=types)
