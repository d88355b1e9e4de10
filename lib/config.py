"""Every setting with its default, its unit and its reason, in one place.

Values come from winnow.toml. A variable of the environment, such as WINNOW_TRACKING__URI, goes before the file, and so
does a file of that name in lower case without WINNOW_ (tracking__uri) in the folder that WINNOW_SECRETS names: secrets
belong there. All mistakes are reported at once, each by its key.
"""

import hashlib
import json
import os
import tomllib
from collections.abc import Iterable
from pathlib import Path
from typing import Annotated, Any, Literal

from pydantic import AfterValidator, BaseModel, BeforeValidator, ConfigDict, Field, ValidationError, model_validator
from pydantic_settings import (
    BaseSettings,
    NestedSecretsSettingsSource,
    PydanticBaseSettingsSource,
    SettingsConfigDict,
    SettingsError,
)

PREFIX, SECRETS = "WINNOW_", "WINNOW_SECRETS"
DEFAULTS: dict[str, Any] = tomllib.loads(Path(__file__).with_name("defaults.toml").read_text(encoding="utf-8"))
Share = Annotated[float, Field(ge=0, le=1)]
Positive = Annotated[float, Field(gt=0)]
Count = Annotated[int, Field(ge=1)]
Name = Annotated[str, Field(pattern=r"^[A-Za-z_][A-Za-z0-9_]*$")]
SourceTable = Literal["interactions", "accounts", "pages", "label_imports", "impressions"]


class ConfigError(ValueError):
    """winnow.toml cannot be used; the message lists every mistake."""


class Section(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class LakeSettings(Section):
    path: str = "lake"  # any path that Hadoop can read; a relative one is taken from the folder of winnow.toml


class SparkSettings(Section):
    master: str = "local[*]"
    driver_memory: str = "4g"  # in local mode the driver is also the only executor
    shuffle_partitions: Count = 4  # few: a day's tiles are small, and each partition costs a task
    options: dict[str, str] = {}  # any further Spark option, as it stands


class Source(Section):
    """One [sources.NAME]: where rows come from and how the user's columns become ours."""

    table: SourceTable
    format: Literal["parquet", "json", "csv", "delta", "table"]
    path: str = ""  # for format "table": the table's name; {day} becomes the landing day, such as 2026-03-10
    select: dict[str, str] = {}  # our column -> Spark SQL over the user's columns; ours by the same name if left out
    options: dict[str, str] = {}  # of Spark's CSV reader, such as sep

    @model_validator(mode="after")
    def path_is_given(self) -> "Source":
        if not self.path:
            raise ValueError("path is missing")
        return self

    @property
    def daily(self) -> bool:
        return "{day}" in self.path


class IngestSettings(Section):
    bad_share: Share = 0.05  # of a source's rows on one landing day; more of them stop the run
    min_bad_rows: Count = 2  # fewer do not stop it: a single bad row among few good ones is no broken source
    lateness_days: Annotated[int, Field(ge=0)] = 3  # an event that lands later than this after its day is quarantined
    max_url_bytes: Count = 8192  # a longer link spoils its row


class TargetSettings(Section):
    """Hosts that many people share: host plus first path segment is the target, never the host as a whole."""

    shared_hosts: tuple[str, ...] = (
        "bit.ly", "t.co", "goo.gl", "tinyurl.com", "ow.ly", "is.gd", "buff.ly", "cutt.ly", "rebrand.ly", "rb.gy",
        "t.ly", "lnkd.in", "linktr.ee", "sites.google.com", "docs.google.com", "drive.google.com", "forms.gle",
        "medium.com", "t.me", "telegra.ph", "youtube.com", "facebook.com", "instagram.com", "twitter.com", "x.com",
    )  # fmt: skip


class SampleSettings(Section):
    salt: str = "winnow"  # of every hash sample and of the folds; a new salt draws new samples
    folds: Annotated[int, Field(ge=2)] = 5
    links_per_domain: Count = 20  # links of a domain that its bag holds
    sketch_size: Count = 64  # hashes kept of distinct networks and clients: exact up to it, error about 1/8 above
    minutes_per_value: Count = 24  # kept of an account's minutes of a day with one value: the same for all accounts


class Attribute(Section):
    """One [attributes.NAME]: something that accounts in one hand have in common."""

    sql: str  # Spark SQL over the columns of `of`; an array is several values; empty: the attribute is not used
    of: Literal["interactions", "accounts"] = "interactions"  # accounts: rows of account_features


ATTRIBUTES = {name: Attribute(**values) for name, values in DEFAULTS["attributes"].items()}


def with_default_attributes(given: Any) -> Any:
    """Sections replace the default of their name and leave the others."""
    return {**ATTRIBUTES, **given} if isinstance(given, dict) else given


class FeatureSettings(Section):
    active_days: Count = 7  # who was active in that many days gets features and scores
    spam_from: Share = 0.5  # a domain with such a score counts as spam in its accounts' features


class DomainModelSettings(Section):
    """How the domain model is trained; the sizes suit thousands of labelled domains and a CPU."""

    history_days: Count = 90  # features of that many days up to the training day are examples
    every_days: Count = 7  # one snapshot a week: each active domain is in each week's once
    holdout_days: Count = 28  # the newest days, held out (with unseen domains) for the figures
    min_labels: Count = 20  # labelled domains of each class, below which training refuses
    spam_share: Annotated[float, Field(gt=0, lt=1)] | None = None  # of the active domains, where it is known; else the
    # labels' own share, which is another where labels come from lists of spam
    min_random_labels: Count = 20  # labelled domains of each class that a labelling batch drew at random, from which on
    # calibration weighs each by the inverse of its chance: the other labels were chosen by the model
    vocabulary: Count = 4000  # sentencepiece pieces of host and path
    token_min_count: Count = 3  # examples that must have a token for it to get an embedding of its own
    ngram_buckets: Count = 65_536  # hashed character n-grams of links
    spelling_strength: Positive = 10.0  # of the regression on n-grams: the inverse of its penalty
    single_links: Count = 8  # of a domain of several, each also an example by itself
    trees: Count = 100  # of a member, on the shape of links
    tree_levels: Annotated[int, Field(ge=1, le=8)] = 6  # each doubles the leaves
    tree_rate: Share = 0.1  # of the way that each tree goes
    tree_feature_share: Positive = 0.3  # of the features, at random, for each tree: trees that differ err apart
    tree_penalty: Positive = 0.3  # added to the weight of a leaf: few examples say little
    tokens_per_domain: Count = 128  # tokens of a domain's bag that are looked at
    ngrams_per_domain: Count = 256
    embedding: Count = 8
    hidden: Count = 32
    epochs: Count = 12
    batch: Count = 64
    learning_rate: Positive = 4e-3  # at first; it falls to zero along a cosine
    label_smoothing: Share = 0.05
    dropout: Share = 0.3
    token_dropout: Share = 0.1  # of tokens, and of whole inputs: so that it copes with what it has not seen
    weight_decay: Positive = 1e-4
    seed: int = 17


class AccountModelSettings(Section):
    """How the account model is trained; the sizes suit some hundred to some ten thousand accounts and a CPU."""

    history_days: Count = 90  # as for the domain model
    every_days: Count = 7
    holdout_days: Count = 28
    min_labels: Count = 20  # labelled accounts of each class; with fewer, synthetic labels must do
    spam_share: Annotated[float, Field(gt=0, lt=1)] | None = None  # of the active accounts, where it is known; else the
    # labels' own share, which is another where labels come from lists of spam
    synthetic_accounts: Count = 20_000  # hash sample of the accounts that only labelling functions speak of
    category_min_count: Count = 5  # accounts that must show a category for it to have an embedding of its own
    categories: Count = 1000  # of a column, that have one
    bins: Count = 8  # into which a number's values are spread; twice as many are no better, but slower
    replicas: Count = 4  # networks of which a member is the mean
    embedding: Count = 8
    hidden: Count = 32
    epochs: Count = 20
    least_steps: Count = 200  # of each stage, however few accounts there are
    most_steps: Count = 3000  # however many
    fine_tune_epochs: Count = 10  # on hand labels, after synthetic ones
    lengths: Count = 3  # of the last stage, each three times the one before, tried while unseen accounts gain by it
    least_gain: Share = 0.01  # of the loss, that a longer stage must gain to be kept; less is as often luck
    batch: Count = 128
    learning_rate: Positive = 2e-3
    label_smoothing: Share = 0.05
    dropout: Share = 0.2
    field_dropout: Share = 0.05  # of fields, so that the model copes with what it does not know of an account
    weight_decay: Annotated[float, Field(ge=0)] = 0.05
    seed: int = 17


class PromotionSettings(Section):
    """The promotion gate: what a new version must reach on the held-out days before it becomes active."""

    min_auc: Share = 0.7  # a ranking worse than this wastes the reviewers' time
    min_ap: Share = 0.0  # these depend on the share of spam: a platform sets them once it knows its own
    min_recall_at_fpr_01: Share = 0.0
    max_calibration_error: Share = 0.25  # thresholds are probabilities
    compared: tuple[Literal["auc", "ap", "recall_at_fpr_001", "recall_at_fpr_01"], ...] = ("auc", "ap")
    # with the active version, on the same entities: none may be lower beyond the interval of the difference
    min_entities: Count = 20  # held-out ones of each class, below which figures say too little to hold a version back


class ScoringSettings(Section):
    batch_rows: Count = 512  # entities that a model scores at a time
    reasons_from: Share = 0.5  # scores from here on come with reasons; each costs one more score of the entity
    reasons: Count = 8  # kept an entity


class GraphSettings(Section):
    half_life_days: Positive = 14.0
    hub_damping: Share = 0.0  # a link weighs less by the number of its domain's accounts to this power
    damping: Annotated[float, Field(gt=0, lt=1)] = 0.85
    max_label_weight: Positive = 10.0  # one label counts at most as so many plain ones, or it would drown the others
    prior_mass: Annotated[float, Field(ge=0)] = 0.3  # of all weak priors together, against the seeds' mass
    prior: Share = 0.5  # the score of what no seed mass reaches
    epsilon: Positive = 1e-3  # mass of that prior
    tolerance: Positive = 1e-6  # relative residual; at 1e-4 a few scores cross one half
    max_passes: Count = 100
    edges_per_block: Count = 5_000_000  # of the graph's matrix, which a task holds; accounts are hashed into blocks
    neighbours: Count = 5  # kept as evidence
    min_calibration_labels: Count = 30  # labelled entities of a kind, below which raw scores are not calibrated


class LabellingFunction(Section):
    """One [labelling.functions.NAME]: a vote on every account of whose row in account_features `when` is true."""

    vote: Literal["spam", "benign"]
    when: Annotated[str, Field(min_length=1)]  # Spark SQL; where it is false, null or fails, the function abstains
    enabled: bool = True


def laid(default: dict[str, str], own: Any) -> Any:
    return {**default, **own} if isinstance(own, dict) else own


class LabellingSettings(Section):
    """What the synthetic labels are made of: functions that vote, and what is believed of them before any data."""

    enabled: bool = True
    defaults: bool = True  # whether those of lib/defaults.toml vote too; one of the same name changes it
    functions: dict[Name, LabellingFunction] = {}
    spam_share: Annotated[float, Field(gt=0, lt=1)] = 0.1  # of accounts, as believed before
    spam_share_accounts: Positive = 20.0  # that this belief is worth
    vote_odds: Annotated[float, Field(gt=1)] = 4.0  # by which a vote raises the odds of its class, as believed before
    vote_odds_accounts: Positive = 50.0  # of each class, that this belief is worth: less, and functions that depend
    # on each other carry the model away from spam where there are no hand labels
    unlabelled_accounts: Count = 500  # that all unlabelled ones together count as at most, against beliefs and hand
    # labels: more accounts make the sample's error small, not the model's
    hand_label_accounts: Positive = 3.0  # unlabelled accounts that one with a hand label counts as
    alike_from: Annotated[float, Field(ge=0, lt=1)] = 0.2  # overlap of votes above which two functions count as one
    unseen_votes: Positive = 0.05  # counted for each function in addition, so that none is taken never to vote
    tolerance: Positive = 1e-7  # of probabilities, between two rounds
    max_rounds: Count = 2000

    @model_validator(mode="before")
    @classmethod
    def with_defaults(cls, values: Any) -> Any:
        """Lays the user's functions over the defaults, name by name, so that a default can be changed in part."""
        if not isinstance(values, dict) or values.get("defaults") is False:
            return values
        given = values.get("functions", {})
        if not isinstance(given, dict):
            return values
        known = DEFAULTS["labelling"]["functions"]
        changed = {name: laid(known.get(name, {}), own) for name, own in given.items()}
        return {**values, "functions": {**known, **changed}}

    @property
    def active(self) -> dict[str, LabellingFunction]:
        """The functions that vote, by name, in the order of their names."""
        return {name: f for name, f in sorted(self.functions.items()) if self.enabled and f.enabled}


class CandidateSettings(Section):
    """The day's labelling batch: the domains that people are asked about. What the shares leave is drawn at random."""

    batch: Annotated[int, Field(ge=0)] = 40  # domains a day: about what one person labels in half an hour
    uncertain: Share = 0.3  # of the batch
    high: Share = 0.3
    diverse: Share = 0.2
    pool: Count = 2000  # hash sample of the domains that the diverse part is chosen from: the cost is pool * batch
    repeat_days: Count = 28  # what was asked about is not chosen again within so many days; it may be drawn again
    links: Count = 5  # of a domain, shown with it

    @model_validator(mode="after")
    def shares_fit(self) -> "CandidateSettings":
        if self.uncertain + self.high + self.diverse > 1 + 1e-9:
            raise ValueError("uncertain, high and diverse are more than 1 together")
        return self


class ClusterSettings(Section):
    """How accounts are linked and their clusters judged; N are the accounts of the 28 days."""

    rare_share: Positive = 0.02  # two accounts that share two values are linked if df1 * df2 <= this * N
    small_hub: Positive = 100.0  # where that is stricter, a value of so many accounts may link, ...
    small_share: Share = 0.1  # ... if they are not more than this share of all
    max_q: Share = 0.1  # of all pairs of values that link accounts, the share that chance may have made
    values_per_account: Annotated[int, Field(ge=2, le=1000)] = 64  # the rarest: the cost grows with their square
    min_size: Annotated[int, Field(ge=2)] = 3  # accounts, below which a cluster is not reported
    split_size: Count = 100  # a component of more accounts is split where it is loose ...
    min_density: Share = 0.1  # ... that is, an account meets less than this share of it in its broadest pair of values
    min_modularity: Share = 0.4  # of such a split, below which the component stands
    bridge_neighbours: Count = 5  # in a plain network, an entity with so many neighbours is a bridge, and cut out, ...
    bridge_spread: Share = 0.4  # ... if two of them are likelier than this in different communities
    resolution: Positive = 0.85  # of the communities of a plain network: below 1 they are fewer, and larger
    sync_minutes: Annotated[int, Field(ge=0, le=60)] = 3  # acts so close to each other are together
    quiet_days: Count = 7  # a cluster that shows none of its values for so long has ended, and its rule expired
    trusted_days: Count = 28  # accounts known for so long are the baseline, ...
    min_trusted: Count = 50  # ... or all accounts where so few are
    min_overlap: Share = 0.2  # of the smaller of two clusters of successive days, below which neither descends from the
    # other: a few common members are chance
    # Logits of the score of a cluster without labels, set by judgement: clusters learn from nothing, and calibration
    # takes over where there are labels.
    prior_logit: float = -1.5  # of three accounts, linked as chance would, not synchronous, none trusted
    lift_logit: float = 0.3  # per tenfold lift, up to a million
    size_logit: float = 0.3  # per doubling of the accounts beyond three, up to 64 times
    synchrony_logit: float = 2.0  # where all act together
    trusted_logit: float = -1.5  # where all members have a long history
    label_prior: Positive = 2.0  # labelled members that weigh as much as all else that is known of a cluster
    known_from: Share = 0.5  # a member with such a score of another detector is known to it
    min_calibration_labels: Count = 30  # labelled members, below which raw scores are not calibrated
    rule_terms: Count = 3  # of the SQL rule of a cluster, at most: people read it
    rule_gain: Share = 0.02  # of F1, below which a further term makes a rule longer but not better
    rule_candidates: Count = 50  # the broadest values and pairs that are tried as terms: the cost grows with them
    report_values: Count = 10  # values of a cluster, in its report
    member_values: Count = 4  # of them, with each member
    driver_rows: Count = (
        50_000_000  # rows of account and value that one process links (100 bytes each); more are spread
    )
    components: Literal["driver", "graphframes"] = (
        "driver"  # what merges the spread links: 100 bytes each on the driver
    )


class FusionSettings(Section):
    logit_clip: Positive = 6.0  # a detector cannot be surer than 0.9975
    penalty: Positive = 1.0  # pull towards equal weights, in labelled examples
    min_examples: Count = 10  # labelled entities of each class, below which the mean logit serves
    prior: Share = 0.5  # where no detector has a score
    least_contribution: Positive = 1e-3  # logits; what contributes less is not worth a row of evidence


class Threshold(Section):
    """A score, or a precision that the lower bound of the 95% interval must reach on labelled entities."""

    score: Share | None = None
    precision: Share | None = None

    @model_validator(mode="after")
    def exactly_one(self) -> "Threshold":
        if (self.score is None) == (self.precision is None):
            raise ValueError("give either score or precision")
        return self


class PolicySettings(Section):
    act: Threshold = Threshold(score=0.9)  # limit_distribution for domains, suspend for accounts
    review: Threshold = Threshold(score=0.5)
    monitor: Threshold = Threshold(score=0.3)
    allow_domains: tuple[str, ...] = ()  # never acted on
    allow_accounts: tuple[str, ...] = ()
    protected_accounts: Count = 1000  # a domain that so many accounts linked to in a week is reviewed, never limited
    max_new_actions: Count = 100  # new limit_distribution and suspend a day; those beyond are held, lowest score first
    expire_days: Annotated[int, Field(ge=0)] = 0  # an action ends after so many days; 0: it stays until reversed


class QueueSettings(Section):
    minutes_per_day: Positive = 60.0  # what the reviewers have
    minutes_per_item: Positive = 1.0
    explore_share: Share = (
        0.1  # of the minutes, for entities that no detector reaches; all of them where nothing scores
    )
    cluster_share: Share = 0.1  # of the minutes, for clusters that labels and models do not know yet
    label_share: Share = 0.1  # of the minutes, for domains of the day's labelling batch
    ask_cluster_from: Count = 2  # accounts in question of one cluster, from which on the cluster is asked about instead
    reopen_score_change: Share = 0.1  # an item comes back within open_days only if its score moved by so much
    open_days: Count = 28  # an unanswered item is not repeated within so many days
    sentences: Count = 3  # of evidence, shown with an item


class TrackingSettings(Section):
    uri: str = ""  # MLflow tracking server; empty: sqlite under the lake
    experiment: str = "winnow"


# Keys of earlier versions.
FORMER_KEYS = {
    "launch": "this section is called [promotion] now",
    "graph.window_days": "declared in jobs/manifest.py; half_life_days sets how fast links fade",
}


def utc_only(zone: str) -> str:
    if zone != "UTC":
        raise ValueError("days are UTC days")
    return zone


class Config(BaseSettings):
    model_config = SettingsConfigDict(frozen=True, extra="forbid", env_prefix=PREFIX, env_nested_delimiter="__")

    lake: LakeSettings = LakeSettings()
    spark: SparkSettings = SparkSettings()
    timezone: Annotated[str, AfterValidator(utc_only)] = "UTC"
    sources: dict[str, Source] = {}
    ingest: IngestSettings = IngestSettings()
    targets: TargetSettings = TargetSettings()
    samples: SampleSettings = SampleSettings()
    attributes: Annotated[dict[Name, Attribute], BeforeValidator(with_default_attributes)] = ATTRIBUTES
    features: FeatureSettings = FeatureSettings()
    domain_model: DomainModelSettings = DomainModelSettings()
    account_model: AccountModelSettings = AccountModelSettings()
    promotion: PromotionSettings = PromotionSettings()
    scoring: ScoringSettings = ScoringSettings()
    graph: GraphSettings = GraphSettings()
    labelling: LabellingSettings = LabellingSettings()
    candidates: CandidateSettings = CandidateSettings()
    clusters: ClusterSettings = ClusterSettings()
    fusion: FusionSettings = FusionSettings()
    policy: PolicySettings = PolicySettings()
    queue: QueueSettings = QueueSettings()
    tracking: TrackingSettings = TrackingSettings()
    folder: Path = Path()  # of winnow.toml; relative paths start here

    @classmethod
    def settings_customise_sources(
        cls,
        settings_cls: type[BaseSettings],
        init_settings: PydanticBaseSettingsSource,
        env_settings: PydanticBaseSettingsSource,
        dotenv_settings: PydanticBaseSettingsSource,
        file_secret_settings: PydanticBaseSettingsSource,
    ) -> tuple[PydanticBaseSettingsSource, ...]:
        folder = os.environ.get(SECRETS)
        secrets = NestedSecretsSettingsSource(
            file_secret_settings,
            secrets_dir=folder or None,
            secrets_dir_missing="error",
            secrets_nested_delimiter="__",
            env_prefix="",
        )
        return env_settings, secrets, init_settings

    @property
    def lake_path(self) -> str:
        return self.resolve(self.lake.path)

    def resolve(self, path: str) -> str:
        """`path` from the folder of winnow.toml, unless it is absolute or has a scheme."""
        return path if "://" in path else str((self.folder / path).absolute())

    def hash_of(self, sections: Iterable[str]) -> str:
        """Of the values of these sections, defaults included."""
        values = self.model_dump(mode="json", include=set(sections))
        return hashlib.sha256(json.dumps(values, sort_keys=True).encode()).hexdigest()[:16]


def load_config(path: Path) -> Config:
    """The settings in `path`. Raises ConfigError that lists every mistake by its key."""
    try:
        values = tomllib.loads(path.read_text(encoding="utf-8"))
    except FileNotFoundError:
        raise ConfigError(f"{path} is not there: `winnow init` writes one, --config names another") from None
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise ConfigError(f"{path} is not TOML: {error}") from None
    return read_config(values, path=path)


def read_config(values: dict[str, Any], *, path: Path) -> Config:
    """The settings in `values`, which are of the file `path`, with those of the environment."""
    mistakes = unknown_variables()
    try:
        config = Config(**values, folder=path.absolute().parent)
    except ValidationError as error:
        mistakes += [mistake_text(e) for e in error.errors()]
    except SettingsError as error:
        mistakes.append(str(error))
    if mistakes:
        lines = "".join(f"\n  {mistake}" for mistake in mistakes)
        raise ConfigError(f"{path} has {len(mistakes)} mistake(s):{lines}")
    return config


def unknown_variables() -> list[str]:
    """Variables of the environment that look like settings, and are of no section."""
    names = [name for name in sorted(os.environ) if name.startswith(PREFIX) and "__" in name]
    sections = {name: name.removeprefix(PREFIX).split("__")[0].lower() for name in names}
    return [f"{name}: no such section" for name in names if sections[name] not in Config.model_fields]


def mistake_text(error: Any) -> str:
    """The key and what is wrong with its value; of a variable of the environment its name, and never its value."""
    key, variable = ".".join(map(str, error["loc"])), PREFIX + "__".join(map(str, error["loc"])).upper()
    name = variable if variable in os.environ else key or "file"
    if error["type"] == "extra_forbidden":
        return f"{name}: {FORMER_KEYS.get(key, 'no such setting')}"
    text = error["msg"].removeprefix("Value error, ")
    has_no_value = error["type"] == "missing" or variable in os.environ
    return f"{name}: {text}" if has_no_value else f"{name}: {text} (found {error['input']!r})"
