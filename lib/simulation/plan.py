"""How large a platform is, and the campaigns that are planted in it."""

from dataclasses import dataclass
from datetime import date, timedelta

KINDS = (
    "one_network",  # all members write from one network
    "rotating_networks",  # each act comes from another one, with one rare client
    "client_and_template",  # a rare client and one text with changing numbers
    "synchronous_bursts",  # all within minutes, every third day
    "slow_drip",  # an act every few days
    "hijacked_accounts",  # ordinary accounts that go on as before, and spam besides
    "camouflage",  # most links go to popular domains
    "fresh_domains",  # new domains every day, all with links of one shape
)
ACTS = (6.0, 6.0, 4.0, 3.0, 0.4, 4.0, 12.0, 5.0)  # a member's, on a day that it acts, by kind
SPAM_SHARE = 0.04  # of all accounts
MEMBERS = 60  # of a campaign, about
FEWEST = 12  # members of a campaign on the smallest platforms
DOMAINS = 256  # numbers kept for a campaign's domains
LASTING = 3  # domains of a campaign of any kind but fresh_domains


@dataclass(frozen=True)
class Plan:
    """Accounts are numbered; the last `members` of them are campaigns', in turn. Domains are numbered as well."""

    accounts: int
    days: int
    seed: int
    first_day: date
    acts: float  # of an ordinary account a day, on average

    @property
    def members(self) -> int:
        return min(self.accounts // 2, max(len(KINDS) * FEWEST, round(self.accounts * SPAM_SHARE)))

    @property
    def campaigns(self) -> int:
        """As many of each kind."""
        return len(KINDS) * max(1, self.members // (len(KINDS) * MEMBERS))

    @property
    def ordinary(self) -> int:
        """Accounts below this number are in no campaign, unless they are hijacked."""
        return self.accounts - self.members

    @property
    def domains(self) -> int:
        """Ordinary ones: their numbers are below this."""
        return max(100, self.accounts // 20)

    @property
    def networks(self) -> int:
        return max(50, self.accounts // 40)

    @property
    def all_days(self) -> list[date]:
        return [self.first_day + timedelta(days=n) for n in range(self.days)]


def kind_number(name: str) -> int:
    return KINDS.index(name)
