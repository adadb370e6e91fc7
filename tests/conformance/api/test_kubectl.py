"""kubectl gets on with both."""

import json
from pathlib import Path

import pytest
import yaml

from dphub_k8s.cluster.client import Client
from tests.kube import kubectl, programs
from tests.kube.widgets import widget

pytestmark = pytest.mark.integration


@pytest.fixture(autouse=True)
def installed(client: Client) -> None:
    try:
        programs.folder()
    except programs.Missing as missing:
        pytest.skip(str(missing))


def test_from_apply_to_delete(kubeconfigs: dict[str, Path], namespace: str) -> None:
    admin = kubeconfigs["admin"]

    def run(*arguments: str, text: str | None = None, check: bool = True) -> str:
        done = kubectl.run(admin, "-n", namespace, *arguments, text=text, check=check)
        return done.stdout + done.stderr

    apply = ("apply", "--validate=false", "-f", "-")  # the one in memory has no OpenAPI
    assert "created" in run(*apply, text=yaml.safe_dump(widget("one", namespace)))
    assert "unchanged" in run(*apply, text=yaml.safe_dump(widget("one", namespace)))
    assert "configured" in run(*apply, text=yaml.safe_dump(widget("one", namespace, size=2)))
    assert json.loads(run("get", "widgets", "-o", "json"))["items"][0]["spec"]["size"] == 2
    assert run("get", "widgets", "-o", "name").split() == ["widget.tests.dphub.io/one"]
    told = run(*apply, text=yaml.safe_dump(widget("one", namespace, size=11)), check=False)
    assert "spec.size: Invalid value: 11: spec.size in body should be less than or equal" in told
    patch = ["--type=merge", "-p", json.dumps({"spec": {"size": 3}})]
    assert "patched" in run("patch", "widget", "one", *patch)
    wait = ("wait", "widget/one", "--for=jsonpath={.spec.size}=3", "--timeout=10s")
    assert "condition met" in run(*wait)
    assert "deleted" in run("delete", "widget", "one")
    assert "NotFound" in run("get", "widget", "one", check=False)


def test_server_side(kubeconfigs: dict[str, Path], namespace: str) -> None:
    def apply(manager: str, size: int) -> str:
        text = yaml.safe_dump(widget("one", namespace, size=size))
        options = ["--server-side", f"--field-manager={manager}", "--validate=false", "-f", "-"]
        done = kubectl.run(kubeconfigs["admin"], "apply", *options, text=text, check=False)
        return done.stdout + done.stderr

    assert "serverside-applied" in apply("hub", 1)
    told = apply("other", 2)
    assert 'conflict with "hub"' in told
    assert ".spec.size" in told
