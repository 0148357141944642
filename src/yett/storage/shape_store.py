"""Keeps the shapes of what was allowed to whom, as keyed marks that say nothing to who lacks the key."""

from collections.abc import Iterable, Sequence

from sqlalchemy import Connection, case, delete, func, or_, select, update
from sqlalchemy.dialects import postgresql, sqlite

from yett.approvals.novelty import Baseline, Seen
from yett.storage.database import Database
from yett.storage.sealing import Sealing
from yett.storage.tables import revision, shapes

_BATCH = 200


class SqlShapeStore:
    """The approvals room's store of shapes (`yett.approvals.novelty.ShapeStore`) on SQLite or PostgreSQL."""

    def __init__(self, database: Database, key: bytes) -> None:
        self._database = database
        self._sealing = Sealing(key)

    def mark(self, purpose: str, value: bytes) -> bytes:
        """Return what a value is kept as."""
        return self._sealing.mark(purpose, value)

    def read(self, since: int | None, limit: int) -> tuple[int, tuple[Seen, ...]]:
        """Return the store's revision, and what was written after that of `since`, the one seen last at the end."""
        news = select(shapes).order_by(shapes.c.last_at.desc()).limit(limit)
        with self._database.reading() as connection:
            now = int(connection.execute(select(revision.c.value)).scalar_one())
            if since is not None:
                news = news.where(shapes.c.revision > since)
            rows = connection.execute(news).all() if since != now else []
        return now, tuple(
            Seen(bytes(row.owner), bytes(row.shape), row.times, row.first_at, row.last_at) for row in reversed(rows)
        )

    def add(self, seen: Iterable[Seen]) -> None:
        """Add counts to what is kept, and stretch its times to cover these; what was forgotten begins anew."""
        left = list(seen)
        while left:
            # Short transactions: whoever decides or revokes something does not wait for statistics.
            batch, left = left[:_BATCH], left[_BATCH:]
            with self._database.writing() as (connection, number):
                _add(connection, batch, number)

    def forget(self, owner: bytes) -> int:
        """Set all counts of an owner to 0, and return how many shapes that were: running gates must see it."""
        known = (shapes.c.owner == owner) & (shapes.c.times > 0)
        with self._database.writing() as (connection, number):
            return int(connection.execute(update(shapes).where(known).values(times=0, revision=number)).rowcount)

    def baselines(self) -> tuple[Baseline, ...]:
        """Return what is known of each owner, but for what was forgotten."""
        numbers = (func.count(), func.sum(shapes.c.times), func.min(shapes.c.first_at), func.max(shapes.c.last_at))
        asked = select(shapes.c.owner, *numbers).where(shapes.c.times > 0).group_by(shapes.c.owner)
        with self._database.reading() as connection:
            rows = connection.execute(asked).all()
        return tuple(Baseline(bytes(owner), count, int(times), *between) for owner, count, times, *between in rows)

    def prune(self, keep: int, last_before: float) -> int:
        """Forget all but the `keep` seen last, and those not seen since that time; return how many."""
        with self._database.reading() as connection:
            count = connection.execute(select(func.count()).select_from(shapes)).scalar_one()
            nth = select(shapes.c.last_at).order_by(shapes.c.last_at.desc()).offset(keep - 1).limit(1)
            newest = connection.execute(nth).scalar_one_or_none() if count > keep else None
            oldest = connection.execute(select(func.min(shapes.c.last_at))).scalar_one_or_none()
        limit = max(last_before, newest if newest is not None else last_before)
        if oldest is None or oldest >= limit:
            return 0
        with self._database.writing() as (connection, _):
            return int(connection.execute(delete(shapes).where(shapes.c.last_at < limit)).rowcount)


def _add(connection: Connection, batch: Sequence[Seen], number: int) -> None:
    # The two dialects have the same words for it, and SQLAlchemy has them once for each.
    made = (postgresql if connection.dialect.name == "postgresql" else sqlite).insert(shapes)
    old, new = shapes.c, made.excluded
    changes = {
        "times": old.times + new.times,
        "first_at": case((or_(old.times == 0, new.first_at < old.first_at), new.first_at), else_=old.first_at),
        "last_at": case((or_(old.times == 0, new.last_at > old.last_at), new.last_at), else_=old.last_at),
        "revision": new.revision,
    }
    rows = [
        {
            "owner": one.owner,
            "shape": one.shape,
            "times": one.count,
            "first_at": one.first_at,
            "last_at": one.last_at,
            "revision": number,
        }
        for one in batch
    ]
    connection.execute(made.on_conflict_do_update(index_elements=[old.owner, old.shape], set_=changes), rows)
