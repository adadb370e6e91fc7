"""What the addresses of the service serve: each is asked by itself, in the background.

A host name stands for all its addresses (of one family: IPv4 where there is any), so that every
replica behind it is asked and told. Nobody waits for one that does not answer; what was heard
counts for HOLD_SECONDS more.
"""

import ssl
import time
from collections.abc import Mapping, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import suppress
from dataclasses import dataclass, field, replace
from functools import cached_property
from socket import AF_INET, SOCK_STREAM, getaddrinfo

import httpx

from dphub_assets.status.conditions import Heard

HOLD_SECONDS = 30.0
# Not at every tick, and less often where everything is served.
PAUSE_SECONDS, REST_SECONDS = 0.9, 4.0
# A reload reads the lake before it is answered.
TIMEOUT = httpx.Timeout(5.0, connect=1.0)
# Less than the service keeps a connection.
KEPT_SECONDS = 2.0
AT_ONCE = 8


@dataclass(frozen=True, slots=True)
class Address:
    """`url` has an IP address for a host; `host` is what stood there, with its port."""

    url: str
    host: str
    name: str


@dataclass(frozen=True, slots=True)
class Answer:
    """The last good one of an address, and when that came; `since` when the address was first seen.
    `fault` is why there is no newer, in words that stay the same, and `detail` in others."""

    since: float
    at: float | None = None
    tag: str = ""
    products: Mapping[str, int] = field(default_factory=dict)
    fault: str = ""
    detail: str = ""


@dataclass(frozen=True)
class Hearing:
    """All answers together. `fault` names addresses that have been silent for too long; it is
    `fresh` before anything was heard at all."""

    answers: tuple[Mapping[str, int], ...] = ()
    fault: str = ""
    fresh: bool = False

    @cached_property
    def lowest(self) -> Mapping[str, int]:
        first, *others = self.answers or ({},)
        return {
            name: min([sequence, *(other[name] for other in others)])
            for name, sequence in first.items()
            if all(name in other for other in others)
        }

    def of(self, product: str) -> Heard:
        if self.fault:
            return Heard(fault=self.fault, fresh=self.fresh)
        return Heard(self.lowest.get(product))

    def is_at(self, published: Mapping[str, int]) -> bool:
        return not self.fault and all(self.lowest.get(n) == at for n, at in published.items())


NOTHING = Hearing(fault="the service has not been heard yet", fresh=True)


class Replicas:
    """`urls` are those of the service, `token` its bearer token."""

    def __init__(
        self, urls: Sequence[str], token: str | None = None, hold_seconds: float = HOLD_SECONDS
    ) -> None:
        self._urls = [httpx.URL(url) for url in urls]
        self._token = token
        self._hold = hold_seconds
        self._asking: Future[None] | None = None
        self._asked = float("-inf")
        self._told: Mapping[str, int] | None = None
        self._is_news = False
        self._answers: dict[Address, Answer] = {}
        self._hearing = NOTHING

    def ask(self, published: Mapping[str, int]) -> None:
        """Begin to, unless that has been done just now. What is newly published is told first."""
        if not self._urls or (self._asking and not self._asking.done()):
            return
        is_news = published != self._told
        pause = REST_SECONDS if self._hearing.is_at(published) else PAUSE_SECONDS
        if is_news or time.monotonic() - self._asked >= pause:
            self._asked, self._told, self._is_news = time.monotonic(), published, is_news
            self._asking = self._pool.submit(self._ask_all, is_news)

    def hearing(self, seconds: float) -> Hearing | None:
        """What is known, None where nobody is asked; what is newly published may take `seconds`."""
        if not self._urls:
            return None
        if self._asking and (self._is_news or self._asking.done()):
            with suppress(TimeoutError):
                self._asking.result(seconds)
        return self._hearing

    def faults(self) -> dict[str, str]:
        """Why there is no newer answer, by address."""
        return {
            address.url: " ".join(filter(None, [it.fault, it.detail]))
            for address, it in self._answers.items()
            if it.fault
        }

    def close(self) -> None:
        self._pool.shutdown(cancel_futures=True)
        self._http.close()

    @cached_property
    def _pool(self) -> ThreadPoolExecutor:
        return ThreadPoolExecutor(AT_ONCE + 1, thread_name_prefix="replicas")

    @cached_property
    def _http(self) -> httpx.Client:
        return httpx.Client(
            headers={"Authorization": f"Bearer {self._token}"} if self._token else {},
            timeout=TIMEOUT,
            limits=httpx.Limits(keepalive_expiry=KEPT_SECONDS),
            trust_env=False,  # no proxy stands between the parts of one hub
            verify=ssl.create_default_context(),
        )

    def _ask_all(self, is_news: bool) -> None:
        now = time.monotonic()
        found = dict.fromkeys(address for url in self._urls for address in self._addresses(url))
        last = [self._answers.get(address, Answer(since=now)) for address in found]
        tell = is_news and self._token is not None
        asked = self._pool.map(lambda address, it: self._ask(address, it, tell), found, last)
        self._answers = dict(zip(found, asked, strict=True))
        hearing = _together(self._answers, time.monotonic(), self._hold)
        if hearing != self._hearing:
            self._hearing = hearing

    def _addresses(self, url: httpx.URL) -> list[Address]:
        """Where the name cannot be looked up, those that it had."""
        try:
            return addresses(url)
        except OSError:
            known = [each for each in self._answers if each.name == url.host]
            return known or [Address(str(url).rstrip("/"), url.netloc.decode(), url.host)]

    def _ask(self, address: Address, last: Answer, tell: bool) -> Answer:
        headers = {"Host": address.host, "If-None-Match": last.tag}
        secure = {"sni_hostname": address.name}
        try:
            if tell:
                url = f"{address.url}/internal/reload-config"
                self._http.post(url, headers=headers, extensions=secure)
            url = f"{address.url}/internal/served"
            answer = self._http.get(url, headers=headers, extensions=secure)
        except httpx.HTTPError as error:
            return replace(
                last, fault="does not answer", detail=f"({type(error).__name__}: {error})"
            )
        now = time.monotonic()
        if answer.status_code == httpx.codes.NOT_MODIFIED:
            return replace(last, at=now, fault="", detail="")
        try:
            products = answer.raise_for_status().json()["products"]
            return Answer(last.since, now, answer.headers.get("etag", ""), dict(products))
        except (httpx.HTTPStatusError, ValueError, KeyError, TypeError):
            said = f"{answer.status_code} {answer.reason_phrase}"
            return replace(last, fault=f"answers {said} to GET /internal/served", detail="")


def addresses(url: httpx.URL) -> list[Address]:
    """Raises OSError when the name of the host cannot be looked up."""
    port = url.port or (443 if url.scheme == "https" else 80)
    found = getaddrinfo(url.host, port, type=SOCK_STREAM)
    family = AF_INET if any(each[0] == AF_INET for each in found) else found[0][0]
    hosts = sorted({str(each[4][0]) for each in found if each[0] == family})
    at = [str(url.copy_with(host=host, port=port)).rstrip("/") for host in hosts]
    return [Address(each, url.netloc.decode(), url.host) for each in at]


def _together(answers: Mapping[Address, Answer], now: float, hold: float) -> Hearing:
    """An address counts from its first answer on, or when it has been silent for too long."""
    silent = [
        f"{address.url} {it.fault}"
        for address, it in answers.items()
        if it.fault and now - (it.since if it.at is None else it.at) > hold
    ]
    if silent:
        return Hearing(fault="; ".join(sorted(silent)))
    heard = tuple(it.products for it in answers.values() if it.at is not None)
    if heard:
        return Hearing(heard)
    faults = sorted(f"{address.url} {it.fault}" for address, it in answers.items())
    return Hearing(fault="; ".join(faults), fresh=True)
