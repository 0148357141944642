"""Draws rounds from a seed: who does what, who answers how, and what goes wrong when."""

from dataclasses import dataclass
from random import Random

from chaos.acts import Act
from chaos.clients import COPIES, ClientPlan
from chaos.reviewers import Reply

THEMES = (
    *("gate",) * 4,
    *("target",) * 3,
    *("client",) * 2,
    *("disk",) * 3,
    "gate+target",
    "gate+client",
    "disk+gate",
    "drain",
    "reload",
    "freeze",
    "reviewers",
    "expiry",
    "cancel",
)
"""What rounds are about; each block of as many rounds has them all, in an order of its own."""

HOWS = (
    *("simple", "extended", "extended", "prepared", "pipeline", "transaction", "asyncpg", "asyncpg-simple"),
    *("copy", "copy", "asyncpg-copy", "copy-transaction"),
)
"""How clients do their acts."""
_TABLES = ("held",) * 5 + ("free",) * 3 + ("purse",) * 2 + ("quick", "pair")
_TOGETHER = {"pipeline", "transaction", "copy-transaction"}
_FULL, _NEARLY_FULL = 0, 2 << 20


@dataclass(frozen=True, slots=True)
class Fault:
    """What goes wrong: `kind` strikes `after` so many seconds from a `moment` (start, ticket, answer).

    `which` is the client that is killed, or how many bytes of the disk are left.
    """

    kind: str
    moment: str
    after: float
    which: int = 0


@dataclass(frozen=True, slots=True)
class Round:
    """Everything that is drawn of one round."""

    number: int
    theme: str
    clients: tuple[ClientPlan, ...]
    replies: dict[str, Reply]
    faults: tuple[Fault, ...]


def draw(seed: int, number: int, theme: str = "", hows: tuple[str, ...] = HOWS) -> Round:
    """Return a round: the same for the same seed and number."""
    block, place = divmod(number - 1, len(THEMES))
    order = list(THEMES)
    Random(f"{seed}/{block}").shuffle(order)
    chosen = theme or order[place]
    random = Random(f"{seed}/{number}/{theme}")
    clients = tuple(_client(random, number, index, chosen, hows) for index in range(random.randint(3, 5)))
    acts = [(client, act) for client in clients for step in client.steps for act in step]
    replies = {act.name: _reply(random, client, act, chosen) for client, act in acts}
    faults = tuple(_fault(random, kind, len(clients)) for kind in chosen.split("+") if kind in _KINDS)
    return Round(number, chosen, clients, replies, faults)


_KINDS = {"gate", "target", "client", "disk", "drain", "reload", "freeze"}


def _client(random: Random, number: int, index: int, theme: str, hows: tuple[str, ...]) -> ClientPlan:
    how = random.choice(hows)
    names = (f"r{number}.c{index}.{count}" for count in range(100))
    steps = []
    for _ in range(random.randint(1, 3)):
        size = random.randint(2, 3) if how in _TOGETHER else 1
        steps.append(tuple(Act(next(names), _table(random, theme, how), random.randint(1, 999)) for _ in range(size)))
    cancels = how != "pipeline" and random.random() < (0.7 if theme == "cancel" else 0.08)
    leaves = not cancels and random.random() < 0.12
    again = random.choice(("", "same", "same", "same", "changed", "twice"))
    return ClientPlan(
        f"c{index}",
        how,
        tuple(steps),
        "changed" if leaves and again == "twice" else again,
        random.uniform(0.05, 0.6) if cancels else 0.0,
        random.uniform(0.1, 0.6) if leaves else 0.0,
        random.choice((0.0, random.uniform(0.0, 0.5))) if how in COPIES else 0.0,
    )


def _table(random: Random, theme: str, how: str) -> str:
    drawn = _any_table(random, theme)
    # There is nothing to copy into a purse.
    return "held" if drawn == "purse" and how in COPIES else drawn


def _any_table(random: Random, theme: str) -> str:
    if theme == "expiry" and random.random() < 0.6:
        return "quick"
    if theme == "freeze" and random.random() < 0.6:
        return "held"
    return random.choice(_TABLES)


def _reply(random: Random, client: ClientPlan, act: Act, theme: str) -> Reply:
    again = client.again != "twice"
    if act.table == "quick":
        # Its question stands for a second: the answer comes in time, at the very end, too late, or never.
        if theme != "expiry" and random.random() < 0.3:
            return Reply("silence")
        return Reply("yes", random.uniform(0.75, 1.05) if random.random() < 0.7 else 0.0, again)
    after = random.uniform(0.0, 0.25)
    if act.table == "pair":
        return Reply(random.choice(("pair", "pair", "race", "same")), after, again)
    if theme == "reviewers":
        return Reply(random.choice(("race", "split", "then-no")), after, again)
    return Reply(random.choice(("yes",) * 6 + ("race", "split", "then-no", "no")), after, again)


def _fault(random: Random, kind: str, clients: int) -> Fault:
    moment = random.choice(("start", "ticket", "answer", "answer"))
    after = random.uniform(0.0, 0.7 if moment == "start" else 0.25)
    which = random.choice((_FULL, _FULL, _NEARLY_FULL)) if kind == "disk" else random.randrange(clients)
    return Fault(kind, moment, after, which)
