"""From detectors' outputs to what is done about whom, and why."""

from datetime import date

from pyspark.sql import DataFrame

from lib.config import FusionSettings, PolicySettings, SampleSettings
from lib.decisions.evidence import DetectorOutputs, build_evidence
from lib.decisions.fusion import (
    active_entities,
    fit_fusions,
    labelled_scores,
    out_of_fold,
    score_rows,
    weight_rows,
    with_fused_score,
    with_scores,
)
from lib.decisions.policy import decide_actions
from lib.decisions.thresholds import cuts_of
from lib.labelling.precedence import resolved_labels
from schemas.decisions import DECISIONS


def decide(
    *,
    account_days: DataFrame,
    account_domain_days: DataFrame,
    domain_features: DataFrame,
    domain_scores: DataFrame,
    account_features: DataFrame,
    account_scores: DataFrame,
    account_clusters: DataFrame,
    cluster_reports: DataFrame,
    graph_scores: DataFrame,
    labels: DataFrame,
    impressions: DataFrame,
    decisions: DataFrame,
    evidence: DataFrame,
    day: date,
    fusion: FusionSettings,
    policy: PolicySettings,
    samples: SampleSettings,
) -> dict[str, DataFrame]:
    """Rows of entity_scores, fusion_weights, decisions and evidence."""
    known = resolved_labels(labels)
    active = active_entities(
        account_days=account_days, domain_features=domain_features, impressions=impressions, day=day
    )
    outputs = DetectorOutputs(
        domain_scores=domain_scores,
        domain_features=domain_features,
        account_scores=account_scores,
        account_features=account_features,
        account_clusters=account_clusters,
        cluster_reports=cluster_reports,
        graph_scores=graph_scores,
        account_days=account_days,
        account_domain_days=account_domain_days,
    )
    # Checkpoints: the four tables are made of these rows, and the weights are fitted on them.
    scored = with_scores(active, vars(outputs), known).localCheckpoint()
    labelled = labelled_scores(scored, samples)
    fusions = fit_fusions(scored, labelled, fusion, samples)
    entity_scores = score_rows(with_fused_score(scored, fusions, fusion, samples), day)
    decided = decide_actions(
        entity_scores=entity_scores,
        labels=known,
        decisions=decisions,
        day=day,
        policy=policy,
        cuts=cuts_of(policy, out_of_fold(labelled, fusions, fusion)),
    ).localCheckpoint()
    explained = build_evidence(
        decided=decided,
        evidence=evidence,
        outputs=outputs,
        fusions=fusions,
        fusion=fusion,
        day=day,
    )
    return {
        "entity_scores": entity_scores,
        "fusion_weights": weight_rows(scored.sparkSession, fusions, day),
        "decisions": decided.select(*DECISIONS.names),
        "evidence": explained,
    }
