"""What spammers do to links that a model has learned to know: the spam of a list, changed; the rest stays."""

import re
from collections.abc import Callable
from dataclasses import replace

import numpy as np
import pyarrow as pa

from lib.arrays import Objects
from lib.evaluation.link_lists import Links
from lib.text.targets import SUFFIXES, targets_of

Random = np.random.Generator

LEET = str.maketrans("aeiost", "431057")
WORD = re.compile(r"[a-zA-Z]{4,}")  # shorter words, such as php, mean what they do
MUTATED = 0.5  # of a link's words
PADDED = (1, 3)  # words added to a path, at least and at most
LETTERS = np.array(list("abcdefghijklmnopqrstuvwxyz0123456789"))
NAME_CHARS = (8, 15)


def attacked(links: Links, attack: str, *, seed: int) -> Links:
    """`links` with all spam changed by one of ATTACKS."""
    random = np.random.default_rng(seed)
    url = links.url.copy()
    url[links.spam] = ATTACKS[attack](links, random)
    domain = targets_of(pa.array(url, pa.string())).to_pylist()
    return replace(links, url=url, domain=np.array([name or "" for name in domain], object))


def with_mutated_tokens(links: Links, random: Random) -> Objects:
    """Letters for digits, doubled, lost or swapped letters in the words of host and path; the suffix stays."""

    def mutate(word: re.Match[str]) -> str:
        return mutated(word[0], random) if random.random() < MUTATED else word[0]

    changed = []
    for url in links.url[links.spam]:
        host, slash, rest = url.partition("/")
        suffix = SUFFIXES.extract_str(host).suffix
        name = host.removesuffix(suffix)
        changed.append(WORD.sub(mutate, name) + host[len(name) :] + slash + WORD.sub(mutate, rest))
    return np.array(changed, object)


def mutated(word: str, random: Random) -> str:
    kind, place = random.integers(4), int(random.integers(1, len(word) - 1))
    if kind == 0:
        return word.translate(LEET)
    if kind == 1:
        return word[:place] + word[place] + word[place:]
    if kind == 2:
        return word[:place] + word[place + 1 :]
    return word[:place] + word[place + 1] + word[place] + word[place + 2 :]


def with_fresh_hosts(links: Links, random: Random) -> Objects:
    """The same paths on domains that nobody has seen: half random-looking names, half put together from two others."""
    names = [SUFFIXES.extract_str(domain) for domain in links.domain]
    stems = [name.domain for name in names if len(name.domain) >= 4]
    suffixes = [name.suffix or "com" for name, is_spam in zip(names, links.spam, strict=True) if is_spam]
    changed = []
    for url in links.url[links.spam]:
        name = random_name(random) if random.random() < 0.5 else recombined(stems, random)
        _, slash, rest = url.partition("/")
        changed.append(f"{name}.{random.choice(suffixes)}{slash}{rest}")
    return np.array(changed, object)


def random_name(random: Random) -> str:
    return "x" + "".join(random.choice(LETTERS, int(random.integers(*NAME_CHARS))))


def recombined(stems: list[str], random: Random) -> str:
    """The beginning of one name and the end of another."""
    if not stems:
        return random_name(random)
    first, second = (stems[int(place)] for place in random.integers(len(stems), size=2))
    return (first[: (len(first) + 1) // 2] + second[len(second) // 2 :]).strip("-") or random_name(random)


def with_padded_paths(links: Links, random: Random) -> Objects:
    """Words of benign paths, added as segments before the query."""
    paths = (url.partition("/")[2] for url in links.url[~links.spam])
    words = sorted({word for path in paths for word in WORD.findall(path)}) or ["about"]
    changed = []
    for url in links.url[links.spam]:
        place = min((url.find(mark) for mark in "?#" if mark in url), default=len(url))
        added = "/".join(random.choice(words, int(random.integers(PADDED[0], PADDED[1] + 1))))
        changed.append(f"{url[:place].rstrip('/')}/{added}{url[place:]}")
    return np.array(changed, object)


ATTACKS: dict[str, Callable[[Links, Random], Objects]] = {
    "tokens": with_mutated_tokens,
    "rotate": with_fresh_hosts,
    "pad": with_padded_paths,
}
