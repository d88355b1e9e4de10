"""Clusters in one process: DuckDB finds the keys, and scipy and scikit-network do what SQL cannot."""

import duckdb
import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq

from lib.arrays import Ints
from lib.clusters.incidence import hub_limit, product_per_holder
from lib.clusters.linking import clusters_from_keys
from lib.clusters.rare_pairs import ALWAYS, Keys
from lib.clusters.significance import candidate_pairs, p_values, q_values
from lib.config import ClusterSettings

VALUES = """
CREATE OR REPLACE TEMP TABLE named AS
    SELECT DISTINCT account_id, hash(attribute, value) AS value FROM read_parquet({files});
CREATE OR REPLACE TEMP TABLE accounts AS
    SELECT account_id, (row_number() OVER ()) - 1 AS account FROM (SELECT DISTINCT account_id FROM named);
"""
LINKING = """
CREATE OR REPLACE TEMP TABLE counted AS
    SELECT value, (row_number() OVER ()) - 1 AS key, count(*) AS df FROM named GROUP BY value
    HAVING count(*) > 1 AND count(*) <= {hub};
CREATE OR REPLACE TEMP TABLE linking AS
    SELECT account, key, df FROM named JOIN counted USING (value) JOIN accounts USING (account_id)
    QUALIFY row_number() OVER (PARTITION BY account ORDER BY df, key) <= {most};
"""
# Twice: the keys that enough accounts hold, and then who holds them; most keys are held once.
PAIRS = """
    SELECT a.key AS lower, b.key AS upper, a.df * b.df AS product, {columns}
    FROM linking a JOIN linking b ON a.account = b.account AND a.key < b.key
    WHERE {needed} <= least(a.df, b.df)
"""
KEYS = """
CREATE OR REPLACE TEMP TABLE keys AS
    SELECT lower, upper, any_value(product) AS product, count(*) AS holders, any_value(needed) AS needed
    FROM ({pairs}) GROUP BY lower, upper HAVING count(*) >= any_value(needed);
"""
HOLDERS = """
    SELECT lower, upper, keys.product, account FROM ({pairs}) JOIN keys USING (lower, upper)
    ORDER BY lower, upper, account
"""


def clusters_alone(files: list[str], out: str, settings: ClusterSettings) -> None:
    """Writes one row per account of a cluster: account_id and cluster."""
    with duckdb.connect() as db:
        db.execute("SET enable_progress_bar = false")
        db.execute(VALUES.format(files=files))
        accounts = int(db.execute("SELECT count(*) FROM accounts").fetchall()[0][0])
        db.execute(LINKING.format(hub=hub_limit(accounts, settings), most=settings.values_per_account))
        keys = keys_in(db, accounts, settings)
        result = clusters_from_keys(keys, q_of(db, keys, accounts, settings), accounts, settings)
        account = np.concatenate([np.empty(0, np.int64), *(one.accounts for one in result.clusters)])
        cluster = np.repeat(np.arange(len(result.clusters)), [len(one.accounts) for one in result.clusters])
        db.register("members", pa.table({"account": account, "cluster": cluster}))
        members = db.sql("SELECT account_id, cluster FROM members JOIN accounts USING (account)")
        pq.write_table(members.to_arrow_table(), out)


def keys_in(db: duckdb.DuckDBPyConnection, accounts: int, settings: ClusterSettings) -> Keys:
    least = f"ceil(a.df * b.df / {product_per_holder(accounts, settings)} - 1e-9)"
    needed = f"(CASE WHEN a.df * b.df <= {ALWAYS} THEN 2 ELSE greatest(2, {least}) END)"
    db.execute(KEYS.format(pairs=PAIRS.format(columns=f"{needed} AS needed", needed=needed)))
    rows = db.sql(HOLDERS.format(pairs=PAIRS.format(columns="a.account AS account", needed=needed)))
    lower, upper, product, account = columns(rows.to_arrow_table())
    new = np.flatnonzero(np.append(True, (np.diff(lower) != 0) | (np.diff(upper) != 0))[: len(lower)])
    return Keys(lower[new], upper[new], product[new], np.append(new, len(lower)), account)


def columns(table: pa.Table) -> list[Ints]:
    return [column.to_numpy().astype(np.int64) for column in table.columns]


def q_of(db: duckdb.DuckDBPyConnection, keys: Keys, accounts: int, settings: ClusterSettings) -> "np.ndarray":
    counts = db.sql("SELECT df, count(DISTINCT key) FROM linking GROUP BY df ORDER BY df").to_arrow_table()
    df, times = columns(counts)
    tests = candidate_pairs(df, times, accounts, settings)
    p = p_values(keys.count, keys.product, accounts)
    return q_values(p, np.ones(len(p), np.int64), tests)
