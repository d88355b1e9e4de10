"""Small summaries of the day that merge over days, so that no window ever reads events again."""

from collections.abc import Mapping
from datetime import date

from pyspark.sql import DataFrame

from lib.config import Attribute, SampleSettings
from lib.features.attributes import attribute_days
from lib.features.tiles import account_days, account_domain_days, domain_days, domain_links


def build_tiles(
    *, interactions: DataFrame, days: list[date], samples: SampleSettings, attributes: Mapping[str, Attribute]
) -> dict[str, DataFrame]:
    """The tiles of each of `days`; `interactions` are those whose events are of these days."""
    return {
        "account_domain_days": account_domain_days(interactions),
        "account_days": account_days(interactions, sketch_size=samples.sketch_size),
        "attribute_days": attribute_days(interactions, attributes, minutes=samples.minutes_per_value),
        "domain_days": domain_days(interactions, sketch_size=samples.sketch_size),
        "domain_links": domain_links(interactions, size=samples.links_per_domain, salt=samples.salt),
    }
