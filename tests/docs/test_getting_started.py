"""docs/getting-started.md from its first line to its last, as somebody types it before a database of their own."""

import os
import re
import shutil
import socket
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import suppress
from pathlib import Path

import pytest

from docs.sample import ROOT, lines
from e2e.held import until
from yett.demo.embedded import free_port
from yett.demo.target import Target

PAGE = (ROOT / "docs" / "getting-started.md").read_text(encoding="utf-8")
TICKET = re.compile(r"\b[2-9a-hjkmnp-tv-z]{5}-[2-9a-hjkmnp-tv-z]{5}\b")
FORBID = 'forbid (principal, action, resource in Schema::"orders/hr");'


def blocks(language: str) -> list[str]:
    return re.findall(rf"^```{language}\n(.*?)^```", PAGE, re.DOTALL | re.MULTILINE)


def shown(command: str) -> str:
    """Return the line of the page that begins with a command, without its prompt and remark."""
    found = re.search(rf"^\$ ({re.escape(command)}.*?)(?:  +#.*)?$", PAGE, re.MULTILINE)
    assert found, command
    return found[1]


def as_printed(text: str) -> list[str]:
    """Return lines without what is of one machine and one run."""
    for pattern, instead in (
        (r"version [0-9a-f]{12}", "version <version>"),
        (r"\S*/(policies|yett\.toml)\b", r"\1"),
        (r"127\.0\.0\.1:\d+", "<address>"),
        (r"PostgreSQL \S+", "PostgreSQL"),
        (r"within \d+ ms", "within <ms>"),
        (r"^\d+ in policies", "<n> in policies"),
        (r"policies( +)\d+ in", r"policies\1<n> in"),
        (TICKET.pattern, "<ticket>"),
    ):
        text = re.sub(pattern, instead, text, flags=re.MULTILINE)
    return lines(text)


class Terminal:
    """Somebody who types, each in a home of their own, in the folder of yett.toml."""

    def __init__(self, folder: Path, name: str, target: Target) -> None:
        self.folder = folder
        path = f"{Path(sys.executable).parent}:{target.server.binaries.bin}:{os.environ['PATH']}"
        home = folder / name
        home.mkdir()
        self.environment = {
            "PATH": path,
            "HOME": str(home),
            "LC_ALL": "C.UTF-8",
            "YETT_PASSWORD": f"{name}-of-the-page",
        }
        self.environment["PYTHONPATH"] = os.environ.get("PYTHONPATH", "")

    def begin(self, line: str, typed: str = "") -> subprocess.Popen[str]:
        out, err = subprocess.PIPE, subprocess.STDOUT
        one = subprocess.Popen(
            ["bash", "-c", line], stdin=out, stdout=out, stderr=err, text=True, cwd=self.folder, env=self.environment
        )
        assert one.stdin is not None
        one.stdin.write(typed)
        one.stdin.close()
        one.stdin = None
        return one

    def run(self, line: str, typed: str = "") -> str:
        """Return what a line prints, which must go well."""
        one = self.begin(line, typed)
        said = one.communicate(timeout=60)[0]
        assert one.returncode == 0, f"{line}\n{said}"
        return said

    def types(self, command: str, typed: str = "") -> str:
        """Run the line of the page that begins so."""
        return self.run(shown(command), typed)


def answers(host: str, port: str) -> bool:
    """Say whether somebody listens there."""
    with suppress(OSError), socket.create_connection((host, int(port))):
        return True
    return False


@pytest.fixture
def folder(tmp_path: Path, target: Target) -> Path:
    """Return a folder with the page's two files, with this machine's ports and the sample's login."""
    tmp_path.chmod(0o755)
    first, _, _ = blocks("toml")
    for shown_, own in (
        ("127.0.0.1:5432", target.address),
        ('database = "orders"', f'database = "{target.database}"'),
        ("orders_app", target.user),
        ('data = "data"', f'data = "data"\nlisten = {{ postgres = "127.0.0.1:{free_port()}" }}'),
    ):
        assert shown_ in first
        first = first.replace(shown_, own)
    first += f'\n[resources.orders.tls]\nmode = "disable"\n\n[admin]\nlisten = "127.0.0.1:{free_port()}"\n\n'
    (tmp_path / "yett.toml").write_text(first)
    shutil.copy(target.password_file, tmp_path / "orders.password")
    (tmp_path / "policies").mkdir()
    (tmp_path / "policies" / "orders.cedar").write_text(blocks("cedar")[0])
    return tmp_path


@pytest.fixture
def up(folder: Path, target: Target) -> Iterator[Callable[[], None]]:
    """Return a function that starts the gate as the page does, or starts it again."""
    operator = Terminal(folder, "operator", target)
    begun: list[subprocess.Popen[str]] = []

    def end() -> None:
        for one in begun:
            one.terminate()
            one.communicate(timeout=30)
        begun.clear()

    def start() -> None:
        end()
        begun.append(operator.begin(f"exec {shown('yett up')} 2>>gate.log"))
        address = re.findall(r'postgres = "(.*)"', (folder / "yett.toml").read_text())[0]
        assert until(lambda: answers(*address.split(":")), 20)

    yield start
    end()


@pytest.mark.timeout(240)
def test_the_page_can_be_typed_from_its_first_line_to_its_last(folder, up, target):
    ada, dana = Terminal(folder, "ada", target), Terminal(folder, "dana", target)
    settings = folder / "yett.toml"
    # A mistake is told with its line.
    good = settings.read_text()
    settings.write_text(good.replace("database =", "databse  ="))
    said = ada.begin("yett check").communicate(timeout=60)[0]
    assert 'unknown setting "databse" in resources.orders' in said
    assert 'did you mean "database"?' in said
    settings.write_text(good)
    assert "customers.email" in ada.begin(shown("yett scan orders")).communicate(timeout=60)[0]
    ada.run("yett scan orders --accept")
    assert set(blocks("toml")[1].splitlines()) <= {
        line.partition("  #")[0] for line in settings.read_text().splitlines()
    }
    ada.types("yett user add ada")
    ada.types("yett agent add")
    checks = next(one for one in blocks("console") if "$ yett check\nok" in one)
    told = checks.partition("$ yett check\n")[2].partition("$ yett up")[0]
    assert as_printed(ada.run("yett check")) == as_printed(told)
    up()
    ada.types("yett login ada")
    assert "(3 rows)" in ada.types("yett connect orders --exec", "SELECT id, email FROM customers LIMIT 3;\n")
    assert "psycopg" in ada.types("yett connect orders --client python")
    assert "CREATE TABLE public.customers" in ada.types("yett connect orders --exec -- pg_dump")
    assert "local/support-bot" in ada.types("yett token issue")
    refusal = next(one for one in blocks("console") if "SELECT * FROM hr.payroll" in one).partition("\n")[2]
    assert as_printed(ada.run("yett connect orders --exec", "SELECT * FROM hr.payroll;\n")) == as_printed(refusal)
    session = re.findall(r"\b01[0-9a-z]{24}\b", ada.types("yett sessions"))[0]
    ada.run(shown("yett replay ID").replace("ID", session))
    assert "verified" in ada.types("yett verify")
    have_a_person_asked(folder, up, ada, dana)


def have_a_person_asked(folder: Path, up: Callable[[], None], ada: Terminal, dana: Terminal) -> None:
    with (folder / "yett.toml").open("a") as settings:
        settings.write(blocks("toml")[2])
    policies = folder / "policies" / "orders.cedar"
    before = policies.read_text()
    assert FORBID in before
    policies.write_text(before[: before.index('@id("no-payroll")')] + blocks("cedar")[1])
    up()
    dana.types("yett user add dana")
    block = next(one for one in blocks("console") if "UPDATE products" in one)
    statement = re.findall(r"^orders=> (.*)", block, re.MULTILINE)[0]
    waiting = ada.begin("yett connect orders --exec", statement + "\n")
    dana.types("yett login dana")
    assert until(lambda: TICKET.search(dana.types("yett approvals list")))
    ticket = TICKET.findall(dana.types("yett approvals list"))[0]
    approve(dana, ticket)
    said = waiting.communicate(timeout=30)[0]
    assert as_printed(said)[:3] == as_printed(block.partition(statement)[2])
    assert said.splitlines()[-1] == "UPDATE 1"
    approve(dana, TICKET.findall(ada.types("yett request payroll-reader"))[0])
    assert "payroll-reader" in ada.types("yett grants")
    payroll = "SELECT count(*) FROM hr.payroll;\n"
    assert until(lambda: "(1 row)" in ada.run("yett connect orders --exec", payroll))


def approve(dana: Terminal, ticket: str) -> None:
    """Answer as the page does. Here is no terminal to be asked at, so that what was seen is named."""
    digest = dana.run(f"yett approvals show {ticket}").partition("digest  ")[2].split()[0]
    assert f"yett approvals approve {'x' * 5}" in re.sub(TICKET, "x" * 5, PAGE)
    dana.run(f"yett approvals approve {ticket} --yes --seen {digest}")
