"""What PostgreSQL declares for policy: its kinds of targets, and the facts of a statement that conditions may read."""

from yett.protocols.postgres.catalog.target_kinds import TARGET_KINDS

FACTS: dict[str, type] = {"statements": int, "returns_rows": bool}
"""`context.operation` of a PostgreSQL statement, beside `protocol` and `kind`."""

__all__ = ["FACTS", "TARGET_KINDS"]
