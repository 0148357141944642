"""Keeps a random secret by which answers about unknown credentials look like answers about known ones."""

from pathlib import Path

from yett.app.kept_secret import kept_secret


def login_secret(data: Path) -> bytes:
    """Return the secret of this data folder, made at the first start. Raises ConfigError when it can't be kept.

    It stays the same over restarts, so that a stranger cannot tell by its change who exists.
    """
    return kept_secret(data, "login.key")
