"""The drivers whose own test suites are run: which release, which of its tests, and what they want to find."""

from dataclasses import dataclass

from e2e.routes import Route


@dataclass(frozen=True, slots=True)
class DriverSuite:
    """One driver's suite: where PyPI has it, and how pytest is called.

    `tests` are taken out of the source archive `archive` of `package` and run from a folder of their own, so that the
    installed driver is what they test. `uri` says how a test is told where to connect; the others read libpq's
    variables.
    """

    name: str
    package: str
    sha256: str
    tests: tuple[str, ...]
    selected: tuple[str, ...]
    database: str
    extensions: tuple[str, ...] = ()
    schemas: tuple[str, ...] = ()
    uri: str = ""

    def environment(self, route: Route) -> dict[str, str]:
        """Return the variables of this driver's own by which it is told where to connect."""
        quoted = route.password.replace("\\", "\\\\").replace("'", "\\'")
        return {"PSYCOPG2_TESTDB_PASSWORD": f"'{quoted}'"} if self.name == "psycopg2" else {}

    def arguments(self, route: Route) -> list[str]:
        """Return pytest's arguments for this route."""
        return [*self.selected, *(("--dburi", route.url(self.uri)) if self.uri else ())]


_SQLALCHEMY = ("SQLAlchemy==2.1.9", "d700a8b2edfb26282a470333d6bc4a454c4acda4d201a3bea7b72fa76c217d28")
# Thousands of tests of ranges and arrays are alike.
_CHOSEN = "not test_compiler and not RangeRoundTripTest and not ArrayRoundTripTest"
_DIALECT = ("test/dialect/postgresql", "test/dialect/test_suite.py", "-k", _CHOSEN, "-p", "no:logging")
_OF_SQLALCHEMY = ("lib", "test", "setup.cfg", "pyproject.toml")

SUITES: dict[str, DriverSuite] = {
    one.name: one
    for one in (
        DriverSuite(
            "asyncpg",
            "asyncpg==0.32.0",
            "45e64e56714d888330b884aad1dfb363d0bf43fb343e3d1a8968525f3bade478",
            ("tests",),
            ("tests", "--ignore", "tests/test__sourcecode.py"),
            "postgres",
        ),
        DriverSuite(
            "pg8000",
            "pg8000==1.31.6",
            "553b240256d4b2d8f0ad2af28d07df1f9980247f74ac98d2c2b573762ec1ff1b",
            ("test",),
            # Tests of how one signs in want a server made for each.
            ("test", "--ignore", "test/test_readme.py", "--ignore-glob", "*/auth"),
            "postgres",
        ),
        DriverSuite(
            "psycopg2",
            "psycopg2==2.9.13",
            "d36784fc2dae69523ba4b79c7d1d1b4d6e83e87836874f111262f4db940b16a6",
            ("tests",),
            ("tests",),
            "psycopg2_test",
            extensions=("hstore",),
        ),
        *(
            DriverSuite(
                f"sqlalchemy-{driver}",
                *_SQLALCHEMY,
                _OF_SQLALCHEMY,
                _DIALECT,
                "test",
                extensions=("hstore", "citext"),
                schemas=("test_schema", "test_schema_2"),
                uri=f"postgresql+{driver}",
            )
            for driver in ("psycopg", "asyncpg")
        ),
    )
}
