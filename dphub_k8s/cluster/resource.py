"""The paths of the API server."""

from dataclasses import dataclass
from urllib.parse import quote


@dataclass(frozen=True, slots=True)
class Resource:
    """One resource; `group` is empty for the core (`Resource("", "v1", "configmaps")`)."""

    group: str
    version: str
    plural: str

    def path(
        self, namespace: str | None = None, name: str | None = None, subresource: str | None = None
    ) -> str:
        """The collection in a namespace or in all, or an object, or its subresource."""
        root = ["apis", self.group] if self.group else ["api"]
        place = ["namespaces", namespace] if namespace else []
        parts = [*root, self.version, *place, self.plural, name, subresource]
        return "/" + "/".join(quote(part, safe="") for part in parts if part)
