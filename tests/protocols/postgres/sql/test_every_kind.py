"""Every kind of node that PostgreSQL's grammar can make is either handled or not understood, never passed over."""

from importlib.resources import files

import pytest
from google.protobuf.descriptor_pb2 import FileDescriptorSet

from yett.core.targets import Effect
from yett.protocols.postgres.sql.effects import STATEMENTS, facts_of
from yett.protocols.postgres.sql.reading import PLAIN_NODES
from yett.protocols.postgres.sql.refs import NOT_UNDERSTOOD, RESOURCE, Touch

# Statements of other languages, or parts of statements that stand for themselves nowhere.
_NEVER_ALONE = {"RawStmt", "SetOperationStmt", "ReturnStmt", "PLAssignStmt", "ReplicaIdentityStmt"}


def _node_kinds() -> set[str]:
    described = FileDescriptorSet.FromString(files("postgast").joinpath("pg_query.desc").read_bytes())
    (node,) = [message for file in described.file for message in file.message_type if message.name == "Node"]
    return {field.type_name.rpartition(".")[2] for field in node.field}


def test_every_statement_kind_of_the_grammar_is_handled():
    kinds = {kind for kind in _node_kinds() if kind.endswith("Stmt")} - _NEVER_ALONE
    assert len(kinds) > 110
    assert kinds - STATEMENTS.keys() == set()
    assert STATEMENTS.keys() - kinds == set()


def test_every_node_that_is_read_without_a_handler_exists():
    assert set() == PLAIN_NODES - _node_kinds()


@pytest.mark.parametrize("kind", ["MoonStmt", "RawStmt", "PLAssignStmt", "SetOperationStmt", ""])
def test_a_statement_of_an_unknown_kind_is_not_understood(kind):
    found = facts_of({kind: {"relation": {"relname": "t"}}})
    assert NOT_UNDERSTOOD in found.touches
    assert found.refusal is not None
    assert found.refusal.code == "not_understood"


@pytest.mark.parametrize(
    "value",
    [
        {"MoonExpr": {}},
        {"Query": {"commandType": "CMD_DELETE"}},
        {"FuncExpr": {"funcid": 1}},
        {"A_Expr": {"kind": "AEXPR_OP", "name": [{"String": {"sval": "="}}], "lexpr": {"Moon": {}}}},
        {"ResTarget": {"moon": {"a": 1, "b": 2}}},
        {"ResTarget": {"val": [1]}},
    ],
)
def test_an_unknown_part_of_a_query_is_not_understood(value):
    found = facts_of({"SelectStmt": {"targetList": [value]}})
    assert Touch(Effect.UNKNOWN, RESOURCE) in found.touches
