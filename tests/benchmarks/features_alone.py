"""A day's features in one process without tiles: DuckDB reads the events of the whole window again.

Distinct values are counted exactly, where tiles have samples; the scores of domains, which the platform of the
benchmark has none of, and pages and impressions are left out.
"""

from dataclasses import dataclass

import duckdb

from tests.benchmarks.ground import DAY


@dataclass(frozen=True)
class Files:
    events: list[str]
    first_seen: list[str]
    accounts: list[str]
    domain_features: str
    account_features: str


def features_alone(files: Files, links_per_domain: int) -> None:
    with duckdb.connect() as db:
        db.execute("SET TimeZone = 'UTC'; SET enable_progress_bar = false")
        for step in (EVENTS, LINKED, PAIRS, DOMAINS, ACCOUNTS):
            db.execute(step.format(**vars(files), day=f"DATE '{DAY}'", size=links_per_domain, entropy=ENTROPY))


ENTROPY = """coalesce(-list_sum(list_transform(list_filter(hours, lambda n: n > 0),
    lambda n: n / list_sum(hours) * log2(n / list_sum(hours)))) / log2(24), 0)"""
HOURS = "[" + ", ".join(f"count(*) FILTER (hour = {hour})" for hour in range(24)) + "] AS hours"
EVENTS = """
CREATE OR REPLACE TEMP VIEW events AS
    SELECT *, date_diff('day', day, {day}) AS age, hour(event_time) AS hour
    FROM read_parquet({events}, hive_partitioning = false) WHERE date_diff('day', day, {day}) BETWEEN 0 AND 27;
CREATE OR REPLACE TEMP VIEW born AS
    SELECT entity_kind, entity_id, min(first_day) AS first_day
    FROM read_parquet({first_seen}, hive_partitioning = false) GROUP BY ALL;
CREATE OR REPLACE TEMP VIEW began AS SELECT min(first_day) AS lake_start FROM born;
"""
LINKED = """
CREATE OR REPLACE TEMP TABLE linked AS
    SELECT *, len(list_filter(targets, lambda t: t.domain = domain)) AS links FROM (
        SELECT age, hour, account_id, ip_prefix, client, targets,
            unnest(list_distinct(list_transform(targets, lambda t: t.domain))) AS domain
        FROM events);
"""
PAIRS = """
CREATE OR REPLACE TEMP TABLE pairs AS
    SELECT account_id, domain, count(*) AS made, min(age) AS newest FROM linked GROUP BY ALL;
"""
DOMAINS = (
    """
COPY (
    WITH by_day AS (SELECT domain, age, count(*) AS acts FROM linked GROUP BY ALL),
    busy AS (SELECT domain, max(acts) AS busiest, count(*) AS active_days_28d,
        count(*) FILTER (age < 7) AS active_days_7d FROM by_day GROUP BY domain),
    usage AS (SELECT domain, count(*) FILTER (age < 1) AS interactions_1d, count(*) FILTER (age < 7) AS interactions_7d,
        count(*) AS interactions_28d, sum(links) AS links_28d, count(DISTINCT ip_prefix) AS networks_28d,
        count(DISTINCT client) AS clients_28d, """
    + HOURS
    + """ FROM linked GROUP BY domain),
    week AS (SELECT account_id, count(*) AS week_interactions, count(*) FILTER (len(targets) > 0) AS week_linking
        FROM events WHERE age < 7 GROUP BY account_id),
    week_domains AS (SELECT account_id, count(*) AS week_domains FROM pairs WHERE newest < 7 GROUP BY account_id),
    known AS (SELECT pairs.*, week_domains, week_interactions, week_linking,
            date_diff('day', first_day, {day}) < 7 AS is_new
        FROM pairs LEFT JOIN week_domains USING (account_id) LEFT JOIN week USING (account_id)
        LEFT JOIN born ON entity_kind = 'account' AND entity_id = account_id),
    audience AS (SELECT domain, count(*) FILTER (newest < 1) AS accounts_1d,
        count(*) FILTER (newest < 7) AS accounts_7d, count(*) AS accounts_28d,
        max(made) / sum(made) AS top_account_share_28d,
        count(*) FILTER (newest < 7 AND is_new) / nullif(count(*) FILTER (newest < 7), 0) AS new_account_share_7d,
        avg(week_domains) FILTER (newest < 7) AS account_domains_7d,
        sum(week_linking) FILTER (newest < 7) / sum(week_interactions) FILTER (newest < 7) AS linking_share_7d
        FROM known GROUP BY domain),
    urls AS (SELECT DISTINCT domain, url FROM
        (SELECT unnest(targets, recursive := true) FROM events) WHERE domain IS NOT NULL),
    bags AS (SELECT domain, min_by(url, hash(url), {size}) AS links FROM urls GROUP BY domain)
    SELECT domain, links, usage.* EXCLUDE (domain, hours), audience.* EXCLUDE (domain),
        active_days_7d, active_days_28d, links_28d / interactions_28d AS links_per_interaction_28d,
        busiest * active_days_28d / interactions_28d AS burst_28d, 4 * interactions_7d / interactions_28d AS growth_7d,
        {entropy} AS hour_entropy_28d,
        CASE WHEN first_day > lake_start THEN date_diff('day', first_day, {day}) END AS age_days
    FROM usage JOIN busy USING (domain) JOIN audience USING (domain) JOIN bags USING (domain)
    LEFT JOIN born ON entity_kind = 'domain' AND entity_id = domain CROSS JOIN began
    WHERE interactions_7d > 0
) TO '{domain_features}' (FORMAT parquet);
"""
)
TEXT = r"regexp_replace(regexp_replace(lower(text), 'https?://\S+|\d+', ' ', 'g'), '[^\p{{L}}]+', ' ', 'g')"
PATH = r"""trim(regexp_replace(regexp_replace(regexp_replace(t.url, '^([A-Za-z][A-Za-z0-9+.-]*:)?/*[^/?#]*', ''),
    '=[^&#]*', '=', 'g'), '\b[0-9a-fA-F]{{8,}}\b|\d+', '0', 'g'), '/')"""
ACCOUNTS = (
    r"""
COPY (
    WITH timed AS (SELECT *, epoch(event_time) - lag(epoch(event_time))
            OVER (PARTITION BY age, account_id ORDER BY event_time, interaction_id) AS gap FROM events),
    usage AS (SELECT account_id, count(*) FILTER (age < 1) AS interactions_1d,
        count(*) FILTER (age < 7) AS interactions_7d, count(*) AS interactions_28d,
        count(DISTINCT age) FILTER (age < 7) AS active_days_7d, count(DISTINCT age) AS active_days_28d,
        count(*) FILTER (len(targets) > 0) AS linking, sum(len(targets)) AS links, count(text) AS texted,
        coalesce(sum(length(text)), 0) AS text_chars,
        sum(length(text) - length(regexp_replace(text, '\p{{Lu}}+', '', 'g'))) AS text_upper,
        sum(length(text) - length(regexp_replace(text, '\p{{Nd}}+', '', 'g'))) AS text_digits,
        sum(length(text) - length(regexp_replace(text, '[^\p{{L}}\p{{Nd}}\s]+', '', 'g'))) AS text_marks,
        count(gap) AS gaps, sum(gap) AS gap_seconds, sum(gap * gap) AS gap_squares,
        count(DISTINCT text) AS texts, count(DISTINCT ip_prefix) AS networks_28d, count(DISTINCT client) AS clients_28d,
        """
    + HOURS
    + r""" FROM timed GROUP BY account_id),
    urls AS (SELECT account_id, count(DISTINCT url) AS urls FROM
        (SELECT account_id, unnest(targets, recursive := true) FROM events) GROUP BY account_id),
    busy AS (SELECT account_id, max(acts) AS busiest FROM
        (SELECT account_id, age, count(*) AS acts FROM events GROUP BY ALL) GROUP BY account_id),
    crowd AS (SELECT domain, count(*) AS crowd FROM pairs WHERE newest < 7 GROUP BY domain),
    reach AS (SELECT account_id, count(*) AS domains_28d, max(made) / sum(made) AS top_domain_share_28d,
        avg(crowd) FILTER (newest < 7) AS domain_accounts_7d,
        avg(CAST(crowd > 1 AS DOUBLE)) FILTER (newest < 7) AS shared_domain_share_7d
        FROM pairs LEFT JOIN crowd USING (domain) GROUP BY account_id),
    shown AS (SELECT account_id, 'network=' || ip_prefix AS value FROM events WHERE ip_prefix IS NOT NULL
        UNION ALL SELECT account_id, 'client=' || client FROM events WHERE client IS NOT NULL
        UNION ALL SELECT account_id, 'text_template=' || trim("""
    + TEXT
    + r""") FROM events WHERE text IS NOT NULL
        UNION ALL SELECT account_id, 'link_path_template=' || unnest(list_distinct(list_transform(targets, lambda t: """
    + PATH
    + r"""))) FROM events),
    counted AS (SELECT account_id, value, split_part(value, '=', 1) AS attribute, count(*) AS times
        FROM shown GROUP BY ALL),
    most AS (SELECT account_id, max_by(value, (times, value), 3) AS shown FROM counted GROUP BY account_id, attribute),
    categories AS (SELECT account_id, list_sort(flatten(list(shown))) AS categories FROM most GROUP BY account_id),
    profiles AS (SELECT account_id, max_by(name, day) AS name, max_by(created_at, day) AS created_at
        FROM read_parquet({accounts}, hive_partitioning = false) WHERE day <= {day} GROUP BY account_id)
    SELECT usage.*, busiest * active_days_28d / interactions_28d AS burst_28d,
        4 * interactions_7d / interactions_28d AS growth_7d, {entropy} AS hour_entropy_28d,
        gap_seconds / nullif(gaps, 0) AS gap_mean_28d,
        sqrt(greatest(gap_squares / nullif(gaps, 0) - (gap_seconds / nullif(gaps, 0)) ** 2, 0))
            / nullif(gap_seconds / nullif(gaps, 0), 0) AS gap_variation_28d,
        linking / interactions_28d AS linking_share_28d, links / nullif(linking, 0) AS links_per_interaction_28d,
        1 - urls / nullif(links, 0) AS repeated_link_share_28d,
        1 - texts / nullif(texted, 0) AS repeated_text_share_28d,
        text_chars / nullif(texted, 0) AS text_chars_28d, texted / interactions_28d AS texted_share_28d,
        text_upper / nullif(text_chars, 0) AS text_upper_share_28d,
        coalesce(domains_28d, 0) AS domains_28d, reach.* EXCLUDE (account_id, domains_28d), categories,
        name, created_at,
        greatest(date_diff('day', created_at, {day}), 0) AS registered_days, length(name) AS name_chars,
        length(regexp_replace(name, '[^\p{{Nd}}]', '', 'g')) / length(name) AS name_digit_share,
        length(regexp_replace(name, '[\p{{L}}\p{{Nd}}]', '', 'g')) / length(name) AS name_mark_share,
        list_entropy(string_split(name, '')) AS name_entropy,
        CASE WHEN first_day > lake_start THEN date_diff('day', first_day, {day}) END AS age_days
    FROM usage JOIN busy USING (account_id) LEFT JOIN urls USING (account_id) LEFT JOIN reach USING (account_id)
    LEFT JOIN categories USING (account_id) LEFT JOIN profiles USING (account_id)
    LEFT JOIN born ON entity_kind = 'account' AND entity_id = usage.account_id CROSS JOIN began
    WHERE interactions_7d > 0
) TO '{account_features}' (FORMAT parquet);
"""
)
