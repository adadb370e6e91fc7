"""What a control plane needs before its first start, and the commands of its processes."""

import json
import secrets
import socket
from base64 import encodebytes
from collections.abc import Mapping, Sequence
from pathlib import Path

PORTS = ("etcd", "etcd-peer", "api", "manager")
GROUPS = {"admin": "system:masters", "nobody": "people"}
# Those that own objects, empty namespaces and give accounts their tokens need no nodes.
CONTROLLERS = (
    "clusterrole-aggregation-controller",
    "garbage-collector-controller",
    "namespace-controller",
    "root-ca-certificate-publisher-controller",
    "serviceaccount-controller",
)
ORDER_OF_P256 = 0xFFFFFFFF00000000FFFFFFFFFFFFFFFFBCE6FAADA7179E84F3B9CAC2FC632551


def prepare(folder: Path) -> dict[str, int]:
    """Its ports: they stay, so that everybody's kubeconfig does."""
    folder.mkdir(parents=True, exist_ok=True)
    ports_file, key = folder / "ports.json", folder / "accounts.key"
    if not ports_file.exists():
        ports_file.write_text(json.dumps(dict(zip(PORTS, _free(len(PORTS)), strict=True))))
    if not key.exists():
        write_private(key, _private_key())
    ports: dict[str, int] = json.loads(ports_file.read_text())
    lines = [f"{token(user)},{user},{user},{group}" for user, group in GROUPS.items()]
    write_private(folder / "tokens.csv", "\n".join(lines) + "\n")
    authority = str(folder / "certificates" / "apiserver.crt")
    server = f"https://127.0.0.1:{ports['api']}"
    cluster = {"server": server, "certificate-authority": authority}
    users = {user: token(user) for user in GROUPS}
    write_private(folder / "kubeconfig", kubeconfig(cluster, users))
    return ports


def token(user: str) -> str:
    return f"{user}-token"


def kubeconfig(cluster: Mapping[str, str], users: Mapping[str, str]) -> str:
    """The first user is the current one."""
    document = {
        "apiVersion": "v1",
        "kind": "Config",
        "clusters": [{"name": "local", "cluster": cluster}],
        "users": [{"name": name, "user": {"token": text}} for name, text in users.items()],
        "contexts": [
            {"name": name, "context": {"cluster": "local", "user": name}} for name in users
        ],
        "current-context": next(iter(users)),
    }
    return json.dumps(document, indent=2)


def commands(folder: Path, ports: Mapping[str, int]) -> dict[str, Sequence[str]]:
    """Options of each process. There is no disk to trust: what a test writes may be lost."""
    etcd, peer = f"http://127.0.0.1:{ports['etcd']}", f"http://127.0.0.1:{ports['etcd-peer']}"
    key, config = folder / "accounts.key", folder / "kubeconfig"
    return {
        "etcd": [
            f"--data-dir={folder / 'etcd'}",
            "--unsafe-no-fsync",
            "--log-level=warn",
            f"--listen-client-urls={etcd}",
            f"--advertise-client-urls={etcd}",
            f"--listen-peer-urls={peer}",
            f"--initial-advertise-peer-urls={peer}",
            f"--initial-cluster=default={peer}",
        ],
        "kube-apiserver": [
            f"--etcd-servers={etcd}",
            "--bind-address=127.0.0.1",
            f"--secure-port={ports['api']}",
            f"--cert-dir={folder / 'certificates'}",
            f"--token-auth-file={folder / 'tokens.csv'}",
            "--authorization-mode=RBAC",
            # What OpenShift does: who sets an owner that blocks deletion needs a right for it.
            "--enable-admission-plugins=OwnerReferencesPermissionEnforcement",
            "--service-cluster-ip-range=10.0.0.0/24",
            "--service-account-issuer=https://kubernetes.default.svc",
            f"--service-account-signing-key-file={key}",
            f"--service-account-key-file={key}",
        ],
        "kube-controller-manager": [
            f"--kubeconfig={config}",
            f"--authentication-kubeconfig={config}",
            f"--authorization-kubeconfig={config}",
            "--bind-address=127.0.0.1",
            f"--secure-port={ports['manager']}",
            f"--cert-dir={folder / 'certificates-of-manager'}",
            "--leader-elect=false",
            f"--service-account-private-key-file={key}",
            f"--root-ca-file={folder / 'certificates' / 'apiserver.crt'}",
            f"--controllers={','.join(CONTROLLERS)}",
        ],
    }


def write_private(file: Path, text: str) -> None:
    """Once: a file that somebody may be reading stays as it is."""
    if not file.exists() or file.read_text() != text:
        file.touch(mode=0o600)
        file.write_text(text)


def _free(count: int) -> list[int]:
    probes = [socket.socket() for _ in range(count)]
    try:
        for probe in probes:
            probe.bind(("127.0.0.1", 0))
        return [int(probe.getsockname()[1]) for probe in probes]
    finally:
        for probe in probes:
            probe.close()


def _private_key() -> str:
    """An elliptic curve's is a number: RFC 5915, on P-256, without the public half."""
    number = (secrets.randbelow(ORDER_OF_P256 - 1) + 1).to_bytes(32, "big")
    curve = bytes.fromhex("a00a06082a8648ce3d030107")
    der = bytes.fromhex("30310201010420") + number + curve
    lines = encodebytes(der).decode()
    return f"-----BEGIN EC PRIVATE KEY-----\n{lines}-----END EC PRIVATE KEY-----\n"
