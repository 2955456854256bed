"""What an outgoing request may name and reach: URLs, addresses and sites; pure functions."""

from __future__ import annotations

import re
from collections.abc import Iterable
from contextlib import suppress
from ipaddress import (
    IPv4Address,
    IPv4Network,
    IPv6Address,
    IPv6Network,
    ip_address,
)
from urllib.parse import SplitResult, quote, urljoin, urlsplit

_MAX_URL = 8192

# Python calls these global although nothing we want to read lives there.
_REFUSED_V4 = (IPv4Network("192.0.0.0/24"), IPv4Network("192.88.99.0/24"))
# 2000::/3 is the only part of IPv6 given out as global unicast (RFC 4291, IANA registry).
_GLOBAL_V6 = IPv6Network("2000::/3")
# 6to4 and Teredo carry an IPv4 address of anyone's choice; 3fff::/20 is documentation (RFC 9637).
_REFUSED_V6 = tuple(IPv6Network(n) for n in ("2001::/23", "2002::/16", "3fff::/20"))
_NAT64 = IPv6Network("64:ff9b::/96")

# Names under which others register, below a country's domain.
_SHARED = frozenset({"ac", "co", "com", "edu", "gob", "gov", "go", "mil", "net", "or", "org"})


def split_url(url: str) -> SplitResult:
    """Split a URL that may be requested.

    Raise ValueError with the reason for any other.
    """
    if len(url) > _MAX_URL:
        raise ValueError(f"URL longer than {_MAX_URL} characters")
    if any(c < " " or c in "\x7f\\" for c in url) or url != url.strip():
        raise ValueError("control character, backslash or outer space in URL")
    parts = urlsplit(url)
    if parts.scheme not in ("http", "https"):
        raise ValueError(f"scheme not allowed: {parts.scheme[:20] or 'none'}")
    if "@" in parts.netloc or "%" in parts.netloc:
        raise ValueError("user name, zone or escape in the host of the URL")
    if not parts.hostname:
        raise ValueError("no host in URL")
    return parts


def find_origin(parts: SplitResult) -> tuple[str, int]:
    """Return host and port; raise ValueError for a port that is none."""
    return parts.hostname or "", parts.port or (443 if parts.scheme == "https" else 80)


def find_origins(urls: Iterable[str]) -> frozenset[tuple[str, int]]:
    """Return host and port of every URL that may be requested; the others have none."""
    found = set()
    for url in urls:
        with suppress(ValueError):
            found.add(find_origin(split_url(url)))
    return frozenset(found)


def is_public(address: str) -> bool:
    """Say whether an address is global unicast, whatever IPv6 form wraps it."""
    found = _unwrap_address(address)
    if isinstance(found, IPv4Address):
        return (
            found.is_global
            and not found.is_multicast
            and not any(found in net for net in _REFUSED_V4)
        )
    return found in _GLOBAL_V6 and found.is_global and not any(found in n for n in _REFUSED_V6)


def is_loopback(address: str) -> bool:
    """Say whether an address is 127.0.0.0/8 or ::1, also when mapped into IPv6."""
    return _unwrap_address(address).is_loopback


def _unwrap_address(address: str) -> IPv4Address | IPv6Address:
    found = ip_address(address.partition("%")[0])
    if isinstance(found, IPv6Address):
        if found.ipv4_mapped is not None:
            return found.ipv4_mapped
        if found in _NAT64:
            return IPv4Address(int(found) & 0xFFFFFFFF)
    return found


def find_site(host: str) -> str:
    """Return the part of a host name that one owner registers: ccgp.gov.cn of www.ccgp.gov.cn.

    A rule in place of the Public Suffix List: below a two-letter domain the third label
    counts when the second is a shared one, in .cn also a province's (bj.cn). An address
    is its own site.
    """
    host = host.lower().rstrip(".")
    labels = host.split(".")
    if _is_literal(host) or len(labels) < 3:
        return host
    country, second = labels[-1], labels[-2]
    shared = second in _SHARED or (country == "cn" and len(second) == 2)
    return ".".join(labels[-3:] if len(country) == 2 and shared else labels[-2:])


def join_redirect(url: str, location: str) -> str:
    """Return where a Location header leads from `url`.

    `location` is as http.client gives it, Latin-1 for bytes: bytes beyond ASCII are
    percent-encoded as they came, in whatever charset. Raise ValueError with the reason
    for a redirect that must not be followed: no web page, from https to http, another
    site, or another port of an address.
    """
    if any(c < " " or c in "\x7f\\" for c in location):
        raise ValueError("control character or backslash in Location")
    there = quote(location.strip().encode("latin-1"), safe="%/:=&?~#+!$,;'@()*[]")
    target = urljoin(url, there)
    old, new = split_url(url), split_url(target)
    if (old.scheme, new.scheme) == ("https", "http"):
        raise ValueError("from https to http")
    (host, port), (new_host, new_port) = find_origin(old), find_origin(new)
    if find_site(host) != find_site(new_host):
        raise ValueError(f"to another site: {new_host[:80]}")
    if port != new_port and (_is_literal(host) or "." not in host):
        raise ValueError(f"to another port: {new_port}")
    return target


def is_home(url: str, addresses: Iterable[str]) -> bool:
    """Return whether a redirect from one of a source's own addresses might lead to a URL."""
    for address in addresses:
        with suppress(ValueError):
            join_redirect(address, url)
            return True
    return False


def drop_secret(location: str, pair: tuple[str, str] | None) -> str:
    """Return a Location without a secret name and value that we put into the query."""
    if pair is None:
        return location
    name, value = pair
    bare = re.sub(rf"(?<=[?&]){re.escape(name)}=[^&#]*&?", "", location)
    return bare.replace(quote(value, safe=""), "").replace(value, "")


def _is_literal(host: str) -> bool:
    return ":" in host or host.rsplit(".", 1)[-1].isdigit()
