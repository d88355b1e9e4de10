"""Every job, as data: what it reads and over which days, and what it writes. Standard library only."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import Enum


class Reach(Enum):
    """How far back from its day a job reads a table."""

    WINDOW = "window"  # a number of days, up to and including the day
    AS_OF = "as of"  # all that was known by the end of the day
    PREVIOUS = "previous"  # the newest earlier day that is there
    BEFORE = "before"  # all earlier days


@dataclass(frozen=True)
class Span:
    """The days of a table that a job reads; `days` is the length of a window."""

    reach: Reach
    days: int = 0

    @property
    def includes_the_day(self) -> bool:
        return self.reach in (Reach.WINDOW, Reach.AS_OF)


def window(days: int) -> Span:
    return Span(Reach.WINDOW, days)


# The only place where the lengths of windows are declared. Columns that end in _7d are over WEEK, in _28d over
# FOUR_WEEKS.
DAY, WEEK, FOUR_WEEKS = window(1), window(7), window(28)
AS_OF, PREVIOUS, BEFORE = Span(Reach.AS_OF), Span(Reach.PREVIOUS), Span(Reach.BEFORE)


@dataclass(frozen=True)
class Job:
    """One job. Its module in jobs/ and the function in it have its name, and its parameters those of `reads`."""

    name: str
    about: str  # one sentence, shown by --help and by the schedule
    reads: Mapping[str, Span] = field(default_factory=dict)
    writes: tuple[str, ...] = ()
    settings: tuple[str, ...] = ()  # sections of the configuration that it is handed
    model: str = ""  # the model whose active version on the day it is handed
    range: bool = False  # takes several days in one call
    reads_sources: bool = False  # reads the user's files and tables, [sources.NAME]


DAILY = (
    Job(
        "ingest",
        "Reads the sources of the day; what cannot be read goes to quarantine.",
        writes=("interactions", "accounts", "pages", "label_imports", "impressions", "quarantine"),
        settings=("sources", "ingest", "targets", "samples"),
        range=True,
        reads_sources=True,
    ),
    Job(
        "build_tiles",
        "Sums up the day's interactions by account, by domain and by both.",
        {"interactions": DAY},
        ("account_domain_days", "account_days", "attribute_days", "domain_days", "domain_links"),
        settings=("samples", "attributes"),
        range=True,
    ),
    Job(
        "track_first_seen",
        "Notes the accounts and domains that were never seen before.",
        {"account_days": DAY, "domain_days": DAY, "first_seen": BEFORE},
        ("first_seen",),
        range=True,
    ),
    Job(
        "collect_labels",
        "Gathers what became known of accounts and domains on the day.",
        {"label_imports": DAY, "label_entries": DAY},
        ("labels",),
        range=True,
    ),
    Job(
        "build_domain_features",
        "Describes how each active domain was used over 1, 7 and 28 days.",
        {
            "domain_days": FOUR_WEEKS,
            "account_domain_days": FOUR_WEEKS,
            "account_days": WEEK,
            "domain_links": FOUR_WEEKS,
            "first_seen": AS_OF,
            "pages": AS_OF,
            "impressions": DAY,
        },
        ("domain_features",),
        settings=("features", "samples"),
        range=True,
    ),
    Job(
        "score_domains",
        "Scores each active domain with the active model, with reasons.",
        {"domain_features": DAY, "labels": AS_OF},
        ("domain_scores",),
        settings=("scoring", "samples"),
        model="domain",
    ),
    Job(
        "build_account_features",
        "Describes how each active account has behaved, and what its domains' scores are.",
        {
            "account_days": FOUR_WEEKS,
            "account_domain_days": FOUR_WEEKS,
            "attribute_days": FOUR_WEEKS,
            "first_seen": AS_OF,
            "accounts": AS_OF,
            "domain_scores": DAY,
        },
        ("account_features",),
        settings=("features", "samples"),
        range=True,
    ),
    Job(
        "vote_account_labels",
        "Asks the labelling functions about each active account, and fits the label model.",
        {"account_features": DAY, "labels": AS_OF},
        ("label_votes", "labelling_ledger", "synthetic_labels"),
        settings=("labelling", "samples"),
    ),
    Job(
        "score_accounts",
        "Scores each active account with the active model, with reasons.",
        {"account_features": DAY, "labels": AS_OF},
        ("account_scores",),
        settings=("scoring", "samples"),
        model="account",
    ),
    Job(
        "build_graph",
        "Links accounts to the domains that they linked to over four weeks.",
        {"account_domain_days": FOUR_WEEKS},
        ("graph_edges", "graph_blocks"),
        settings=("graph",),
    ),
    Job(
        "propagate_labels",
        "Spreads the labels of both kinds over the account-domain graph.",
        {"graph_blocks": DAY, "labels": AS_OF, "domain_scores": DAY},
        ("graph_scores",),
        settings=("graph", "features", "samples"),
    ),
    Job(
        "find_clusters",
        "Finds accounts that act as one, by rare pairs of values that they share.",
        {
            "attribute_days": FOUR_WEEKS,
            "account_features": DAY,
            "account_scores": DAY,
            "labels": AS_OF,
            "account_clusters": PREVIOUS,
        },
        ("account_clusters", "cluster_reports", "cluster_values"),
        settings=("clusters", "attributes", "samples"),
    ),
    Job(
        "decide",
        "Fuses the detectors, applies the policy and names the evidence.",
        {
            "account_days": WEEK,
            "account_domain_days": WEEK,
            "domain_features": DAY,
            "domain_scores": DAY,
            "account_features": DAY,
            "account_scores": DAY,
            "account_clusters": DAY,
            "cluster_reports": DAY,
            "graph_scores": DAY,
            "labels": AS_OF,
            "impressions": DAY,
            "decisions": PREVIOUS,
            "evidence": PREVIOUS,
        },
        ("entity_scores", "fusion_weights", "decisions", "evidence"),
        settings=("fusion", "policy", "samples"),
    ),
    Job(
        "select_label_candidates",
        "Picks the domains whose labels would teach the domain model most, and some at random.",
        {"domain_features": DAY, "domain_scores": DAY, "labels": AS_OF, "label_candidates": BEFORE},
        ("label_candidates",),
        settings=("candidates", "samples"),
    ),
    Job(
        "fill_queue",
        "Chooses what reviewers see, within the minutes that they have.",
        {
            "entity_scores": DAY,
            "decisions": DAY,
            "evidence": DAY,
            "account_domain_days": WEEK,
            "account_clusters": DAY,
            "cluster_reports": DAY,
            "label_candidates": DAY,
            "review_queue": BEFORE,
        },
        ("review_queue",),
        settings=("queue", "samples"),
    ),
)

COMMANDS = (
    Job(
        "import_labels",
        "Takes in the labels of a file; run by `winnow labels import`.",
        {"label_entries": DAY},
        ("label_entries",),
        range=True,
    ),
)

# Trained by `winnow train`, in this order: the later ones learn from the scores of the earlier.
MODELS = ("domain", "account")

JOBS = {job.name: job for job in DAILY + COMMANDS}
WRITERS = {table: job for job in JOBS.values() for table in job.writes}


def upstream(job: Job) -> list[str]:
    """The daily jobs that write what `job` reads of the same day."""
    same_day = {table for table, span in job.reads.items() if span.includes_the_day}
    return [other.name for other in DAILY if same_day & set(other.writes)]


def runs_in_one_pass(job: Job) -> bool:
    """Whether all days of a run go through the job in one call: it takes several, and so do all jobs before it."""
    return job.range and all(runs_in_one_pass(JOBS[name]) for name in upstream(job))
