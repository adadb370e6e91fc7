"""What a cluster has to hold for a product."""

from dataclasses import replace
from typing import Any

import pytest

from dphub_k8s.reconcile.desired import desired
from dphub_k8s.reconcile.settings import ObjectSettings
from tests.factories import admitted
from tests.kube.declared import EXPOSURE, settings

NONE = settings(exposure=None)


def made(said: ObjectSettings, namespace: str = "hub", **spec: Any) -> list[Any]:
    return list(desired(admitted("orders", **spec), "u-1", namespace, said))


def test_a_product_is_exposed_by_an_ingress_of_its_own() -> None:
    assert made(settings()) == [
        {
            "apiVersion": "networking.k8s.io/v1",
            "kind": "Ingress",
            "metadata": {
                "name": "dp-orders",
                "namespace": "hub",
                "labels": {
                    "app.kubernetes.io/managed-by": "dphub",
                    "dphub.io/product": "orders",
                    "dphub.io/product-uid": "u-1",
                },
                "ownerReferences": [
                    {
                        "apiVersion": "openness.ecostruxure.se.app/v1alpha1",
                        "kind": "DataProduct",
                        "name": "orders",
                        "uid": "u-1",
                        "controller": True,
                        "blockOwnerDeletion": False,
                    }
                ],
            },
            "spec": {
                "rules": [
                    {
                        "host": "data.example.org",
                        "http": {
                            "paths": [
                                {
                                    "path": "/odata/orders",
                                    "pathType": "Prefix",
                                    "backend": {
                                        "service": {
                                            "name": "data-product-hub",
                                            "port": {"number": 80},
                                        }
                                    },
                                }
                            ]
                        },
                    }
                ]
            },
        }
    ]


@pytest.mark.parametrize("said", [made(NONE), made(settings(), namespace="elsewhere")])
def test_nothing_is_made_of_what_is_not_exposed_or_not_beside_the_service(said: list[Any]) -> None:
    assert said == []


def test_the_path_is_that_of_the_product() -> None:
    (ingress,) = made(settings(), api={"path": "/sales"})
    assert ingress["metadata"]["name"] == "dp-orders"
    assert ingress["spec"]["rules"][0]["http"]["paths"][0]["path"] == "/odata/sales"


def test_class_tls_and_a_named_port_are_said_where_they_are_set() -> None:
    exposure = replace(EXPOSURE, port="http", ingress_class="gateway", tls="certificate")
    spec = made(settings(exposure=exposure))[0]["spec"]
    assert spec["ingressClassName"] == "gateway"
    assert spec["tls"] == [{"hosts": ["data.example.org"], "secretName": "certificate"}]
    (path,) = spec["rules"][0]["http"]["paths"]
    assert path["backend"]["service"]["port"] == {"name": "http"}


def test_without_a_host_any_will_do() -> None:
    exposure = replace(EXPOSURE, host=None, tls="certificate")
    spec = made(settings(exposure=exposure))[0]["spec"]
    assert "host" not in spec["rules"][0]
    assert spec["tls"] == [{"secretName": "certificate"}]
