import json

import pytest
import yaml

from dphub_k8s.crd import document
from tests.unit.k8s.cli.conftest import Dphub


def test_the_definition_is_printed(dphub: Dphub) -> None:
    assert yaml.safe_load(dphub("crd").out) == document.definition()
    assert json.loads(dphub("crd", "-o", "json").out) == document.definition()


def test_every_yaml_reader_takes_on_and_true_for_texts(dphub: Dphub) -> None:
    printed = dphub("crd").out
    assert "'on':" in printed
    assert "'true':" in printed


def test_group_and_version_may_be_others(dphub: Dphub, monkeypatch: pytest.MonkeyPatch) -> None:
    asked = yaml.safe_load(dphub("crd", "--group", "data.example.org", "--version", "v1beta2").out)
    assert asked == document.definition("data.example.org", "v1beta2")
    monkeypatch.setenv("DPHUB_API_GROUP", "data.example.org")
    monkeypatch.setenv("DPHUB_API_VERSION_NAME", "v1beta2")
    assert yaml.safe_load(dphub("crd").out) == asked


@pytest.mark.parametrize(
    ("option", "value"), [("--group", "example"), ("--group", "A.b"), ("--version", "1")]
)
def test_names_that_no_server_takes_are_refused(dphub: Dphub, option: str, value: str) -> None:
    run = dphub("crd", option, value)
    assert run.status == 2
    assert f"'{value}' is no {option.strip('-')}" in " ".join(run.err.split())
