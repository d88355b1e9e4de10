"""Labels: those of people, and those that labelling functions make."""

from schemas.raw import LABEL_COLUMNS, LABEL_KEY
from schemas.table import Column, Table, count, day_column, probability

LABELS = Table(
    name="labels",
    row="One assertion that an account or a domain is spam or is not; precedence between them is resolved at read.",
    key=LABEL_KEY,
    keep_days=10_000,
    followed=True,
    columns=LABEL_COLUMNS,
)

LABEL_VOTES = Table(
    name="label_votes",
    row="One labelling function's vote on one account that was active in the week up to the day; no row where it abstains.",
    key=("day", "account_id", "function"),
    keep_days=60,
    columns=(
        day_column("the day"),
        Column("account_id", "string", "the account"),
        Column("function", "string", "its name in the settings: [labelling.functions.NAME]"),
        Column("vote", "string", "spam or benign", check="vote IN ('spam', 'benign')"),
    ),
)  # fmt: skip

LABELLING_LEDGER = Table(
    name="labelling_ledger",
    row="How one labelling function did on the day's accounts.",
    key=("day", "function"),
    columns=(
        day_column("the day"),
        Column("function", "string", "its name in the settings: [labelling.functions.NAME]"),
        Column("vote", "string", "what it votes where it does not abstain: spam or benign", check="vote IN ('spam', 'benign')"),
        count("accounts", "accounts of the day"),
        count("votes", "accounts that it voted on"),
        probability("coverage", "share of the accounts that it voted on"),
        probability("overlap", "share of the accounts that it and another function voted on"),
        probability("conflict", "share of the accounts where another function voted the other way"),
        count("labelled", "of its votes, those on accounts with a hand label"),
        probability("accuracy", "share of these votes that agree with the hand label; null where there is none", nullable=True),
        probability("accuracy_low", "lower end of its 95% interval", nullable=True),
        probability("accuracy_high", "upper end of its 95% interval", nullable=True),
        probability("chance_accuracy", "the accuracy expected of random votes: the share of its class among the labelled accounts", nullable=True),
        probability("estimated_accuracy", "probability that an account is of the class it votes for, by the label model, over its votes; null without votes", nullable=True),
        Column("warning", "string", "what is wrong with it, in words", nullable=True),
    ),
)  # fmt: skip

SYNTHETIC_LABELS = Table(
    name="synthetic_labels",
    row="The label model's probability for one account that was active in the week up to the day.",
    key=("day", "account_id"),
    keep_days=60,
    columns=(
        day_column("the day"),
        Column("account_id", "string", "the account"),
        probability("spam", "probability that it is spam; of a hand-labelled account, as if its label were not known"),
        Column("votes", "int", "functions that voted on it", check="votes >= 0"),
    ),
)  # fmt: skip

LABEL_CANDIDATES = Table(
    name="label_candidates",
    row="One domain of the day's labelling batch: people are asked whether it is spam.",
    key=("day", "domain"),
    columns=(
        day_column("the day"),
        Column("domain", "string", "target domain"),
        Column("rank", "int", "the order to label in, which is random: whoever stops early has labelled some of each part", check="rank > 0"),
        Column("part", "string", "why it was chosen: uncertain, high (where false positives are), diverse (unlike the labelled domains) or random", check="part IN ('uncertain', 'high', 'diverse', 'random')"),
        probability("sampling_probability", "of the random part: the probability with which it was drawn from the day's domains without a label; null for the chosen parts", nullable=True),
        probability("score", "its score of the domain model on the day; null where no model is active", nullable=True),
        Column("links", "array<string>", "some of its links, for the labeller"),
    ),
)  # fmt: skip
