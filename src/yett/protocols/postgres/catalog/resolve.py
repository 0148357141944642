"""From what a statement says to what it touches on this server: mostly one look-up, none when nothing changed."""

from collections.abc import Generator, Hashable

from yett.core.operations import Refusal
from yett.core.targets import Access, Effect, Target
from yett.protocols.postgres.catalog.cache import NameCache
from yett.protocols.postgres.catalog.closure import ClosureTooLarge
from yett.protocols.postgres.catalog.judgement import Judgement, SettingRefused, Unresolved
from yett.protocols.postgres.catalog.labels import Copies, Sensitivity
from yett.protocols.postgres.catalog.names import TooManyNames, look_up, wanted_names
from yett.protocols.postgres.catalog.queries import QUERY_CANCELED, CatalogFailed, CatalogQuery, Rows
from yett.protocols.postgres.catalog.resolution import Resolution
from yett.protocols.postgres.catalog.view import SessionView
from yett.protocols.postgres.sql.facts import StatementFacts


def resolve(  # noqa: PLR0913, PLR0917 - what a meaning depends on, given once
    facts: StatementFacts,
    view: SessionView,
    cache: NameCache,
    parameter_types: tuple[int, ...] = (),
    sensitivity: Sensitivity | None = None,
    copies: Copies | None = None,
) -> Generator[CatalogQuery, Rows, Resolution]:
    """Return what a statement touches; hand out look-ups on the way.

    Each CatalogQuery is answered with its rows as texts, or by throwing CatalogFailed in, which ends in a refusal.
    `parameter_types` are the type ids that a Parse message declares. A dirty view uses only a cache of the session's
    own. `sensitivity` is what the resource's data is, `copies` where the session has put some. Nothing is raised: what
    cannot be resolved is a Resolution with a refusal.
    """
    known = cache if not (view.dirty and cache.shared) else None
    generation = cache.generation
    try:
        judgement = Judgement(facts, view, parameter_types, sensitivity or Sensitivity(), copies or Copies())
        names = yield from look_up(wanted_names(facts, view), view, known, generation)
        answer = yield from judgement.judge(names, known, generation)
    except CatalogFailed as failure:
        return _not_asked(view, failure)
    except ClosureTooLarge:
        return _refused(view, "catalog_too_deep", "the statement reaches more relations than one statement may")
    except TooManyNames:
        return _refused(view, "catalog_too_deep", "the statement names more things than one statement may")
    except SettingRefused as refused:
        return _refused(view, "setting_refused", str(refused))
    except Unresolved as unresolved:
        return _refused(view, "name_unresolved", unresolved.reason, unresolved)
    if known and facts.tree is None:
        # A large statement is not remembered for longer than it is used: it takes its tree along.
        known.keep_resolution(_key(facts, view, parameter_types), facts, answer, generation)
    return answer


def resolve_cached(
    facts: StatementFacts, view: SessionView, cache: NameCache, parameter_types: tuple[int, ...] = ()
) -> Resolution | None:
    """Return the answer that stands for these very facts (the same object) in this view; None: it must be resolved."""
    if view.dirty and cache.shared:
        return None
    return cache.resolution(_key(facts, view, parameter_types), facts)


def _key(facts: StatementFacts, view: SessionView, parameter_types: tuple[int, ...]) -> Hashable:
    return (id(facts), view.role, view.search_path, view.creation_schema, view.temp_schema, parameter_types)


_HINTS = {
    "catalog_unavailable": "Try again; if it goes on, look at the target's health.",
    "catalog_too_deep": "Name fewer relations in one statement.",
    "setting_refused": "Keep client_encoding UTF8 and standard_conforming_strings on.",
    "name_unresolved": "Check the name and the search path.",
}


def _not_asked(view: SessionView, failure: CatalogFailed) -> Resolution:
    if failure.sqlstate == QUERY_CANCELED:
        return _refused(view, "cancelled", str(failure))
    return _refused(view, "catalog_unavailable", f"the catalog could not be asked: {failure}")


def _refused(view: SessionView, code: str, reason: str, unresolved: Unresolved | None = None) -> Resolution:
    whole = Target(view.resource)
    return Resolution(
        accesses=(Access(Effect.CONNECT, whole), Access(Effect.UNKNOWN, whole)),
        refusal=Refusal(code, reason, _HINTS.get(code, "")),
        sqlstate=unresolved.sqlstate if unresolved else "",
        missing=unresolved.name if unresolved else "",
    )
