"""Policy files become an engine, or a list of everything that is wrong with them."""

import hashlib
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from pathlib import Path

from cedarpy import PolicySet, pst

from yett.core.clock import Clock, SystemClock
from yett.core.ids import PolicyVersion
from yett.policy.diagnosis import syntax_problem, validation_problems
from yett.policy.engine import PolicyEngine
from yett.policy.judging import parsed_together
from yett.policy.names import KnownNames, NamedTarget, name_problems, named_targets
from yett.policy.problems import PolicyProblems, Problem
from yett.policy.rules import Rule, read_rule
from yett.policy.schema import PolicySchema
from yett.policy.source import Chunk, Place, TooComplex, chunks

FILES_MAX = 1_000
TOTAL_CHARACTERS_MAX = 8_000_000
POLICIES_MAX = 5_000
_NO_NAMES = KnownNames()


@dataclass(frozen=True, slots=True)
class LoadedPolicies:
    """Policies that may be used: their rules in order of file and place, warnings, and the targets they name."""

    version: PolicyVersion
    rules: tuple[Rule, ...]
    cedar: PolicySet
    warnings: tuple[Problem, ...] = ()
    named_targets: tuple[NamedTarget, ...] = ()
    known: KnownNames = _NO_NAMES


def load_policies(
    files: Mapping[str, str] | Path,
    schema: PolicySchema,
    *,
    known: KnownNames = _NO_NAMES,
    clock: Clock | None = None,
) -> PolicyEngine:
    """Return the engine for these policy files (names to texts, or a folder of `*.cedar`).

    Raises PolicyProblems with every problem found, each with its file, line and column.
    """
    texts = read_policy_folder(files) if isinstance(files, Path) else files
    return PolicyEngine(read_policies(texts, schema, known), schema, clock or SystemClock())


def read_policy_folder(folder: Path) -> dict[str, str]:
    """Return the texts of the folder's `*.cedar` files by file name. Raises PolicyProblems for what cannot be read."""
    if not folder.is_dir():
        raise PolicyProblems([Problem(Place(str(folder), 1, 1), "there is no such folder of policies")])
    found: dict[str, str] = {}
    problems: list[Problem] = []
    for path in sorted(folder.glob("*.cedar")):
        try:
            found[path.name] = path.read_bytes().decode("utf-8")
        except (OSError, UnicodeDecodeError) as error:
            problems.append(Problem(Place(path.name, 1, 1), f"cannot be read as UTF-8 text: {type(error).__name__}"))
    if problems:
        raise PolicyProblems(problems)
    return found


def policy_version(files: Mapping[str, str]) -> PolicyVersion:
    """Return 12 hex digits of the SHA-256 over names and texts, each framed by its length, in order of name."""
    digest = hashlib.sha256()
    for name in sorted(files):
        for part in (name.encode(), files[name].encode("utf-8", "surrogatepass")):
            digest.update(len(part).to_bytes(8, "big") + part)
    return PolicyVersion(digest.hexdigest()[:12])


def read_policies(files: Mapping[str, str], schema: PolicySchema, known: KnownNames = _NO_NAMES) -> LoadedPolicies:
    """Return the policies, checked. Raises PolicyProblems."""
    problems = list(_too_much(files))
    read: list[tuple[Rule, Chunk]] = []
    for name in sorted(files) if not problems else ():
        for chunk in _chunks(name, files[name], problems):
            rule = _read(chunk, schema, known, problems)
            if rule:
                read.append((rule, chunk))
    if len(read) > POLICIES_MAX:
        problems.append(Problem(read[POLICIES_MAX][0].place, f"there are more than {POLICIES_MAX} policies"))
    rules = _with_unique_ids([rule for rule, _ in read], problems)
    warnings = tuple(problem for problem in problems if problem.severity == "warning")
    if len(warnings) < len(problems):
        raise PolicyProblems(problems)
    targets = tuple(target for rule, chunk in read for target in named_targets(rule, chunk, schema))
    return LoadedPolicies(policy_version(files), rules, parsed_together(rules), warnings, targets, known)


def _too_much(files: Mapping[str, str]) -> Iterator[Problem]:
    if len(files) > FILES_MAX or sum(map(len, files.values())) > TOTAL_CHARACTERS_MAX:
        limit = f"{FILES_MAX} files and {TOTAL_CHARACTERS_MAX} characters"
        yield Problem(Place(min(files), 1, 1), f"all policies together may have at most {limit}")


def _chunks(name: str, text: str, problems: list[Problem]) -> Iterator[Chunk]:
    try:
        yield from chunks(name, text)
    except TooComplex as finding:
        problems.append(Problem(finding.place, finding.message))


def _read(chunk: Chunk, schema: PolicySchema, known: KnownNames, problems: list[Problem]) -> Rule | None:
    try:
        tree = _tree(chunk)
    except ValueError as error:
        problems.append(syntax_problem(chunk, str(error)))
        return None
    if tree is None:
        problems.append(Problem(chunk.head, "policy templates (?principal, ?resource) are not used here"))
        return None
    rule, found = read_rule(chunk, tree)
    found += validation_problems(chunk, schema)
    found += name_problems(rule, chunk, schema, known)
    problems += found
    return rule


def _tree(chunk: Chunk) -> pst.Template | None:
    """Return Cedar's tree of a chunk, which must be exactly one policy without slots."""
    parsed = PolicySet.from_str(chunk.text).to_pst()
    if parsed.templates or len(parsed.static_policies) != 1:
        return None
    return next(iter(parsed.static_policies.values()))


def _with_unique_ids(rules: Iterable[Rule], problems: list[Problem]) -> tuple[Rule, ...]:
    seen: dict[str, Rule] = {}
    for rule in rules:
        first = seen.get(rule.id)
        if first and "id" not in rule.tree.annotations and "id" not in first.tree.annotations:
            unique = replace(rule, id=f"{rule.id}:{rule.place.column}")
            seen[unique.id] = unique
        elif first:
            problems.append(Problem(rule.place, f'the id "{rule.id}" is already used at {first.place}'))
        else:
            seen[rule.id] = rule
    return tuple(seen.values())
