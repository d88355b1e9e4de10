"""The target of a link: the registered domain by the Public Suffix List, or less of a host that many people share.

Plain Python, without Spark, without network. A link is read as a browser reads it (WHATWG URL): what a browser would
open as evil.example must not pass as something else.
"""

import ipaddress
import re
from functools import lru_cache
from typing import TYPE_CHECKING, Any
from urllib.parse import quote, unquote_to_bytes

import idna
import pyarrow as pa
import pyarrow.compute as pc
import tldextract

if TYPE_CHECKING:
    ArrowArray = Any  # the stubs want a parameter
else:
    ArrowArray = pa.Array  # Spark reads the annotations of a UDF, and wants it bare

SLASHES = ("/", "\\")
WEB_SCHEMES = frozenset({"http", "https", "ftp", "ws", "wss"})
NO_HOST_SCHEMES = frozenset({"javascript", "vbscript", "data", "blob", "file", "about", "mailto", "view-source"})
SCHEME = re.compile(r"([A-Za-z][A-Za-z0-9+.\-]*):")
PORT_FOLLOWS = re.compile(r"\d{1,5}(?:[/\\?#]|$)")  # so that the colon in example.com:80/x ends no scheme
FORBIDDEN_IN_HOST = re.compile(r"[\x00-\x20\x7f#/:<>?@\[\\\]^|%\"`{}]")
LABEL = re.compile(r"[a-z0-9_](?:[a-z0-9_\-]*[a-z0-9_])?")
NUMBER = re.compile(r"\d+|0x[0-9a-f]*")
DOTS = str.maketrans("\u3002\uff0e\uff61", "...")
UNRESERVED = re.compile(r"%([46][1-9A-Fa-f]|[57][0-9Aa]|3[0-9]|2[DdEe]|5[Ff]|7[Ee])")  # letters, digits, - . _ ~
IN_SEGMENT = "!$&'()*+,;=:@%-._~"  # stands as it is in a path segment
PLAIN = r"^(?i:https?)://(?P<host>[A-Za-z0-9.\-]+)(?:[/?#]|$)"  # almost every link; the host needs no other care
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
    host, path = split_link(url or "")
    if host is None:
        return None
    domain = domain_of_host(host)
    if domain is None or not is_shared(host, shared_hosts):
        return domain
    segment = first_segment(path)
    return "/".join(filter(None, (host.removeprefix("www."), segment)))


def targets_of(urls: ArrowArray, shared_hosts: frozenset[str] = frozenset()) -> ArrowArray:
    """target_of each of `urls`, an Arrow array of strings, which need not be valid UTF-8. Null for null."""
    found = pc.extract_regex(urls, PLAIN)
    hosts: Any = pc.if_else(pc.is_valid(found), pc.struct_field(found, "host"), None).dictionary_encode()
    known = [of_plain_host(name, shared_hosts) for name in hosts.dictionary.to_pylist()]
    domains = pa.array([domain for domain, _ in known], pa.string()).take(hosts.indices)
    shared: Any = pa.array([shared for _, shared in known], pa.bool_()).take(hosts.indices)
    careful = pc.and_(urls.is_valid(), shared.fill_null(True))  # these need the whole link
    links = urls.filter(careful).cast(pa.binary()).to_pylist()
    rest = [target_of(link.decode(errors="replace"), shared_hosts) for link in links]
    return pc.replace_with_mask(domains, careful, pa.array(rest, pa.string()))


@lru_cache(maxsize=KEPT_HOSTS)
def of_plain_host(name: str, shared_hosts: frozenset[str]) -> tuple[str | None, bool]:
    """The registered domain of a host as it stands in a link, and whether it is shared."""
    return target_of(name), is_shared(name.strip(".").lower(), shared_hosts)


def is_shared(host: str, shared_hosts: frozenset[str]) -> bool:
    """Whether `host` or a domain above it is listed: m.youtube.com must not pass for all of youtube.com."""
    labels = host.split(".") if shared_hosts else []
    return any(".".join(labels[i:]) in shared_hosts for i in range(len(labels) - 1))


def split_link(url: str) -> tuple[str | None, str]:
    """The normalised host of `url` and its path, as it stands. No host: mailto:, javascript:, a bare e-mail address."""
    url = re.sub(r"[\t\n\r]", "", url.strip("".join(map(chr, range(33)))))
    rest = after_scheme(url)
    if rest is None:
        return None, ""
    authority, path = re.fullmatch(r"([^/\\?#]*)([^?#]*).*", rest, re.DOTALL).groups()  # type: ignore[union-attr]
    if rest is url and "@" in authority and not path:
        return None, ""
    return normal_host(authority.rpartition("@")[2]), path


def after_scheme(url: str) -> str | None:
    """`url` from the first character of its authority on; null where the scheme has no host."""
    found = SCHEME.match(url)
    if found is None:
        return url if url[:1] not in SLASHES else url.lstrip("/\\") if url[1:2] in SLASHES else None
    scheme, rest = found[1].lower(), url[found.end() :]
    if scheme in WEB_SCHEMES:
        return rest.lstrip("/\\")
    if "." in scheme and PORT_FOLLOWS.match(rest):
        return url
    return rest[2:] if rest.startswith("//") and scheme not in NO_HOST_SCHEMES else None


def normal_host(host_and_port: str) -> str | None:
    """The host in lower case and in ASCII, IP addresses in their usual form; null where no browser would open it."""
    host_and_port = unquote_to_bytes(host_and_port).decode(errors="replace")
    if host_and_port.startswith("[") or host_and_port.count(":") > 1:
        return ipv6(re.sub(r"\]:\d*$", "]", host_and_port))
    host = ascii_host(host_and_port.partition(":")[0])
    if host is None or len(host) > MAX_HOST or FORBIDDEN_IN_HOST.search(host):
        return None
    return ipv4(host) if NUMBER.fullmatch(host.rpartition(".")[2]) else host or None


def ascii_host(host: str) -> str | None:
    """`host` by UTS 46, without dots at its ends: lower case, full-width forms folded, other scripts in Punycode."""
    if host.isascii():
        return host.strip(".").lower()
    try:
        mapped = idna.uts46_remap(host, std3_rules=False, transitional=False).translate(DOTS)
        return ".".join(ascii_label(label) for label in mapped.strip(".").lower().split("."))
    except UnicodeError:  # a code point that may not stand in a host
        return None


def ascii_label(label: str) -> str:
    """Browsers take labels that IDNA 2008 refuses, such as emoji."""
    return label if label.isascii() else "xn--" + label.encode("punycode").decode("ascii")


def ipv4(host: str) -> str | None:
    """A dotted address from all forms that browsers read: 1 to 4 numbers, decimal, octal or hexadecimal."""
    parts = host.split(".")
    if len(parts) > 4 or not all(NUMBER.fullmatch(part) for part in parts):
        return None
    try:
        *first, last = (number(part) for part in parts)
        if any(n > 255 for n in first) or last >= 256 ** (5 - len(parts)):
            return None
    except ValueError:
        return None
    return str(ipaddress.IPv4Address(sum(n << 8 * (3 - i) for i, n in enumerate(first)) + last))


def number(part: str) -> int:
    if part.startswith("0x"):
        return int(part[2:] or "0", 16)
    return int(part, 8 if part.startswith("0") else 10)


def ipv6(host: str) -> str | None:
    """In brackets and compressed; the IPv4 address that it stands for, if it does."""
    try:
        address = ipaddress.IPv6Address(host.removeprefix("[").removesuffix("]"))
    except ValueError:
        return None
    if address.scope_id is not None:
        return None
    return str(address.ipv4_mapped or f"[{address}]")


@lru_cache(maxsize=KEPT_HOSTS)
def domain_of_host(host: str) -> str | None:
    """The registered domain of a normalised host.

    A private suffix such as github.io is its own domain: somebody runs it. Null for a registry's suffix such as co.uk,
    for one label such as localhost, and under a top-level domain that the list does not have.
    """
    if host.startswith("[") or host.rpartition(".")[2].isdigit():  # an address
        return host
    found = SUFFIXES.extract_str(host)
    if not found.suffix or not (found.domain or found.is_private):
        return None
    domain = ".".join(filter(None, (found.domain, found.suffix)))
    return domain if all(map(is_label, domain.split("."))) else None


def is_label(label: str) -> bool:
    return len(label) <= MAX_LABEL and LABEL.fullmatch(label) is not None


def first_segment(path: str) -> str:
    """The first segment that is not empty, once dots are resolved and escapes are in their normal form (RFC 3986)."""
    kept: list[str] = []
    for raw in path.replace("\\", "/").split("/"):
        segment = UNRESERVED.sub(lambda escape: chr(int(escape[1], 16)), raw)
        if segment == "..":
            kept = kept[:-1]
        elif segment not in ("", "."):
            kept.append(segment)
    return quote(kept[0], safe=IN_SEGMENT, errors="replace") if kept else ""
