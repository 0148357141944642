"""Test and explain policies: which case fails, why a request is refused, what policies may name."""

import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Annotated

import typer

from yett.app.policies import declarations, known_names, policy_schema
from yett.cli.options import ConfigOption, JsonOption
from yett.cli.output import EXIT_FOUND, escaped, print_json, styled
from yett.cli.policy_output import (
    explanation_json,
    if_new_json,
    print_explanation,
    print_if_new,
    print_report,
    report_json,
)
from yett.cli.policy_statements import understand
from yett.config import Config, find_config, load_config
from yett.config.protocols import known_protocols
from yett.core.clock import SystemClock
from yett.core.errors import ConfigError
from yett.core.ids import SessionId
from yett.core.operations import Operation
from yett.core.principals import Claim, Principal
from yett.core.sessions import ClientFacts, Session
from yett.core.targets import Access, Resource
from yett.policy.case_files import named_in
from yett.policy.cases import CaseReport, run_cases
from yett.policy.engine import PolicyEngine
from yett.policy.explain import explain
from yett.policy.loading import load_policies
from yett.policy.names import KnownNames
from yett.policy.problems import did_you_mean
from yett.policy.schema import PolicySchema, ValueType, build_schema
from yett.policy.wording import Unreadable, read_effect, read_principal_key, read_target

app = typer.Typer(
    name="policy",
    help="Test and explain policies.",
    no_args_is_help=True,
    rich_markup_mode=None,
    context_settings={"help_option_names": ["-h", "--help"]},
)

PoliciesOption = Annotated[
    Path | None, typer.Option("--policies", metavar="DIR", help="The folder of policies; else what yett.toml says.")
]


@dataclass(frozen=True, slots=True)
class World:
    """What policies stand in: their folder, the schema they are checked against, the names and resources declared."""

    folder: Path
    schema: PolicySchema
    known: KnownNames
    resources: Mapping[str, Resource]


@app.command("test")
def run_tests(
    names: Annotated[
        list[str] | None, typer.Argument(metavar="[TEXT]...", help="Only cases with this in name or file.")
    ] = None,
    config: ConfigOption = None,
    policies: PoliciesOption = None,
    as_json: JsonOption = False,
) -> None:
    """Run the cases written beside the policies (`*.test.toml`).

    Ends with status 1 when a case is not as expected.

    Examples: yett policy test · yett policy test payroll · yett policy test --json
    """
    world, engine = _loaded(config, policies)
    files = {path.name: path.read_text("utf-8", errors="replace") for path in sorted(world.folder.glob("*.test.toml"))}
    report = run_cases(files, engine, world.resources, understand)
    if names:
        kept = [r for r in report.results if any(n in r.case.title or n in r.case.place.file for n in names)]
        report = CaseReport(tuple(kept), ())
    if as_json:
        print_json(report_json(report, engine))
    else:
        print_report(report)
    if not report.passed:
        raise typer.Exit(EXIT_FOUND)


@app.command()
def why(  # noqa: PLR0917 - one parameter per option
    principal: Annotated[str, typer.Option(help="`<provider>/<subject>`, or a name from a `*.test.toml`.")],
    resource: Annotated[str, typer.Option(help="The resource's name in yett.toml.")],
    effect: Annotated[str, typer.Option(help="read, write, define, execute, connect …")] = "",
    target: Annotated[
        str, typer.Option(help="`public.customers`, `Table public.customers`; the resource if unset.")
    ] = "",
    sql: Annotated[str, typer.Option(help="A statement, instead of effect and target.")] = "",
    group: Annotated[
        list[str] | None, typer.Option(help="A group of the principal, such as corp/dba; repeatable.")
    ] = None,
    role: Annotated[list[str] | None, typer.Option(help="A role it holds; repeatable.")] = None,
    claim: Annotated[
        list[str] | None, typer.Option(metavar="NAME=VALUE", help="A claim it carries; repeatable.")
    ] = None,
    fact: Annotated[
        list[str] | None, typer.Option(metavar="NAME=VALUE", help="A fact of the operation; repeatable.")
    ] = None,
    label: Annotated[str, typer.Option(help="The label of the target, for columns.")] = "",
    approval: Annotated[list[str] | None, typer.Option(help="An approval it already has; repeatable.")] = None,
    address: Annotated[str, typer.Option(help="Where the client comes from.")] = "127.0.0.1",
    program: Annotated[str, typer.Option(help="The client's program.")] = "",
    env: Annotated[str, typer.Option(help="An env to judge by instead of the resource's own.")] = "",
    novel: Annotated[bool, typer.Option("--novel", help="Judge it as something it never did there before.")] = False,
    config: ConfigOption = None,
    policies: PoliciesOption = None,
    as_json: JsonOption = False,
) -> None:
    """Explain a decision: which policies made it, where they stand, and which permits came nearest.

    Ends with status 0 whatever the decision is.

    Where policies look at `context.novel`, what it would be if it was new is said below.

    A statement is read by its text alone: a name without a schema is taken to be in `public`, and views and triggers
    are not followed, as no target is asked.

    Examples: yett policy why --principal corp/ana --group corp/support-agents --resource orders --effect read
    --target public.customers · yett policy why --principal ana --resource orders --sql 'drop table customers'
    """
    world, engine = _loaded(config, policies)
    principals, resources = _named(world.folder)
    who = _principal(principal, principals)
    who = replace(
        who,
        groups=who.groups | set(group or ()),
        roles=who.roles | set(role or ()),
        claims={**who.claims, **_pairs(claim or (), world.schema.claims)},
    )
    place = _resource(resource, env, world, resources)
    client = ClientFacts(address, 0, tls=True, program=program)
    session = Session(SessionId("why"), who, place, client, SystemClock().now())
    if sql:
        (operation,) = understand(session, sql)
    elif not effect:
        raise Unreadable("nothing is asked", hint="give --effect and --target, or --sql")
    else:
        asked = read_effect(effect)
        access = Access(asked, read_target(target, resource, asked, engine.schema, label))
        operation = Operation(place.protocol, "", "", (access,), {})
    facts = _facts(fact or (), engine.schema)
    kind = str(facts.pop("kind", operation.kind))
    operation = replace(operation, kind=kind, facts={**operation.facts, **facts})
    found, new = (explain(engine, session, operation, frozenset(approval or []), novel=how) for how in (novel, True))
    if as_json:
        print_json({**explanation_json(found), **if_new_json(found, new)})
    else:
        print_explanation(found)
        print_if_new(found, new)


@app.command()
def schema(
    config: ConfigOption = None,
    as_json: JsonOption = False,
) -> None:
    """Print the generated Cedar schema, for editors and for reading.

    Example: yett policy schema > policies/yett.cedarschema
    """
    text = _world(config).schema.text
    if as_json:
        print_json({"schema": text})
    else:
        print(text, end="")


def _config(given: str | None) -> Config | None:
    try:
        path = find_config(given)
    except ConfigError as error:
        if error.code != "config_not_found":
            raise
        return None
    return load_config(path)


def _world(config: str | None, folder: Path | None = None) -> World:
    """Return the world of yett.toml; without one, what every protocol declares, and no names to check against."""
    found = _config(config)
    if found is None:
        return World(folder or Path("policies"), schema_of_everything(), KnownNames(), {})
    entries = found.settings.resources.items()
    resources = {name: Resource(name, one.protocol, one.env) for name, one in entries}
    return World(folder or found.policies, policy_schema(found), known_names(found), resources)


def schema_of_everything() -> PolicySchema:
    """Return the schema over the kinds and facts of every protocol there is."""
    declared = [declarations(protocol) for protocol in sorted(known_protocols())]
    facts = {name: kind for _, own in declared for name, kind in own.items()}
    return build_schema([kind for own, _ in declared for kind in own], facts)


def _loaded(config: str | None, folder: Path | None) -> tuple[World, PolicyEngine]:
    world = _world(config, folder)
    engine = load_policies(world.folder, world.schema, known=world.known, clock=SystemClock())
    for warning in engine.policies.warnings:
        hint = f" ({warning.hint})" if warning.hint else ""
        print(f"{styled('warning', 'warn', sys.stderr)}: {escaped(str(warning) + hint)}", file=sys.stderr)
    return world, engine


def _named(folder: Path) -> tuple[dict[str, Principal], dict[str, Resource]]:
    principals: dict[str, Principal] = {}
    resources: dict[str, Resource] = {}
    for path in sorted(folder.glob("*.test.toml")):
        found = named_in(path.read_text("utf-8", errors="replace"))
        principals |= found[0]
        resources |= found[1]
    return principals, resources


def _principal(text: str, named: Mapping[str, Principal]) -> Principal:
    """Return the principal meant: named in a case file, or by its provider and subject."""
    if text in named:
        return named[text]
    if "/" not in text:
        msg = f'no principal is called "{text}" in the test files'
        raise Unreadable(msg, hint=did_you_mean(text, named) or "write <provider>/<subject>, such as corp/ana")
    kind, issuer, subject = read_principal_key(text)
    return Principal(kind, issuer, subject, subject)


def _resource(name: str, env: str, world: World, named: Mapping[str, Resource]) -> Resource:
    found = world.resources.get(name) or named.get(name)
    if found is None and world.resources:
        msg = f'no resource is called "{name}" in yett.toml'
        raise Unreadable(msg, hint=did_you_mean(name, world.resources))
    found = found or Resource(name, "postgres")
    return replace(found, env=env) if env else found


def _pairs(texts: Sequence[str], declared: Mapping[str, ValueType]) -> dict[str, Claim]:
    """Return NAME=VALUE options as values of their declared types. Raises Unreadable."""
    found: dict[str, Claim] = {}
    for text in texts:
        name, equals, value = text.partition("=")
        if not equals or name not in declared:
            msg = f'"{text}" does not give a declared name a value'
            raise Unreadable(msg, hint=did_you_mean(name, declared, "{}=…") or "write NAME=VALUE")
        found[name] = _typed(value, declared[name])
    return found


def _typed(value: str, kind: ValueType) -> Claim:
    match kind:
        case ValueType.STRING:
            return value
        case ValueType.BOOL:
            return value.lower() in {"true", "yes", "1"}
        case ValueType.SET:
            return tuple(filter(None, value.split(",")))
        case ValueType.LONG:
            if value.lstrip("-").isdecimal():
                return int(value)
            msg = f'"{value}" is no whole number'
            raise Unreadable(msg)


def _facts(texts: Sequence[str], schema: PolicySchema) -> dict[str, str | int | bool]:
    return {name: value for name, value in _pairs(texts, schema.facts).items() if not isinstance(value, tuple)}
