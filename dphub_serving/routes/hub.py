"""What the routes share: the catalog, the engine, the answers that are kept."""

from dataclasses import dataclass

from dphub_serving.cache.native import NativeTables
from dphub_serving.catalog.catalog import Catalog
from dphub_serving.catalog.local import LocalBuilds
from dphub_serving.catalog.polling import Polling
from dphub_serving.catalog.reading import CatalogReader
from dphub_serving.catalog.served import Served
from dphub_serving.odata.errors import Unavailable
from dphub_serving.rows.engine import Engine
from dphub_serving.rows.flights import Flights
from dphub_serving.rows.lru import Lru
from dphub_serving.settings import ServingSettings


@dataclass(frozen=True, slots=True)
class Hub:
    """`secret` is what next links are signed with."""

    settings: ServingSettings
    reader: CatalogReader
    polling: Polling
    engine: Engine
    native: NativeTables
    answers: Lru[tuple[str, ...], bytes]
    flights: Flights[bytes]
    secret: bytes
    builds: LocalBuilds | None
    refused: dict[str, str]

    @property
    def catalog(self) -> Catalog:
        """Raises Unavailable before the lake was read for the first time."""
        if self.reader.catalog is None:
            raise Unavailable("the lake has not been read yet", retry_after=1)
        return self.reader.catalog

    def product(self, name: str) -> Served | None:
        return self.catalog.products.get(name)

    def degraded(self) -> dict[str, str]:
        """Why something is not as it should be, by product, file or part."""
        catalog = self.reader.catalog or Catalog()
        failed = self.builds.failed if self.builds else {}
        lake = {"lake": self.polling.fault} if self.polling.fault else {}
        return {**lake, **self.refused, **failed, **catalog.degraded}
