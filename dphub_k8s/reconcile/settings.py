"""What the hub makes for products in a cluster, from the environment (`DPHUB_…`)."""

import os
import re
from collections.abc import Mapping
from dataclasses import dataclass

from dphub_k8s.cluster.settings import LABEL, ClusterSettings
from dphub_k8s.settings import InvalidSetting

SERVICE = "data-product-hub:80"
EXPOSURES = ("None", "Ingress")
# A number, or the name of a port of the Service.
PORT = re.compile(r"[1-9][0-9]{0,4}|(?=.*[a-z])[a-z0-9]([a-z0-9-]{0,13}[a-z0-9])?")
SUBDOMAIN = re.compile(rf"(\*\.)?{LABEL.pattern}(\.{LABEL.pattern})*")


@dataclass(frozen=True, slots=True)
class Exposure:
    """By Ingress. `host` None: any; `ingress_class` None: the cluster's default; `tls` is a Secret;
    `port` is one of the Service, by number or name."""

    service: str
    port: int | str
    host: str | None = None
    ingress_class: str | None = None
    tls: str | None = None


@dataclass(frozen=True, slots=True)
class ObjectSettings:
    cluster: ClusterSettings
    exposure: Exposure | None = None

    @classmethod
    def read(cls, env: Mapping[str, str] = os.environ) -> "ObjectSettings":
        """Raises InvalidSetting."""
        kind = env.get("DPHUB_EXPOSURE") or "None"
        if kind not in EXPOSURES:
            raise InvalidSetting(f"DPHUB_EXPOSURE is {' or '.join(EXPOSURES)}, not {kind!r}")
        return cls(ClusterSettings.read(env), _exposure(env) if kind == "Ingress" else None)


def _exposure(env: Mapping[str, str]) -> Exposure:
    named = env.get("DPHUB_INGRESS_SERVICE") or SERVICE
    service, _, port = named.partition(":")
    if not LABEL.fullmatch(service) or not PORT.fullmatch(port):
        told = f"DPHUB_INGRESS_SERVICE is NAME:PORT, as in {SERVICE}, not {named!r}"
        raise InvalidSetting(told)
    return Exposure(
        service=service,
        port=int(port) if port.isdigit() else port,
        host=_named(env, "DPHUB_INGRESS_HOST"),
        ingress_class=_named(env, "DPHUB_INGRESS_CLASS"),
        tls=_named(env, "DPHUB_INGRESS_TLS"),
    )


def _named(env: Mapping[str, str], variable: str) -> str | None:
    found = env.get(variable) or None
    if found and not SUBDOMAIN.fullmatch(found):
        told = f"{variable} cannot be {found!r}: it is a DNS name, as data.example.org"
        raise InvalidSetting(told)
    return found
