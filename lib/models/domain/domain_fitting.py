"""From labelled rows of domain_features to a version of the domain model. Imports TensorFlow."""

from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any

import keras
import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc

from lib.arrays import Floats
from lib.calibration import Calibration, fit_calibration
from lib.config import DomainModelSettings
from lib.metrics import evaluate, thresholds
from lib.models.artefacts import PIECES, Artefact, Fitted, build_artefact
from lib.models.domain.domain_encoder import COLUMNS, Encoder, features_hash, learn_encoder
from lib.models.domain.domain_scoring import DomainForward
from lib.models.domain.domain_training import Examples, train_members
from lib.models.scoring import saved_network
from lib.models.training_loop import check_use, out_of_fold

KIND = "domain"


@dataclass(frozen=True)
class FittedDomains:
    """A network, and what is needed to apply it."""

    network: keras.Model
    encoder: Encoder
    calibration: Calibration
    examples: Examples
    unseen: Floats  # of each example, the logit of the member that never saw its fold

    def artefact(self, **about: Any) -> Artefact:
        return build_artefact(
            saved_network(self.network),
            self.calibration,
            encoder=self.encoder.description,
            about={"kind": KIND, **about},
            further={PIECES: self.encoder.pieces.model},
        )


def fit_domain_model(
    rows: pa.Table, *, day: date, version: str, settings: DomainModelSettings, folds: int, salt: str
) -> Fitted:
    """The version that `rows` make: domain, day, is_spam, weight, fold and COLUMNS, sorted by domain and day; and
    sampling (see Examples), which is 1 where it is left out.

    Members and calibration use all rows; the metrics come from models of the rows before the held-out days.
    """
    metrics = holdout_metrics(rows, day - timedelta(days=settings.holdout_days), settings, folds=folds)
    fitted = fit_domains(rows, settings, folds=folds)
    oof_score = fitted.calibration.probabilities(fitted.unseen)
    examples = fitted.examples
    metrics |= {f"trained_{name}": count for name, count in counts(examples).items()}
    artefact = fitted.artefact(
        version=version,
        trained_on=str(day),
        features=features_hash(),
        folds=folds,
        salt=salt,
        settings=settings.model_dump(),
        metrics=metrics,
        thresholds=thresholds(oof_score, examples.spam, examples.domain_weight),
    )
    return Fitted(artefact, metrics, oof_score)


def fit_domains(rows: pa.Table, settings: DomainModelSettings, *, folds: int) -> FittedDomains:
    """Raises UselessModel where every domain gets the same score."""
    encoder = encoder_of(rows, settings)
    examples = examples_of(rows, encoder)
    network = train_members(
        augmented_examples(rows, encoder, settings), encoder, settings, folds=folds, seed=settings.seed
    )
    logits = DomainForward(network).logits(examples.inputs)
    check_use(logits, KIND)
    unseen = out_of_fold(logits, examples.fold)
    return FittedDomains(network, encoder, calibrated_on(unseen, examples, settings), examples, unseen)


def holdout_metrics(rows: pa.Table, cutoff: date, settings: DomainModelSettings, *, folds: int) -> dict[str, float]:
    """Figures on domains and days that the model has not seen: member f, trained up to `cutoff`, on fold f later.

    Empty where one side lacks a class.
    """
    early = np.array(rows["day"].to_pylist()) <= cutoff
    spam = np.asarray(rows["is_spam"])
    if any(len(np.unique(spam[side])) < 2 for side in (early, ~early)):
        return {}
    encoder = encoder_of(rows.filter(pa.array(early)), settings)
    examples = examples_of(rows, encoder)
    past, later = examples.of(early), examples.of(~early)
    augmented = augmented_examples(rows.filter(pa.array(early)), encoder, settings)
    network = train_members(augmented, encoder, settings, folds=folds, seed=settings.seed)
    unseen = out_of_fold(DomainForward(network).logits(examples.inputs), examples.fold)
    score = calibrated_on(unseen[early], past, settings).probabilities(unseen[~early])
    return evaluate(score, later.spam, later.weight, later.domain, kind=KIND, seed=settings.seed)


def encoder_of(rows: pa.Table, settings: DomainModelSettings) -> Encoder:
    return learn_encoder(
        rows,
        vocabulary=settings.vocabulary,
        token_min_count=settings.token_min_count,
        tokens_per_domain=settings.tokens_per_domain,
        ngrams_per_domain=settings.ngrams_per_domain,
        ngram_buckets=settings.ngram_buckets,
    )


def examples_of(rows: pa.Table, encoder: Encoder) -> Examples:
    sampling = rows["sampling"] if "sampling" in rows.column_names else np.ones(len(rows))
    return Examples(
        inputs=encoder.encode(rows.select(COLUMNS)),
        spam=np.asarray(rows["is_spam"]).astype(bool),
        weight=np.asarray(rows["weight"]).astype(np.float64),
        domain=np.unique(np.asarray(rows["domain"]).astype(str), return_inverse=True)[1],
        fold=np.asarray(rows["fold"]).astype(np.int64),
        sampling=np.asarray(sampling).astype(np.float64),
    )


def augmented_examples(rows: pa.Table, encoder: Encoder, settings: DomainModelSettings) -> Examples:
    """What the members learn from: the domains, and some of their links alone."""
    return examples_of(with_single_links(rows, at_most=settings.single_links), encoder)


def with_single_links(rows: pa.Table, *, at_most: int) -> pa.Table:
    """`rows`, then one row for each of the first `at_most` links of every bag of several, with nothing else known.

    They belong to the same domain, so they share its weight and its fold. A link that a domain shows on several days is
    an example once.
    """
    rows = rows.cast(pa.schema([field.with_nullable(True) for field in rows.schema]))  # Spark's may say NOT NULL
    several = rows.filter(pc.greater(pc.fill_null(pc.list_value_length(rows["links"]), 0), 1))
    first = pc.list_slice(several["links"].combine_chunks(), 0, at_most)
    owner, link = pc.list_parent_indices(first), first.flatten()
    pairs = pd.DataFrame({"domain": several["domain"].take(owner).to_pandas(), "link": link.to_pandas()})
    new = pa.array(~pairs.duplicated().to_numpy())
    owner, link = owner.filter(new), link.filter(new)
    links = pa.ListArray.from_arrays(np.arange(len(owner) + 1, dtype=np.int32), link)
    single = several.take(owner)
    for name in COLUMNS:
        place, kind = single.schema.get_field_index(name), single.schema.field(name).type
        single = single.set_column(place, name, links.cast(kind) if name == "links" else pa.nulls(len(links), kind))
    return pa.concat_tables([rows, single])


def calibrated_on(unseen: Floats, examples: Examples, settings: DomainModelSettings) -> Calibration:
    of_class = counts(examples)
    return fit_calibration(
        unseen,
        examples.spam,
        sampling_weight(examples, settings),
        entities=(int(of_class["benign_domains"]), int(of_class["spam_domains"])),
        spam_share=settings.spam_share,
    )


def sampling_weight(examples: Examples, settings: DomainModelSettings) -> Floats:
    """Each domain as often as it stands for others (Horvitz and Thompson 1952), where enough were drawn at random."""
    drawn = counts(examples.of(examples.sampling > 1))
    enough = min(drawn["spam_domains"], drawn["benign_domains"]) >= settings.min_random_labels
    return examples.domain_weight * examples.sampling if enough else examples.domain_weight


def counts(examples: Examples) -> dict[str, float]:
    result: dict[str, Any] = {
        "examples": len(examples),
        "spam_domains": len(np.unique(examples.domain[examples.spam])),
        "benign_domains": len(np.unique(examples.domain[~examples.spam])),
    }
    return {name: float(count) for name, count in result.items()}
