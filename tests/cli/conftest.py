"""A real API, and somebody who is signed in to it: Dana, a reviewer, to begin with."""

import io
import sys

import pytest

from admin.place import Place
from yett.cli.main import main


@pytest.fixture
def place():
    one = Place()
    one.start()
    yield one
    one.stop()


@pytest.fixture
def signed_in(place, tmp_path, monkeypatch):
    """Sign somebody in, Dana the reviewer to begin with: `signed_in(token)`."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path / "config"))
    monkeypatch.delenv("YETT_CONFIG", raising=False)
    monkeypatch.setenv("YETT_URL", f"http://127.0.0.1:{place.server.port}")
    monkeypatch.setenv("COLUMNS", "200")

    def sign_in(token):
        monkeypatch.setenv("YETT_TOKEN", token)

    sign_in(place.token("dana", "dba"))
    return sign_in


@pytest.fixture
def yett(signed_in, monkeypatch, capsys):
    def run(*arguments):
        monkeypatch.setattr(sys, "argv", ["yett", *arguments])
        monkeypatch.setattr(sys, "stdin", io.StringIO(""))
        try:
            main()
            status = 0
        except SystemExit as end:
            status = end.code or 0
        printed = capsys.readouterr()
        return status, printed.out, printed.err

    return run
