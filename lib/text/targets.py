"""The target of a link: the registered domain by the Public Suffix List, or less of a host that many people share.

Plain Python, without Spark, without network. A link is read as a browser reads it (WHATWG URL): what a browser would
open as evil.example must not pass as something else.
"""

import ipaddress
import re
from collections.abc import Callable
from functools import lru_cache
from typing import TYPE_CHECKING, Any
from urllib.parse import quote

import ada_url
import pyarrow as pa
import pyarrow.compute as pc
import tldextract
from pyspark.sql import Column
from pyspark.sql.pandas.functions import arrow_udf
from pyspark.sql.types import ArrayType, StringType, StructField, StructType

from lib.config import TargetSettings

if TYPE_CHECKING:
    ArrowArray = Any  # the stubs want a parameter
else:
    ArrowArray = pa.Array  # Spark reads the annotations of a UDF, and wants it bare

SLASHES = ("/", "\\")
SPACE_AND_CONTROL = "".join(map(chr, range(33)))  # around a link they are ignored, and line breaks anywhere in it
LINE_BREAKS = str.maketrans("", "", "\t\n\r")
NO_HOST_SCHEMES = frozenset({"javascript", "vbscript", "data", "blob", "file", "about", "mailto", "view-source"})
SCHEME = re.compile(r"([A-Za-z][A-Za-z0-9+.\-]*):")
PORT_FOLLOWS = re.compile(r"\d{1,5}(?:[/\\?#]|$)")  # so that the colon in example.com:80/x ends no scheme
LABEL = re.compile(r"[a-z0-9_](?:[a-z0-9_\-]*[a-z0-9_])?")
BARE_IPV6 = re.compile(r"\[?[0-9A-Fa-f.]*:[0-9A-Fa-f.]*:[0-9A-Fa-f:.]*\]?")
# Addresses, other scripts and opaque hosts: they need the standard.
NOT_PLAIN = re.compile(r"[^a-z0-9._\-]|(?:^|\.)(?:\d+|0x[0-9a-f]*)\.?$")
ENDS_IN_NUMBER = re.compile(r"(?:^|\.)\d+$")  # in a host by the standard: an IPv4 address
UNRESERVED = re.compile(r"%([46][1-9A-Fa-f]|[57][0-9Aa]|3[0-9]|2[DdEe]|5[Ff]|7[Ee])")  # letters, digits, - . _ ~
IN_SEGMENT = "!$&'()*+,;=:@%-._~"  # need no escape in a path segment
PLAIN = r"^(?i:https?)://(?P<host>[A-Za-z0-9.\-]+)(?:[/?#]|$)"  # almost every link
MAX_HOST, MAX_LABEL = 253, 63  # longer ones are in no DNS
KEPT_HOSTS = 1 << 18  # registered domains that a process remembers, about 50 MB

# The snapshot in the wheel: no network and no cache folder. The documentation's own names are names, too (RFC 2606).
SUFFIXES = tldextract.TLDExtract(
    suffix_list_urls=(), cache_dir=None, include_psl_private_domains=True, extra_suffixes=("example", "test")
)


def target_of(url: str | None, shared_hosts: frozenset[str] = frozenset()) -> str | None:
    """The registered domain of `url` (private suffixes count as suffixes), or its IP address; null without a host.

    On a host in `shared_hosts`, or below one, it is the host (without www) and the first segment of the path; the
    host itself where there is no path. The target of a target is the target itself.
    """
    standard_host, path = host_and_path(url or "")
    host = web_host(standard_host or "")
    domain = domain_of_host(host)
    if domain is None or not is_shared(host, shared_hosts):
        return domain
    return "/".join(filter(None, (host.removeprefix("www."), first_segment(path))))


def targets_of(urls: ArrowArray, shared_hosts: frozenset[str] = frozenset()) -> ArrowArray:
    """target_of each of `urls`, an Arrow array of strings, which need not be valid UTF-8. Null for null."""
    plain = pc.extract_regex(urls, PLAIN)
    hosts: Any = pc.if_else(pc.is_valid(plain), pc.struct_field(plain, "host"), None).dictionary_encode()
    known = [of_plain_host(name, shared_hosts) for name in hosts.dictionary.to_pylist()]
    domains = pa.array([domain for domain, _ in known], pa.string()).take(hosts.indices)
    shared: Any = pa.array([shared for _, shared in known], pa.bool_()).take(hosts.indices)
    careful = pc.and_(urls.is_valid(), shared.fill_null(True))  # these need the whole link
    links = urls.filter(careful).cast(pa.binary()).to_pylist()
    rest = [target_of(link.decode(errors="replace"), shared_hosts) for link in links]
    return pc.replace_with_mask(domains, careful, pa.array(rest, pa.string()))


@lru_cache(maxsize=KEPT_HOSTS)
def of_plain_host(name: str, shared_hosts: frozenset[str]) -> tuple[str | None, bool]:
    """The registered domain of a host as it is in a link, and whether it is shared."""
    host = web_host(name.lower())
    return domain_of_host(host), is_shared(host, shared_hosts)


def is_shared(host: str, shared_hosts: frozenset[str]) -> bool:
    """Whether `host` or a domain above it is listed: m.youtube.com must not pass for all of youtube.com."""
    labels = host.split(".") if shared_hosts else []
    return any(".".join(labels[i:]) in shared_hosts for i in range(len(labels) - 1))


def host_and_path(url: str) -> tuple[str | None, str]:
    """The host of `url` by the WHATWG URL standard, and its path; no host where no browser would open it.

    Without a scheme it is read as a web page's, as it is where it is made a link. No host: mailto:, javascript:, a bare
    e-mail address, a path without a host.
    """
    url = url.strip(SPACE_AND_CONTROL).translate(LINE_BREAKS)
    scheme = SCHEME.match(url)
    if scheme is None or ("." in scheme[1] and PORT_FOLLOWS.match(url, scheme.end())):
        url = with_scheme(url)
    elif scheme[1].lower() in NO_HOST_SCHEMES:
        return None, ""
    return standard_parts(url)


def standard_parts(url: str) -> tuple[str | None, str]:
    """Host and path of an absolute URL by the standard: https://url.spec.whatwg.org/."""
    try:
        parts = ada_url.parse_url(url, attributes=("hostname", "pathname"))
    except ValueError:
        return None, ""
    return parts["hostname"] or None, parts["pathname"]


def with_scheme(url: str) -> str:
    """A link without a scheme as one that has one; empty where it has no host. Its port and user are left out."""
    slashes, authority, path = re.fullmatch(r"([/\\]*)([^/\\?#]*)(.*)", url, re.DOTALL).groups()  # type: ignore[union-attr]
    is_email = "@" in authority and not slashes and path[:1] not in SLASHES
    if len(slashes) == 1 or is_email:
        return ""
    host = authority.rpartition("@")[2]
    if BARE_IPV6.fullmatch(host):
        host = f"[{host.strip('[]')}]"
    elif not host.startswith("["):
        host = host.partition(":")[0]
    return f"http://{host}{path}" if host else ""


def web_host(host: str) -> str:
    """A host in lower case and in ASCII, without dots at its ends, addresses in their usual form; "" where it is none.

    It takes plain names and the opaque hosts of other schemes than the web's as well: an app reads foo://EXAMPLE.com as
    it reads the web's.
    """
    if NOT_PLAIN.search(host):
        host = standard_parts(f"http://{host}")[0] or ""
        if host.startswith("["):
            return str(ipaddress.IPv6Address(host[1:-1]).ipv4_mapped or host)
    host = host.strip(".")
    return host if len(host) <= MAX_HOST else ""


@lru_cache(maxsize=KEPT_HOSTS)
def domain_of_host(host: str) -> str | None:
    """The registered domain of a web_host, or the address that it is.

    A private suffix such as github.io is its own domain: somebody runs it. Null for a registry's suffix such as co.uk,
    for one label such as localhost, and under a top-level domain that the list does not have.
    """
    if not host or host.startswith("[") or ENDS_IN_NUMBER.search(host):
        return host or None
    parts = SUFFIXES.extract_str(host)
    if not parts.suffix or not (parts.domain or parts.is_private):
        return None
    domain = ".".join(filter(None, (parts.domain, parts.suffix)))
    return domain if all(map(is_label, domain.split("."))) else None


def is_label(label: str) -> bool:
    return len(label) <= MAX_LABEL and LABEL.fullmatch(label) is not None


def first_segment(path: str) -> str:
    """The first segment that is not empty, of a path by the standard, with its escapes in normal form (RFC 3986)."""
    segment = next(filter(None, path.split("/")), "")
    plain = UNRESERVED.sub(lambda escape: chr(int(escape[1], 16)), segment)
    return quote(plain, safe=IN_SEGMENT, errors="replace")


OnColumn = Callable[..., Column]
PAIR = StructType([StructField("url", StringType()), StructField("domain", StringType())])


def target_column(settings: TargetSettings) -> OnColumn:
    """A function of a column of links: the target of each; null where there is none."""
    shared = frozenset(settings.shared_hosts)

    def registered_domain(urls: ArrowArray) -> ArrowArray:
        return targets_of(urls, shared)

    column: OnColumn = arrow_udf(registered_domain, StringType())  # type: ignore[call-overload]
    return column


def targets_column(settings: TargetSettings) -> OnColumn:
    """A function of a column of arrays of links: each link with its target, in order. No nulls, no blank links.

    An empty array for null: Spark would take as long to put the pairs together, in every row, as this does in all.
    """
    shared = frozenset(settings.shared_hosts)

    def targets(links: ArrowArray) -> ArrowArray:
        return by_list(links, shared)

    column: OnColumn = arrow_udf(targets, ArrayType(PAIR))  # type: ignore[call-overload]
    return column


def by_list(lists: ArrowArray, shared: frozenset[str]) -> ArrowArray:
    """Pairs of url and domain within an Arrow array of arrays, all of its links in one call."""
    links = lists.flatten()
    is_link = pc.fill_null(pc.match_substring_regex(links, r"\S"), False)
    before = pa.concat_arrays([pa.array([0], pa.int64()), pc.cumulative_sum(is_link.cast(pa.int64()))])
    sizes = pc.fill_null(pc.list_value_length(lists), 0).cast(pa.int64())
    ends = pa.concat_arrays([pa.array([0], pa.int64()), pc.cumulative_sum(sizes)])
    kept = links.filter(is_link)
    pairs = pa.StructArray.from_arrays([kept, targets_of(kept, shared)], names=["url", "domain"])
    return pa.ListArray.from_arrays(before.take(ends).cast(pa.int32()), pairs)
