"""What names, domains, links and texts are made of."""


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
