"""The expert attributes that every platform starts with: name -> whose rows it is SQL over, and the SQL.

[attributes.NAME] in winnow.toml replaces one; empty SQL switches it off.
"""

from typing import Literal

Of = Literal["interactions", "accounts"]

DEFAULT_ATTRIBUTES: dict[str, tuple[Of, str]] = {
    "network": ("interactions", "ip_prefix"),
    "client": ("interactions", "client"),
    # Its words: what a mailing fills in is mostly links, numbers and marks
    "text_template": (
        "interactions",
        r"""regexp_replace(regexp_replace(lower(text), r'https?://\S+|\d+', ' '), r'[^\p{L}]+', ' ')""",
    ),
    # Without the host, for campaigns wear out many; numbers and values blanked
    "link_path_template": (
        "interactions",
        r"""transform(filter(targets, t -> t.domain IS NOT NULL), t -> trim(BOTH '/' FROM
            regexp_replace(regexp_replace(regexp_replace(t.url,
                r'^([A-Za-z][A-Za-z0-9+.-]*:)?/*[^/?#]*', ''), r'=[^&#]*', '='), r'\b[0-9a-fA-F]{8,}\b|\d+', '0')))""",
    ),
    # Its letters and its shape: names in series differ by their numbers. One value, not two: that accounts of one name
    # share both would pass for more than chance
    "name_pattern": (
        "accounts",
        r"""concat(regexp_replace(lower(name), r'[^\p{L}]+', ''), ' ', regexp_replace(
            regexp_replace(regexp_replace(name, r'\p{Lu}', 'A'), r'\p{Ll}|\p{Lo}', 'a'), r'\d', '0'))""",
    ),
    "registration_hour": ("accounts", "date_format(created_at, 'yyyy-MM-dd HH')"),
    # Its busier hours; fewer than ten interactions make no schedule
    "posting_schedule": (
        "accounts",
        """CASE WHEN interactions_28d >= 10
            THEN array_join(transform(hours, n -> IF(n * 24 > interactions_28d, '1', '0')), '') END""",
    ),
}
