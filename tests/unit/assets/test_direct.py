"""Builds without Dagster, of files whose products read each other."""

import json
from pathlib import Path

import polars as pl
import pytest

from dphub_assets import direct
from dphub_assets.lake.reader import LakeReader
from tests import build_products, factories

UP = factories.product("up", sources=["rows"], columns={"item": "uuid"})
DOWN = factories.product("down", sources={"up": {"product": "up"}}, columns={"item": "uuid"})


@pytest.fixture
def here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("DPHUB_HOME", str(tmp_path / "home"))
    monkeypatch.setenv("DPHUB_DATA_ROOT", str(tmp_path))
    monkeypatch.setenv("DPHUB_PRODUCTS", str(tmp_path / "products"))
    frame = pl.DataFrame({"item": ["00000000-0000-4000-8000-000000000001"]})
    build_products.write(tmp_path, {"rows": frame})
    return tmp_path


def test_what_is_read_is_built_first(here: Path) -> None:
    file = factories.write(here / "mesh.yaml", DOWN, UP)
    assert direct.materialize([str(file)]) == 0
    down = LakeReader.at(here / "home" / "lake").current("down")
    assert down is not None
    assert [source.location for source in down.document.sources] == ["up@0"]


def test_validation_asks_what_other_files_declare(
    here: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (here / "products").mkdir()
    factories.write(here / "products" / "up.yaml", UP)
    wrong = factories.changed(DOWN, "spec.entity.columns.1.name", "itme")
    file = factories.write(here / "down.yaml", wrong)
    assert direct.validate([str(file)]) == 1
    told = json.loads(capsys.readouterr().out)
    assert (told["reason"], told["path"]) == ("UnknownColumn", "spec.entity.columns[1].name")
    assert direct.validate([str(factories.write(here / "down.yaml", DOWN))]) == 0


def test_a_product_that_nobody_declares_is_missing(
    here: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert direct.validate([str(factories.write(here / "down.yaml", DOWN))]) == 1
    assert "product up has published nothing yet" in capsys.readouterr().out
