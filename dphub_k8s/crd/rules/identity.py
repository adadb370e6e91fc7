"""Names and paths that are the service's own."""

import re

from dphub_k8s.api.policies import PROTOCOLS, RESERVED, VERSION
from dphub_k8s.crd.demand import Demand, texts, whole

OWN = f"(?i:{'|'.join(map(re.escape, sorted(RESERVED)))}|{VERSION})"

DEMANDS = (
    Demand(
        "",
        f"has(self.spec.api.path) || !(self.metadata.name in {texts(RESERVED)}"
        f" || {whole('self.metadata.name', VERSION)})",
        "'<<self.metadata.name>>' is a path that the service uses itself; give an api.path",
        ".metadata.name",
    ),
    Demand(
        "spec.domain",
        f"!{whole('self', OWN)}",
        "'<<self>>' is a name that the service uses itself",
    ),
    Demand(
        "spec.api.path",
        f"!{whole('self', f'/{OWN}/?')}",
        "'<<self>>' is a path that the service uses itself",
    ),
    Demand(
        "spec.api.protocol",
        f"self.lowerAscii() in {texts(PROTOCOLS)}",
        "'<<self.lowerAscii()>>' is no protocol",
    ),
)
