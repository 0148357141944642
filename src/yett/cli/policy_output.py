"""How results of policy tests and explanations are shown, to people and to programs."""

from yett.cli.output import escaped, styled
from yett.core.decisions import Allow, Deny, Hold
from yett.policy.cases import CaseReport, CaseResult, verdict_word
from yett.policy.engine import PolicyEngine
from yett.policy.explain import Explanation, Reason
from yett.policy.rules import Rule
from yett.policy.wording import target_words

_MOODS = {"allow": "ok", "hold": "warn", "deny": "fail"}


def print_report(report: CaseReport) -> None:
    """Print each case, what is wrong with those that failed, and the policies that no case came across."""
    if not report.results:
        print("no cases: write some in *.test.toml beside the policies (docs/policy.md, Testing)")
        return
    file = ""
    for result in report.results:
        if result.case.place.file != file:
            file = result.case.place.file
            print(escaped(file))
        _print_result(result)
    failed = sum(not result.passed for result in report.results)
    print(
        f"{len(report.results)} cases, {styled(f'{failed} failed', 'fail') if failed else styled('all passed', 'ok')}"
    )
    for rule in report.unexercised:
        print(f"  {styled('not tested', 'warn')}  {escaped(rule.id)}  {escaped(_where(rule))}")


def report_json(report: CaseReport, engine: PolicyEngine) -> dict[str, object]:
    """Return a report as `yett policy test --json` prints it."""
    return {
        "version": engine.version,
        "passed": report.passed,
        "cases": [_result_json(result) for result in report.results],
        "not_tested": [{"id": rule.id, "place": _where(rule)} for rule in report.unexercised],
    }


def print_explanation(found: Explanation) -> None:
    """Print a decision, and under each access the policies that determined it or came near."""
    word = verdict_word(found.decision.verdict)
    print(f"{styled(word.upper(), _MOODS[word])}{_verdict_tail(found)}   (policies {found.decision.policy_version})")
    for reason in found.reasons:
        _print_reason(reason)


def explanation_json(found: Explanation) -> dict[str, object]:
    """Return an explanation as `yett policy why --json` prints it."""
    verdict = found.decision.verdict
    return {
        "decision": verdict_word(verdict),
        "code": getattr(verdict, "code", ""),
        "reason": getattr(verdict, "reason", ""),
        "hint": getattr(verdict, "hint", ""),
        "flows": list(getattr(verdict, "flows", ())),
        "obligations": [f"{one.name}:{one.value}" for one in getattr(verdict, "obligations", ())],
        "version": found.decision.policy_version,
        "accesses": [_reason_json(reason) for reason in found.reasons],
    }


def print_if_new(found: Explanation, new: Explanation) -> None:
    """Print what the decision would be, had this principal never done the like there, where that is another one."""
    if new.decision.verdict == found.decision.verdict:
        return
    word = verdict_word(new.decision.verdict)
    by = escaped(", ".join(new.decision.policies) or "no policy")
    print(f"\nif it was new for this principal: {styled(word.upper(), _MOODS[word])}{_verdict_tail(new)}   ({by})")


def if_new_json(found: Explanation, new: Explanation) -> dict[str, object]:
    """Return the same as `yett policy why --json` prints it."""
    if new.decision.verdict == found.decision.verdict:
        return {}
    return {"if_new": {"decision": verdict_word(new.decision.verdict), "policies": list(new.decision.policies)}}


def _print_result(result: CaseResult) -> None:
    mark = styled("ok  ", "ok") if result.passed else styled("FAIL", "fail")
    by = ", ".join(result.decision.policies) or "no policy"
    print(f"  {mark}  {escaped(result.case.title)}: {verdict_word(result.decision.verdict)} by {escaped(by)}")
    for fault in result.faults:
        print(f"        {escaped(str(result.case.place))}: {escaped(fault)}")


def _result_json(result: CaseResult) -> dict[str, object]:
    return {
        "name": result.case.title,
        "file": result.case.place.file,
        "line": result.case.place.line,
        "passed": result.passed,
        "expected": result.case.written.expect,
        "got": verdict_word(result.decision.verdict),
        "by": list(result.decision.policies),
        "faults": list(result.faults),
    }


def _verdict_tail(found: Explanation) -> str:
    match found.decision.verdict:
        case Deny(code=code, reason=reason):
            return f" {code}: {escaped(reason)}"
        case Hold(flows=flows, reason=reason):
            return f" for approval by {', '.join(flows)}: {escaped(reason)}"
        case Allow(obligations=obligations) if obligations:
            return " with " + ", ".join(f"{one.name}:{one.value}" for one in obligations)
        case _:
            return ""


def _print_reason(reason: Reason) -> None:
    access, outcome = reason.outcome.access, reason.outcome
    what = f"{access.effect} on {target_words(access.target) if access.target.path else access.target.id}"
    print(f"\n{escaped(what)}: {styled('permitted', 'ok') if outcome.allowed else styled('refused', 'fail')}")
    if outcome.error:
        print(f"  {escaped(outcome.error)}")
    for rule in outcome.rules:
        said = f": {rule.reason}" if rule.reason else ""
        print(escaped(f"  {rule.tree.effect} {rule.id}  ({_where(rule)}){said}"))
    if not outcome.allowed and not outcome.rules and not outcome.error:
        print("  no permit applies" + ("; the nearest ones:" if reason.nearest else ": there are none"))
        for near in reason.nearest:
            print(escaped(f"  permit {near.rule.id}  ({_where(near.rule)}): {near.words}"))


def _reason_json(reason: Reason) -> dict[str, object]:
    access, outcome = reason.outcome.access, reason.outcome
    return {
        "effect": access.effect.value,
        "kind": access.target.kind,
        "target": access.target.id,
        "permitted": outcome.allowed,
        "error": outcome.error,
        "policies": [_rule_json(rule) for rule in outcome.rules],
        "nearest": [
            {**_rule_json(near.rule), "missed": list(near.missed), "why": near.words} for near in reason.nearest
        ],
    }


def _rule_json(rule: Rule) -> dict[str, str]:
    return {"id": rule.id, "effect": rule.tree.effect, "place": _where(rule), "reason": rule.reason}


def _where(rule: Rule) -> str:
    return f"{rule.place.file}:{rule.place.line}"
