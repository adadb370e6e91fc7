"""What cannot be read skips the tick: the reason in one line, in the log once while it lasts."""

from pathlib import Path

import dagster as dg
import pytest

from dphub_assets.build.publish import Builder
from dphub_assets.decide.declared import Declarations
from dphub_assets.loop.sensor import Hub, product_sensor
from dphub_assets.settings import DagsterSettings
from dphub_k8s.settings import Settings
from dphub_k8s.shards import Shard
from dphub_k8s.stores.directory import DirectoryStore
from tests import factories


def test_a_folder_and_a_lake_that_are_away(
    tmp_path: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    settings = Settings.read(
        {"DPHUB_HOME": str(tmp_path / "home"), "DPHUB_PRODUCTS": str(tmp_path / "products")}
    )
    declarations = Declarations(DirectoryStore(settings.products, settings.store_state), None)
    hub = Hub(declarations, Builder.read(settings), DagsterSettings.read({}), Shard())
    sensor = product_sensor(hub)
    repository = dg.Definitions(sensors=[sensor]).get_repository_def()

    def tick() -> tuple[str, str]:
        """The reason of the skipped tick, and what was logged."""
        with dg.build_sensor_context(instance=instance, repository_def=repository) as context:
            said = sensor.evaluate_tick(context).skip_message or ""
        return said, capfd.readouterr().err

    with dg.DagsterInstance.ephemeral() as instance:
        lost = f"there is no folder {settings.products}"
        said, logged = tick()
        assert said == lost
        assert [line.split(" - ")[-1] for line in logged.splitlines()] == [lost]
        assert tick() == (lost, "")

        settings.products.mkdir()
        factories.write(settings.products / "orders.yaml", factories.product())
        Path(settings.lake).parent.mkdir(exist_ok=True)
        Path(settings.lake).touch()
        said, logged = tick()
        assert "Not a directory" in said
        assert "\n" not in said
        assert logged.count("Not a directory") == 1
        assert "Traceback" not in logged

        Path(settings.lake).unlink()
        assert tick()[0].startswith("1 products")
        settings.products.rename(tmp_path / "aside")
        assert lost in tick()[1]
