"""Statements that reach beyond the data: roles and rights, databases, extensions, other servers, files, maintenance."""

from yett.core.targets import Effect
from yett.protocols.postgres.sql.definitions import declare
from yett.protocols.postgres.sql.grammar import Node
from yett.protocols.postgres.sql.names import folded, qualified, relation, strings
from yett.protocols.postgres.sql.objects import object_refs
from yett.protocols.postgres.sql.reading import NOTHING_IN_SCOPE, Outcome, Reader, StatementHandler
from yett.protocols.postgres.sql.refs import RESOURCE, Ref, RefKind
from yett.protocols.postgres.sql.settings import ALL_SETTINGS

_CURRENT_ROLES = {
    "ROLESPEC_CURRENT_ROLE": "current_role",
    "ROLESPEC_CURRENT_USER": "current_user",
    "ROLESPEC_SESSION_USER": "session_user",
    "ROLESPEC_PUBLIC": "public",
}


def role_name(spec: Node) -> str:
    """Return the role's name, or PostgreSQL's word for it (`current_user`, `public`)."""
    return str(spec.get("rolename") or _CURRENT_ROLES.get(spec.get("roletype", ""), ""))


def _administers(tag: str, kind: RefKind, field: str, *, new: bool = False) -> StatementHandler:
    """Return a handler for a statement that administers the one thing named in `field`."""

    def handle(reader: Reader, body: Node) -> Outcome:
        optional = bool(body.get("missing_ok"))
        reader.touch(Effect.ADMINISTER, Ref(kind, None, body.get(field, ""), new=new, optional=optional))
        return Outcome(tag)

    return handle


def _roles(reader: Reader, nodes: list[Node]) -> None:
    for node in nodes:
        spec = node.get("RoleSpec") or {"rolename": node.get("AccessPriv", {}).get("priv_name", "")}
        reader.touch_named(Effect.ADMINISTER, RefKind.ROLE, role_name(spec))


def _grant(reader: Reader, body: Node) -> Outcome:
    kind = body.get("objtype", "")
    if body.get("targtype") == "ACL_TARGET_ALL_IN_SCHEMA":
        kind = "OBJECT_SCHEMA"
    for node in body.get("objects", []):
        for ref in object_refs(kind, node):
            reader.touch(Effect.ADMINISTER, ref)
    _roles(reader, body.get("grantees", []))
    return Outcome("GRANT" if body.get("is_grant") else "REVOKE")


def _grant_role(reader: Reader, body: Node) -> Outcome:
    _roles(reader, body.get("granted_roles", []))
    _roles(reader, body.get("grantee_roles", []))
    return Outcome("GRANT ROLE" if body.get("is_grant") else "REVOKE ROLE")


def _default_privileges(reader: Reader, body: Node) -> Outcome:
    reader.touch(Effect.ADMINISTER, RESOURCE)
    _roles(reader, body.get("action", {}).get("grantees", []))
    return Outcome("ALTER DEFAULT PRIVILEGES")


def _role_of(tag: str, field: str) -> StatementHandler:
    def handle(reader: Reader, body: Node) -> Outcome:
        reader.touch_named(Effect.ADMINISTER, RefKind.ROLE, role_name(body.get(field, {})) or ALL_SETTINGS)
        return Outcome(tag)

    return handle


def _alter_role_set(reader: Reader, body: Node) -> Outcome:
    # Without a role it is ALTER ROLE ALL; the defaults of later sessions, not this one's settings.
    reader.touch_named(Effect.ADMINISTER, RefKind.ROLE, role_name(body.get("role", {})) or ALL_SETTINGS)
    if "database" in body:
        reader.touch_named(Effect.ADMINISTER, RefKind.DATABASE, body["database"])
    return Outcome("ALTER ROLE")


def _many_roles(tag: str) -> StatementHandler:
    def handle(reader: Reader, body: Node) -> Outcome:
        _roles(reader, body.get("roles", []))
        if "newrole" in body:
            reader.touch_named(Effect.ADMINISTER, RefKind.ROLE, role_name(body["newrole"]))
        return Outcome(tag)

    return handle


def _mapping(tag: str) -> StatementHandler:
    def handle(reader: Reader, body: Node) -> Outcome:
        reader.touch_named(Effect.ADMINISTER, RefKind.SERVER, body.get("servername", ""))
        reader.touch_named(Effect.ADMINISTER, RefKind.ROLE, role_name(body.get("user", {})))
        return Outcome(tag)

    return handle


def _policy(tag: str) -> StatementHandler:
    def handle(reader: Reader, body: Node) -> Outcome:
        reader.touch(Effect.ADMINISTER, relation(body.get("table", {}), what="policy"))
        reader.read([body.get("qual", {}), body.get("with_check", {})], NOTHING_IN_SCOPE)
        return Outcome(tag)

    return handle


def _alter_system(reader: Reader, body: Node) -> Outcome:
    name = folded(body.get("setstmt", {}).get("name", "")) or ALL_SETTINGS
    reader.touch_named(Effect.ADMINISTER, RefKind.SETTING, name)
    return Outcome("ALTER SYSTEM")


def _server(reader: Reader, body: Node) -> Outcome:
    reader.touch(Effect.ADMINISTER, Ref(RefKind.SERVER, None, body.get("servername", ""), new=True))
    reader.touch_named(Effect.ADMINISTER, RefKind.WRAPPER, body.get("fdwname", ""))
    return Outcome("CREATE SERVER")


def _import_schema(reader: Reader, body: Node) -> Outcome:
    reader.touch_named(Effect.ADMINISTER, RefKind.SERVER, body.get("server_name", ""))
    reader.touch_named(Effect.DEFINE, RefKind.SCHEMA, body.get("local_schema", ""))
    return Outcome("IMPORT FOREIGN SCHEMA")


def _publication(tag: str, *, new: bool) -> StatementHandler:
    def handle(reader: Reader, body: Node) -> Outcome:
        reader.touch(Effect.ADMINISTER, Ref(RefKind.PUBLICATION, None, body.get("pubname", ""), new=new))
        for entry in (node.get("PublicationObjSpec", {}) for node in body.get("pubobjects", [])):
            table = entry.get("pubtable")
            if table is not None:
                reader.touch(Effect.READ, relation(table.get("relation", {})))
                reader.read(table.get("whereClause", {}), NOTHING_IN_SCOPE)
            else:
                # A whole schema, or (without a name) the schema that is current.
                schema = Ref(RefKind.SCHEMA, None, entry.get("name", "")) if entry.get("name") else RESOURCE
                reader.touch(Effect.READ, schema)
        if body.get("for_all_tables"):
            reader.touch(Effect.READ, RESOURCE)
        return Outcome(tag)

    return handle


def _language(reader: Reader, body: Node) -> Outcome:
    reader.touch(Effect.ADMINISTER, Ref(RefKind.LANGUAGE, None, body.get("plname", ""), new=True))
    return Outcome("CREATE LANGUAGE")


def _event_trigger(reader: Reader, body: Node) -> Outcome:
    reader.touch(Effect.ADMINISTER, Ref(RefKind.EVENT_TRIGGER, None, body.get("trigname", ""), new=True))
    reader.touch(Effect.EXECUTE, qualified(strings(body.get("funcname", [])), RefKind.FUNCTION, arity=0))
    return Outcome("CREATE EVENT TRIGGER")


def _extension_contents(reader: Reader, body: Node) -> Outcome:
    reader.touch_named(Effect.ADMINISTER, RefKind.EXTENSION, body.get("extname", ""))
    for ref in object_refs(body.get("objtype", ""), body.get("object", {})):
        reader.touch(Effect.DEFINE, ref)
    return Outcome("ALTER EXTENSION")


def _move_all(reader: Reader, body: Node) -> Outcome:
    for field in ("orig_tablespacename", "new_tablespacename"):
        reader.touch_named(Effect.ADMINISTER, RefKind.TABLESPACE, body.get(field, ""))
    return Outcome("ALTER TABLESPACE")


def _vacuum(reader: Reader, body: Node) -> Outcome:
    # Without tables it is the whole database.
    for entry in (node.get("VacuumRelation", {}) for node in body.get("rels", [])):
        reader.touch(Effect.ADMINISTER, relation(entry.get("relation", {})))
    if not body.get("rels"):
        reader.touch(Effect.ADMINISTER, RESOURCE)
    is_vacuum = bool(body.get("is_vacuumcmd"))
    return Outcome("VACUUM" if is_vacuum else "ANALYZE", by_itself=is_vacuum)


def _maintain(tag: str) -> StatementHandler:
    """CLUSTER and REINDEX: of one relation, or of the whole schema, database or catalog."""

    def handle(reader: Reader, body: Node) -> Outcome:
        declare(reader)
        reader.touch(Effect.ADMINISTER, relation(body["relation"]) if "relation" in body else RESOURCE)
        return Outcome(tag)

    return handle


def _checkpoint(reader: Reader, body: Node) -> Outcome:  # noqa: ARG001 (one signature for all handlers)
    reader.touch(Effect.ADMINISTER, RESOURCE)
    return Outcome("CHECKPOINT")


_BY_ITSELF_WORDS = """
AlterDatabaseStmt AlterSubscriptionStmt AlterSystemStmt ClusterStmt CreateSubscriptionStmt CreateTableSpaceStmt
CreatedbStmt DropSubscriptionStmt DropTableSpaceStmt DropdbStmt ReindexStmt
"""
BY_ITSELF = frozenset(_BY_ITSELF_WORDS.split())
"""What PostgreSQL runs only as the first act of its transaction, or may (a partitioned table is reindexed in many)."""

ADMINISTRATION_STATEMENTS: dict[str, StatementHandler] = {
    "AlterDatabaseRefreshCollStmt": _administers("ALTER DATABASE", RefKind.DATABASE, "dbname"),
    "AlterDatabaseSetStmt": _administers("ALTER DATABASE", RefKind.DATABASE, "dbname"),
    "AlterDatabaseStmt": _administers("ALTER DATABASE", RefKind.DATABASE, "dbname"),
    "AlterDefaultPrivilegesStmt": _default_privileges,
    "AlterEventTrigStmt": _administers("ALTER EVENT TRIGGER", RefKind.EVENT_TRIGGER, "trigname"),
    "AlterExtensionContentsStmt": _extension_contents,
    "AlterExtensionStmt": _administers("ALTER EXTENSION", RefKind.EXTENSION, "extname"),
    "AlterFdwStmt": _administers("ALTER FOREIGN DATA WRAPPER", RefKind.WRAPPER, "fdwname"),
    "AlterForeignServerStmt": _administers("ALTER SERVER", RefKind.SERVER, "servername"),
    "AlterPolicyStmt": _policy("ALTER POLICY"),
    "AlterPublicationStmt": _publication("ALTER PUBLICATION", new=False),
    "AlterRoleSetStmt": _alter_role_set,
    "AlterRoleStmt": _role_of("ALTER ROLE", "role"),
    "AlterSubscriptionStmt": _administers("ALTER SUBSCRIPTION", RefKind.SUBSCRIPTION, "subname"),
    "AlterSystemStmt": _alter_system,
    "AlterTableMoveAllStmt": _move_all,
    "AlterTableSpaceOptionsStmt": _administers("ALTER TABLESPACE", RefKind.TABLESPACE, "tablespacename"),
    "AlterUserMappingStmt": _mapping("ALTER USER MAPPING"),
    "CheckPointStmt": _checkpoint,
    "ClusterStmt": _maintain("CLUSTER"),
    "CreateAmStmt": _administers("CREATE ACCESS METHOD", RefKind.ACCESS_METHOD, "amname", new=True),
    "CreateEventTrigStmt": _event_trigger,
    "CreateExtensionStmt": _administers("CREATE EXTENSION", RefKind.EXTENSION, "extname", new=True),
    "CreateFdwStmt": _administers("CREATE FOREIGN DATA WRAPPER", RefKind.WRAPPER, "fdwname", new=True),
    "CreateForeignServerStmt": _server,
    "CreatePLangStmt": _language,
    "CreatePolicyStmt": _policy("CREATE POLICY"),
    "CreatePublicationStmt": _publication("CREATE PUBLICATION", new=True),
    "CreateRoleStmt": _administers("CREATE ROLE", RefKind.ROLE, "role", new=True),
    "CreateSubscriptionStmt": _administers("CREATE SUBSCRIPTION", RefKind.SUBSCRIPTION, "subname", new=True),
    "CreateTableSpaceStmt": _administers("CREATE TABLESPACE", RefKind.TABLESPACE, "tablespacename", new=True),
    "CreateUserMappingStmt": _mapping("CREATE USER MAPPING"),
    "CreatedbStmt": _administers("CREATE DATABASE", RefKind.DATABASE, "dbname", new=True),
    "DropOwnedStmt": _many_roles("DROP OWNED"),
    "DropRoleStmt": _many_roles("DROP ROLE"),
    "DropSubscriptionStmt": _administers("DROP SUBSCRIPTION", RefKind.SUBSCRIPTION, "subname"),
    "DropTableSpaceStmt": _administers("DROP TABLESPACE", RefKind.TABLESPACE, "tablespacename"),
    "DropUserMappingStmt": _mapping("DROP USER MAPPING"),
    "DropdbStmt": _administers("DROP DATABASE", RefKind.DATABASE, "dbname"),
    "GrantRoleStmt": _grant_role,
    "GrantStmt": _grant,
    "ImportForeignSchemaStmt": _import_schema,
    "LoadStmt": _administers("LOAD", RefKind.FILE, "filename"),
    "ReassignOwnedStmt": _many_roles("REASSIGN OWNED"),
    "ReindexStmt": _maintain("REINDEX"),
    "VacuumStmt": _vacuum,
}
