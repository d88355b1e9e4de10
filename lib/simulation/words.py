"""What names, domains, links and texts are made of."""

from collections.abc import Sequence
from dataclasses import dataclass

from pyspark.sql import Column
from pyspark.sql import functions as F


def each(text: str, between: str = " ") -> tuple[str, ...]:
    return tuple(part for part in text.split(between) if part)


FIRST_NAMES = each(
    "anna ben carla david elena felix greta hugo irene jonas karin leo maria nils olga paul rosa simon tara viktor "
    "wendy yusuf zoe amir bianca chen dora emil fatima george hana ivan julia kofi lena marco nadia omar petra quinn"
)
LAST_NAMES = each(
    "adler baker costa diaz evans fischer garcia hansen ito jensen kowalski lopez meyer novak olsen petrov rossi silva "
    "tanaka unger vogel weber young zimmer almeida brandt conti dubois ferrari gruber haas jansen keller lang moreau"
)
NOUNS = each(
    "garden harbour library museum orchard printer quarry railway station theatre bakery bridge castle desert engine "
    "forest glacier hammer island jacket kitchen lantern meadow needle ocean pencil quilt river saddle tower umbrella "
    "valley window yard anchor basket candle drum easel feather guitar helmet ink jewel kettle ladder mirror notebook "
    "oven piano racket shelf tent urn violin wheel yarn zipper atlas bottle compass diary"
)
QUALITIES = each(
    "quiet bright early slow small open green northern modern simple golden distant gentle wooden hidden famous daily "
    "local royal sunny steady clever plain fresh grand humble rapid silent warm wild young old blue red silver urban "
    "rural busy brave calm deep eager fair great honest ideal joyful keen lively merry noble proud rare safe tidy vast"
)
OPENINGS = each(
    "just read|worth a look|my notes on|we talked about|finally finished|a walk to|thinking about|some pictures of|"
    "how we built|what I learned from|new post on|old story of|does anyone know|recipe for|trip to|looking for|"
    "thanks for|more about|questions on|the history of",
    "|",
)
ENDINGS = each(
    "this morning|with friends|for beginners|in the rain|and more|part two|last weekend|at home|for the kids|"
    "near the coast|after work|on a budget|by train|from scratch|in spring|what do you think?|so good|again|today|:)",
    "|",
)
PITCHES = each(
    "Earn ${} a day from home|Cheap pills, {} in stock|You have won {} dollars|Free spins: {} left|"
    "Loans up to {} today|Followers: {} for nothing|Watches {} percent off|Your parcel {} is waiting|"
    "Crypto doubled in {} hours|Meet {} singles near you|Verify your account {} now|Lose {} pounds fast",
    "|",
)
LURES = each("best free win cheap super top easy fast vip bonus deal prime")
HOST_ENDINGS = each("com net org io info co site shop online news blog app dev club store xyz")
SECTIONS = each("article blog news p story wiki")
SPAM_PATHS = each("offer win go bonus claim deal track promo gift join start check")
SYSTEMS = each("android ios web windows mac linux")
ACTS_BY_HOUR = (2, 1, 1, 1, 1, 1, 2, 4, 5, 5, 5, 5, 6, 5, 5, 5, 5, 6, 7, 8, 8, 7, 5, 3)  # of 103, by local time
HOURS = tuple(hour for hour, acts in enumerate(ACTS_BY_HOUR) for _ in range(acts))


STEPS = 1 << 52  # all of them are doubles
Part = Column | str  # a string names the draw, it is not a column


@dataclass(frozen=True)
class Chance:
    """All of a platform's draws. Another seed makes another platform."""

    seed: int

    def share(self, *about: Part) -> Column:
        """Uniform in [0, 1)."""
        parts = [F.lit(part) if isinstance(part, str) else part for part in about]
        return F.pmod(F.xxhash64(F.lit(self.seed), *parts), F.lit(STEPS)) / F.lit(float(STEPS))

    def below(self, limit: Column | int, *about: Part) -> Column:
        """A whole number from 0 to `limit` - 1."""
        top = F.lit(limit) if isinstance(limit, int) else limit
        return F.floor(self.share(*about) * top)

    def rank(self, limit: Column | int, power: float, *about: Part) -> Column:
        """A whole number below `limit`, smaller ones far oftener: rank n has a share of about n^(1/power - 1)."""
        top = F.lit(limit) if isinstance(limit, int) else limit
        return F.floor(F.pow(self.share(*about), F.lit(power)) * top)

    def one_of(self, words: Sequence[str], *about: Part) -> Column:
        return word(words, self.below(len(words), *about))

    def around(self, mean: Column, *about: Part) -> Column:
        """A whole number with this mean: the one below it or the one above."""
        return F.floor(mean + self.share(*about))


def word(words: Sequence[str], place: Column) -> Column:
    """The word at `place`, counted round and round."""
    listed = F.array(*(F.lit(each) for each in words))
    return F.get(listed, F.pmod(place, F.lit(len(words))).cast("int"))
