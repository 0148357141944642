"""Targets and principals as people write them on a command line or in a test case."""

import re

from yett.core.errors import YettError
from yett.core.principals import PrincipalKind
from yett.core.targets import Effect, Target, quoted
from yett.policy.problems import did_you_mean
from yett.policy.schema import ACTIONS, RESOURCE_KIND, PolicySchema

_ENTITY = re.compile(r"(?:(?P<kind>[A-Za-z_]\w*)(?:::|\s+))?(?P<rest>.*)", re.DOTALL)


class Unreadable(YettError):
    """A principal, effect or target was named in a way that cannot be read."""

    code = "policy_words_unreadable"


def path_of(text: str) -> tuple[str, ...]:
    """Return the parts of a dotted path, where a part may be in double quotes; the reverse of `core.Target.id`."""
    parts: list[str] = []
    rest = text
    while rest:
        part, rest = _first_part(rest)
        parts.append(part)
    return tuple(parts)


def target_words(target: Target) -> str:
    """Return a target inside its resource as people write it: `Table public.customers`."""
    return f"{target.kind} {'.'.join(quoted(part) for part in target.path)}"


def read_effect(text: str) -> Effect:
    """Return the effect of this name. Raises Unreadable."""
    if text in {action.value for action in ACTIONS}:
        return Effect(text)
    msg = f'no effect is called "{text}"'
    raise Unreadable(msg, hint=did_you_mean(text, (action.value for action in ACTIONS)))


def read_target(text: str, resource: str, effect: Effect, schema: PolicySchema, label: str = "") -> Target:
    """Return the target meant by `public.customers`, `Table public.customers` or `Table::"orders/public.customers"`.

    Without a kind it is the first declared one with that many parts that the effect applies to; an empty text is
    the resource itself. Raises Unreadable.
    """
    match = _ENTITY.fullmatch(text.strip())
    kind, rest = (match["kind"] or "", match["rest"]) if match else ("", text)
    if "::" in text and rest.startswith('"') and rest.endswith('"'):
        rest = rest[1:-1].replace('\\"', '"')
    path = path_of(rest.removeprefix(f"{resource}/"))
    if not path or kind == RESOURCE_KIND:
        return Target(resource, RESOURCE_KIND, (), label)
    found = kind or _likeliest_kind(path, effect, schema)
    if found not in schema.kinds:
        msg = f'no kind of target is called "{found}"'
        raise Unreadable(msg, hint=did_you_mean(found, schema.target_types))
    return Target(resource, found, path, label)


def read_principal_key(text: str, kind: PrincipalKind = PrincipalKind.USER) -> tuple[PrincipalKind, str, str]:
    """Return kind, issuer and subject of `corp/ana`, `Agent corp/bot` or `Agent::"corp/bot"`. Raises Unreadable."""
    match = _ENTITY.fullmatch(text.strip())
    word, rest = (match["kind"] or "", match["rest"].strip('"')) if match else ("", text)
    issuer, slash, subject = rest.partition("/")
    if not slash or not issuer or not subject:
        msg = f'"{text}" names no principal'
        raise Unreadable(msg, hint="write <provider>/<subject>, such as corp/ana")
    if word and word.capitalize() not in {one.value for one in PrincipalKind}:
        msg = f'no kind of principal is called "{word}"'
        raise Unreadable(msg, hint=did_you_mean(word.capitalize(), PrincipalKind))
    return PrincipalKind(word.capitalize()) if word else kind, issuer, subject


def _likeliest_kind(path: tuple[str, ...], effect: Effect, schema: PolicySchema) -> str:
    fitting = [name for name, depths in schema.depths.items() if len(path) in depths]
    # What is there to be executed comes before what can have execution as a side effect, such as a table's triggers.
    executed = [name for name in fitting if schema.kinds[name].effects[:1] == (Effect.EXECUTE,)]
    for name in executed + fitting if effect is Effect.EXECUTE else fitting:
        if schema.applies(effect, name):
            return name
    if fitting:
        return fitting[0]
    words = ".".join(path)
    msg = f'cannot tell what kind of target "{words}" is'
    raise Unreadable(msg, hint=f'write its kind before it: "Table {words}"')


def _first_part(text: str) -> tuple[str, str]:
    if not text.startswith('"'):
        part, _, rest = text.partition(".")
        return part, rest
    end = 1
    while end < len(text) and not (text[end] == '"' and text[end + 1 : end + 2] != '"'):
        end += 2 if text[end] == '"' else 1
    return text[1:end].replace('""', '"'), text[end + 2 :]
