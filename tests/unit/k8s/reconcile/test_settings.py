"""What is made for products, from the environment."""

import pytest

from dphub_k8s.reconcile.settings import Exposure, ObjectSettings
from dphub_k8s.settings import InvalidSetting

INGRESS = {"DPHUB_EXPOSURE": "Ingress"}


def test_nothing_is_exposed_unless_it_is_said() -> None:
    assert ObjectSettings.read({}).exposure is None
    assert ObjectSettings.read({"DPHUB_EXPOSURE": "None"}).exposure is None


def test_an_ingress_leads_to_the_service_of_the_hub() -> None:
    assert ObjectSettings.read(INGRESS).exposure == Exposure("data-product-hub", 80)


def test_all_of_it_can_be_said() -> None:
    said = {
        **INGRESS,
        "DPHUB_INGRESS_SERVICE": "hub:http",
        "DPHUB_INGRESS_HOST": "data.example.org",
        "DPHUB_INGRESS_CLASS": "gateway",
        "DPHUB_INGRESS_TLS": "certificate",
    }
    wanted = Exposure("hub", "http", "data.example.org", "gateway", "certificate")
    assert ObjectSettings.read(said).exposure == wanted


@pytest.mark.parametrize(
    ("variable", "value", "told"),
    [
        ("DPHUB_EXPOSURE", "ingress", "None or Ingress"),
        ("DPHUB_INGRESS_SERVICE", "hub", "NAME:PORT"),
        ("DPHUB_INGRESS_SERVICE", "hub:0", "NAME:PORT"),
        ("DPHUB_INGRESS_SERVICE", "Hub:80", "NAME:PORT"),
        ("DPHUB_INGRESS_HOST", "https://data.example.org", "DNS name"),
        ("DPHUB_INGRESS_CLASS", "a class", "DNS name"),
        ("DPHUB_INGRESS_TLS", "-", "DNS name"),
    ],
)
def test_what_makes_no_sense_is_refused_by_name(variable: str, value: str, told: str) -> None:
    with pytest.raises(InvalidSetting, match=f"{variable}.*{told}"):
        ObjectSettings.read({**INGRESS, variable: value})
