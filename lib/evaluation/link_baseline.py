"""scikit-learn's models of the same links: what the link branch of the domain model is compared with."""

import math
from collections import Counter
from collections.abc import Callable

import numpy as np

from lib.arrays import Floats
from lib.evaluation.link_lists import Links
from lib.text.targets import SUFFIXES

Scores = Callable[[Links], Floats]

NGRAMS = (3, 5)  # characters
SUFFIX_LEVELS = 64  # the most frequent suffixes of the training links; the others are one
PAGES = ("html", "htm", "shtml", "xhtml")
SCRIPTS = ("php", "asp", "aspx", "cgi", "pl", "jsp", "cfm", "exe")
PATH_TYPES = ("", "page", "script", "file", "folder", "name")  # none, then by what the last segment is


def fit_baseline(train: Links) -> Scores:
    """The sum of the logits of a regression on character n-grams and of boosted trees on the shape of the link."""
    parts = (fit_ngrams(train), fit_trees(train))
    return lambda links: np.asarray(sum(part(links) for part in parts))


def fit_ngrams(train: Links) -> Scores:
    """Logistic regression on TF-IDF of the character n-grams of host and path."""
    from sklearn.feature_extraction.text import TfidfVectorizer  # noqa: PLC0415 - takes seconds
    from sklearn.linear_model import LogisticRegression  # noqa: PLC0415

    texts = TfidfVectorizer(analyzer="char", ngram_range=NGRAMS, sublinear_tf=True)
    model = LogisticRegression(C=10.0, max_iter=1000, solver="liblinear", random_state=0)
    model.fit(texts.fit_transform(train.url), train.spam)
    return lambda links: np.asarray(model.decision_function(texts.transform(links.url)))


def fit_trees(train: Links) -> Scores:
    """Histogram gradient boosting, as it comes, on shapes_of the links."""
    from sklearn.ensemble import HistGradientBoostingClassifier  # noqa: PLC0415 - takes seconds

    counted = Counter(suffix_of(domain) for domain in train.domain)
    known = {name: code for code, (name, _) in enumerate(counted.most_common(SUFFIX_LEVELS))}
    shapes = shapes_of(train, known)
    is_category = np.arange(shapes.shape[1]) >= shapes.shape[1] - 2
    model = HistGradientBoostingClassifier(categorical_features=is_category, random_state=0).fit(shapes, train.spam)
    return lambda links: np.asarray(model.decision_function(shapes_of(links, known)))


def shapes_of(links: Links, suffixes: dict[str, int]) -> Floats:
    """(n, features): the last two are the codes of the path's type and of the suffix."""
    return np.array([shape_of(*pair, suffixes) for pair in zip(links.url, links.domain, strict=True)], np.float64)


def shape_of(url: str, domain: str, suffixes: dict[str, int]) -> list[float]:
    host, _, rest = url.lower().partition("/")
    path, _, query = rest.partition("?")
    name = domain.removesuffix(suffix_of(domain)).strip(".")
    words = [word for word in path.replace("-", "/").replace("_", "/").replace(".", "/").split("/") if word]
    return [
        *(len(text) for text in (host, path, query, name)),
        *(host.count(mark) for mark in ".-"),
        *(path.count(mark) for mark in "/.-_%"),
        *(query.count(mark) for mark in "=&%"),
        *(digit_share(text) for text in (host, path, name)),
        *(entropy(text) for text in (host, path)),
        max(map(len, words), default=0),
        len(words),
        name.count("-") + 1,
        sum(letter in "aeiou" for letter in name) / max(len(name), 1),
        PATH_TYPES.index(path_type(path)),
        suffixes.get(suffix_of(domain), SUFFIX_LEVELS),
    ]


def suffix_of(domain: str) -> str:
    return SUFFIXES.extract_str(domain).suffix


def digit_share(text: str) -> float:
    return sum(map(str.isdigit, text)) / max(len(text), 1)


def entropy(text: str) -> float:
    """Of the characters, in bits."""
    return -sum(n / len(text) * math.log2(n / len(text)) for n in Counter(text).values())


def path_type(path: str) -> str:
    if not path:
        return ""
    last = path.rpartition("/")[2]
    ending = last.rpartition(".")[2] if "." in last else ""
    if not ending:
        return "name" if last else "folder"
    return "page" if ending in PAGES else "script" if ending in SCRIPTS else "file"
