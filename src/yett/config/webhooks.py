"""Checks what yett.toml says of notifications: `[webhooks.*]`, and the flows that name them."""

from collections.abc import Iterator, Mapping
from typing import Any

from yett.config.problems import nearest
from yett.config.reading import Mistake
from yett.config.settings import Settings, is_name


def webhook_mistakes(settings: Settings, _: Mapping[str, Any]) -> Iterator[Mistake]:
    """Yield the names that are none, and those that nothing has."""
    for name in settings.webhooks:
        if not is_name(name):
            hint = "use lower-case letters, digits, - and _, 63 at most"
            yield Mistake(("webhooks", name), "config_invalid_value", f'"{name}" cannot name a webhook', hint)
    for name, flow in settings.approvals.items():
        for wanted in flow.webhooks:
            if wanted not in settings.webhooks:
                hint = nearest(wanted, settings.webhooks) if settings.webhooks else "add [webhooks.<name>]"
                path = ("approvals", name, "webhooks")
                yield Mistake(path, "config_unknown_name", f'no webhook "{wanted}"', hint)
