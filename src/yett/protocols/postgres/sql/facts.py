"""What one SQL statement would do, in names as its text writes them: nothing here has been looked up yet."""

from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any

from yett.core.operations import Refusal
from yett.protocols.postgres.sql.refs import Ref, Touch

WHOLE_TEXT = -1


class TransactionAct(StrEnum):
    """What a transaction statement does; START TRANSACTION is `begin`, END is `commit`, ABORT is `rollback`."""

    BEGIN = "begin"
    COMMIT = "commit"
    ROLLBACK = "rollback"
    SAVEPOINT = "savepoint"
    RELEASE = "release"
    ROLLBACK_TO = "rollback to"
    PREPARE = "prepare"
    COMMIT_PREPARED = "commit prepared"
    ROLLBACK_PREPARED = "rollback prepared"


@dataclass(frozen=True, slots=True)
class SettingChange:
    """One setting that the statement sets or resets.

    `name` is in lower case; None means a setting that cannot be told from the text, `*` all of them (RESET ALL).
    `value` is what the server would store, flattened as SET does (`"a b", public`); None where it is not a constant or
    the setting goes back to its default (`reset`). `is_local` ends with the transaction.
    `certain` is False where the change sits inside a query and may happen never, once or for many rows.
    """

    name: str | None
    value: str | None = None
    is_local: bool = False
    reset: bool = False
    certain: bool = True


@dataclass(frozen=True, slots=True)
class Prepared:
    """PREPARE name: `text` is the text of the PREPARE statement, `facts` what running what it prepares would do."""

    name: str
    text: str
    facts: "StatementFacts"


@dataclass(frozen=True, slots=True)
class Declared:
    """DECLARE name CURSOR: the query runs as it is fetched from; `hold` outlives the transaction."""

    name: str
    hold: bool
    facts: "StatementFacts"


@dataclass(frozen=True, slots=True)
class SessionChange:
    """What a statement leaves changed in the session that later statements can notice.

    `savepoint` is the savepoint's name or the two-phase transaction's id. `settings` include `role` and
    `session_authorization`. `discards` is `all`, `plans`, `sequences` or `temp`. `deallocates`, `closes` and
    `unlistens` use `*` for ALL. `defines` is DDL of any kind (the catalog may differ afterwards), `opaque` says that
    code runs which may change anything at all.
    """

    transaction: TransactionAct | None = None
    chain: bool = False
    savepoint: str = ""
    settings: tuple[SettingChange, ...] = ()
    discards: str = ""
    prepares: Prepared | None = None
    executes: str | None = None
    deallocates: str | None = None
    declares: Declared | None = None
    fetches: str | None = None
    closes: str | None = None
    listens: str | None = None
    unlistens: str | None = None
    notifies: tuple[str, ...] = ()
    creates_temporary: bool = False
    defines: bool = False
    opaque: bool = False


NO_CHANGE = SessionChange()


@dataclass(frozen=True, slots=True)
class StatementFacts:
    """Everything the text of one statement says about what it does.

    `kind` is the server's command tag words (`SELECT`, `DROP TABLE`). `touches` always hold CONNECT on the resource.
    `assumed` are the names (functions, operators, types, attribute notation) that were taken for PostgreSQL's own when
    the touches were worked out: whoever resolves must add EXECUTE on each that can mean anything outside pg_catalog.
    `barrier` says that what a later statement of the same text means may depend on this one's outcome. `copy` is `in`
    or `out` where rows travel by COPY messages. `by_itself` says that PostgreSQL runs it only as the first act of its
    transaction, or may. `start` and `end` are character offsets of the statement in its text,
    `end` being WHOLE_TEXT where the statement is the only one. `refusal` is set where the text alone is reason enough.
    `source` is the text that these facts were read from: of a structure, one of the texts that share it, of what is
    prepared or declared inside, the text around it. A long one keeps its `tree`.
    """

    kind: str
    touches: tuple[Touch, ...]
    changes: SessionChange = NO_CHANGE
    assumed: tuple[Ref, ...] = ()
    returns_rows: bool = False
    barrier: bool = False
    copy: str = ""
    by_itself: bool = False
    refusal: Refusal | None = None
    start: int = 0
    end: int = WHOLE_TEXT
    source: str = field(default="", compare=False, repr=False)
    tree: dict[str, Any] | None = field(default=None, compare=False, repr=False)

    def text_of(self, text: str) -> str:
        """Return this statement's part of the text that it was understood from."""
        return text[self.start :] if self.end == WHOLE_TEXT else text[self.start : self.end]


@dataclass(frozen=True, slots=True)
class Understood:
    """All statements of one text, in order; none for an empty query.

    `refusal` stands for the whole text where it could not be read at all; `position` is then the 1-based character
    that PostgreSQL's own syntax error points at, 0 where there is none. `structure` is the key under which all texts
    share this that differ only in literals; empty where the literals are part of it.
    """

    statements: tuple[StatementFacts, ...] = ()
    refusal: Refusal | None = None
    position: int = 0
    structure: bytes = field(default=b"", compare=False)
