"""Keeps the shapes of what was allowed to whom, as keyed marks that say nothing to who lacks the key."""

from collections.abc import Iterable, Sequence

from sqlalchemy import Connection, delete, func, select
from sqlalchemy.dialects import postgresql, sqlite

from yett.approvals.novelty import Seen
from yett.storage.database import Database
from yett.storage.sealing import Sealing
from yett.storage.tables import shapes

_BATCH = 200


class SqlShapeStore:
    """The approvals room's store of shapes (`yett.approvals.novelty.ShapeStore`) on SQLite or PostgreSQL."""

    def __init__(self, database: Database, key: bytes) -> None:
        self._database = database
        self._sealing = Sealing(key)

    def mark(self, purpose: str, value: bytes) -> bytes:
        """Return what a value is kept as."""
        return self._sealing.mark(purpose, value)

    def load(self, limit: int) -> tuple[Seen, ...]:
        """Return what is kept, at most `limit`, those seen last; the one seen last comes last."""
        with self._database.reading() as connection:
            rows = connection.execute(select(shapes).order_by(shapes.c.last_at.desc()).limit(limit)).all()
        return tuple(
            Seen(bytes(row.owner), bytes(row.shape), row.times, row.first_at, row.last_at) for row in reversed(rows)
        )

    def add(self, seen: Iterable[Seen]) -> None:
        """Add counts to what is kept, and move `last_at` on."""
        left = list(seen)
        while left:
            # Short transactions: whoever decides or revokes something does not wait for statistics.
            batch, left = left[:_BATCH], left[_BATCH:]
            with self._database.writing() as (connection, _):
                _add(connection, batch)

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


def _add(connection: Connection, batch: Sequence[Seen]) -> None:
    # The two dialects have the same words for it, and SQLAlchemy has them once for each.
    made = (postgresql if connection.dialect.name == "postgresql" else sqlite).insert(shapes)
    new = made.excluded
    both = {"times": shapes.c.times + new.times, "last_at": new.last_at}
    rows = [
        {"owner": one.owner, "shape": one.shape, "times": one.count, "first_at": one.first_at, "last_at": one.last_at}
        for one in batch
    ]
    connection.execute(made.on_conflict_do_update(index_elements=[shapes.c.owner, shapes.c.shape], set_=both), rows)
