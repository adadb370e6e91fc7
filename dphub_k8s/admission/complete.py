"""What is put right in a document before it is checked; the text of its author stays as it is."""

from typing import Any

from dphub_k8s.admission.draft import items, within
from dphub_k8s.api.policies import ODataPolicy


def yaml_1_1_on(document: dict[str, Any]) -> None:
    """An unquoted `on:` has become true in the hands of kubectl."""
    for join in items(document, "spec", "backend", "joins"):
        if isinstance(join, dict) and "true" in join and "on" not in join:
            join["on"] = join.pop("true")


def protocol_in_lower_case(document: dict[str, Any]) -> None:
    api = within(document, "spec", "api")
    if isinstance(api.get("protocol"), str):
        api["protocol"] = api["protocol"].lower()


def path_without_last_slash(document: dict[str, Any]) -> None:
    api = within(document, "spec", "api")
    if isinstance(api.get("path"), str) and len(api["path"]) > 1:
        api["path"] = api["path"].removesuffix("/")


def default_top_within_max_top(document: dict[str, Any]) -> None:
    """Whoever asks for smaller pages does not have to say so twice."""
    odata = within(document, "spec", "odata")
    most = odata.get("max_top")
    usual = ODataPolicy.model_fields["default_top"].default
    if "default_top" in odata or not isinstance(most, int) or isinstance(most, bool):
        return
    if 1 <= most < usual:
        odata["default_top"] = most
