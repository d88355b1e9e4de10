"""The labelling functions that every platform starts with: name -> vote, and when it is cast.

They are crude on purpose: the label model weighs them. Where a platform's habits differ (reposts are normal, names are
numbers), [labelling.functions.NAME] in winnow.toml changes one or switches it off.
"""

DEFAULT_FUNCTIONS = {
    # What it links to, by the domain scores of the day
    "links_to_spam": ("spam", "spam_link_share >= 0.5"),
    "sure_spam_link": ("spam", "domain_score_max >= 0.95"),
    "one_spam_domain": ("spam", "spam_link_share >= 0.1 AND spam_domain_top_share = 1 AND interactions_7d >= 5"),
    "links_to_good": ("benign", "spam_link_share = 0 AND domain_score_mean < 0.2 AND scored_share >= 0.5"),
    # How much it links, and who else does
    "new_and_linking": (
        "spam",
        "coalesce(registered_days, age_days) < 3 AND interactions_7d * linking_share_28d >= 10",
    ),
    "lone_domain_burst": (
        "spam",
        "shared_domain_share_7d = 0 AND top_domain_share_28d >= 0.9 AND interactions_7d * linking_share_28d >= 20",
    ),
    "old_and_varied": (
        "benign",
        "greatest(registered_days, age_days) >= 180 AND domains_28d >= 5 AND coalesce(domain_score_max, 0) < 0.5",
    ),
    "links_as_others_do": (
        "benign",
        "shared_domain_share_7d >= 0.8 AND domain_accounts_7d >= 20 AND coalesce(domain_score_max, 0) < 0.5",
    ),
    "never_links": ("benign", "linking_share_28d = 0 AND active_days_28d >= 5"),
    # What it says
    "repeated_text": ("spam", "repeated_text_share_28d >= 0.8 AND interactions_28d * texted_share_28d >= 5"),
    "repeated_link": ("spam", "repeated_link_share_28d >= 0.8 AND interactions_28d * linking_share_28d >= 10"),
    "shouting": ("spam", "text_upper_share_28d >= 0.4 AND text_chars_28d >= 10"),
    # When and from where
    "clockwork": ("spam", "gap_variation_28d < 0.1 AND interactions_28d >= 10"),
    "round_the_clock": ("spam", "hour_entropy_28d >= 0.95 AND interactions_28d >= 200"),
    "many_networks": ("spam", "networks_28d >= 10 AND networks_28d >= 0.5 * interactions_28d"),
    "human_rhythm": ("benign", "gap_variation_28d >= 1 AND hour_entropy_28d < 0.9 AND active_days_28d >= 10"),
    # Its name
    "numbered_name": ("spam", "name_digit_share >= 0.4 AND name_chars >= 8 AND linking_share_28d > 0"),
}
