"""Clients of other languages, which speak the protocol by themselves, get the same through the gate as without."""

import json
import subprocess
from pathlib import Path

import pytest

from e2e.routes import Route

HERE = Path(__file__).parent
MODULES = HERE.parent.parent / "build" / "node"


def _said(route: Route, command: list[str], **environment: str) -> str:
    result = route.run(command, env=environment, seconds=60)
    assert result.returncode == 0, result.stdout + result.stderr
    return result.stdout


def _node(route: Route) -> dict:
    return json.loads(_said(route, ["node", str(HERE / "node" / "client.js")], YETT_NODE_MODULES=str(MODULES)))


def test_node_postgres(route: Route, direct: Route) -> None:
    said = _node(route)
    assert said == _node(direct)
    assert said["queued"] == list(range(50))
    assert said["stream"] == 5000 * 5001 // 2
    assert said["error"] == ["42703", "8", [{"alive": 1}]]
    assert said["notified"] == "hello"


@pytest.fixture(scope="session")
def jdbc(tmp_path_factory: pytest.TempPathFactory) -> list[str]:
    """Return the command that runs the compiled JDBC client."""
    classes = tmp_path_factory.mktemp("classes")
    path = "/usr/share/java/postgresql.jar"
    subprocess.run(["javac", "-cp", path, "-d", classes, HERE / "java" / "Jdbc.java"], check=True, timeout=60)
    # On Debian the driver finds the SCRAM library that it needs beside it.
    jars = ":".join([str(classes), path, "/usr/share/java/scram-client.jar", "/usr/share/java/scram-common.jar"])
    return ["java", "-Xshare:auto", "-XX:TieredStopAtLevel=1", "-cp", jars, "Jdbc"]


@pytest.mark.timeout(120)
def test_the_jdbc_driver(route: Route, direct: Route, jdbc: list[str]) -> None:
    said = _said(route, jdbc)
    assert said == _said(direct, jdbc)
    assert "batch 500\nfetched 124750\ncopied in 2\ncopied out 2\n" in said
    assert "alive" in said
    assert said.endswith("cancelled 57014\n")


@pytest.fixture(scope="session")
def go_client(tmp_path_factory: pytest.TempPathFactory):
    """Return a function from a source file's name to its program, built from Debian's own Go packages."""
    folder = tmp_path_factory.mktemp("go")

    def build(name: str) -> str:
        program = folder / name
        if not program.exists():
            settings = {
                "PATH": "/usr/bin:/bin:/usr/lib/go/bin",
                "GO111MODULE": "off",
                "GOPATH": "/usr/share/gocode",
                "GOCACHE": str(MODULES.parent / "go-cache"),
                "GOFLAGS": "-p=2",
            }
            source = str(HERE / "go" / f"{name}.go")
            subprocess.run(["go", "build", "-o", str(program), source], check=True, timeout=240, env=settings)
        return str(program)

    return build


@pytest.mark.timeout(300)
@pytest.mark.parametrize("name", ["pq", "pgx"])
def test_go_drivers(route: Route, direct: Route, go_client, name: str) -> None:
    program = go_client(name)
    said = _said(route, [program], E2E_DSN=route.dsn(**_go(route)))
    assert said == _said(direct, [program], E2E_DSN=direct.dsn(**_go(direct)))
    assert "alive 1\n" in said


def _go(route: Route) -> dict[str, str]:
    # lib/pq refuses words of libpq that it does not know.
    return {"gssencmode": None}
