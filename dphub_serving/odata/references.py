"""References to resources of this service in whatever form: relative, with an absolute path, or
absolute. OData JSON Format 4.01, section 4.5.1; Protocol 4.01, section 11.7.2 (parts of a batch).
"""

from dataclasses import dataclass
from urllib.parse import urljoin, urlsplit

from dphub_serving.odata import links, url
from dphub_serving.odata.errors import NotFound, echo
from dphub_serving.odata.resources import Service


@dataclass(frozen=True, slots=True)
class Place:
    """Where the client sees the service: `base` is its `/odata`, `host` the host that was asked."""

    base: str
    host: str | None

    def within(self, service: Service, reference: str) -> tuple[bytes, bytes]:
        """The path, as it begins here, and the query. Raises NotFound for what is elsewhere."""
        try:
            found = urlsplit(urljoin(links.root(self.base, service), reference))
        except ValueError as problem:
            raise NotFound(f"{echo(reference)} is no URL") from problem
        if found.scheme not in {"", "http", "https"} or not self.is_host(found.netloc):
            raise NotFound(f"{echo(reference)} is not of this service")
        # Who does not come by the proxy knows nothing of its prefix.
        for root in (urlsplit(self.base).path, url.ROOT):
            if found.path == root or found.path.startswith(root + "/"):
                path = url.ROOT + found.path.removeprefix(root)
                return path.encode(), found.query.encode()
        raise NotFound(f"{echo(reference)} is not of this service")

    def is_host(self, name: str | None) -> bool:
        """Without a name it is the one that was asked."""
        known = {_host(urlsplit(self.base).netloc), _host(self.host or "")}
        return not name or _host(name) in known


def _host(name: str) -> str:
    return name.lower().removesuffix(":80").removesuffix(":443")
