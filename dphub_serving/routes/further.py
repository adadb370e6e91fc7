"""Links to more of what a row brings along: the navigation path from that row, in its snapshots."""

from dataclasses import dataclass, replace
from urllib.parse import quote, unquote

from dphub_serving.odata import links
from dphub_serving.odata.edm import EntitySet
from dphub_serving.odata.expansion import Expanded
from dphub_serving.odata.query import next_token
from dphub_serving.odata.resources import Service
from dphub_serving.odata.token import Cursor
from dphub_serving.odata.url import Request
from dphub_serving.routes.hub import Hub
from dphub_serving.routes.resolve import Target


@dataclass(frozen=True, slots=True)
class Further:
    """`sets` are those that are read beside the target's."""

    hub: Hub
    target: Target
    sets: list[str]
    request: Request
    base: str

    def __call__(self, here: EntitySet, key: str, each: Expanded, cursor: Cursor) -> str:
        """From the set and the key of the row, what is expanded, and where the rest begins."""
        view, query = self.target.view, each.query
        owner, root = view.root or self.target.served, links.root(self.base, self.service)
        if view.root is None:
            # In the hub's service a path that begins with a product is one of the product's own.
            owner = view.served[here.name]
            own = view.own(owner.name)
            root = links.root(self.base, Service(owner.route))
            query = replace(query, type=own.at(view.served[each.way.target].place).type)
            here = own.at(owner.place)
        pins = self.target.pins(self.sets, owner)
        shown = [("$skip", str(query.skip + query.page)), ("$top", str(query.page))]
        aliases = [pair for pair in self.request.options.pairs if pair[0].startswith("@")]
        options = [(f"${name}", text) for name, text in each.options]
        place = f"{quote(here.name)}{key}/{quote(each.way.name)}"
        place += "/$ref" if each.of == "ref" else ""
        query = replace(query, place=unquote(place))
        token = next_token(query, owner.sequence, cursor, query.page, pins)
        return links.further(root + place, [*options, *aliases, *shown], token, self.hub.secret)

    @property
    def service(self) -> Service:
        return self.request.path.service
