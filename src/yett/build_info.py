"""Which form of the hot modules is loaded: compiled, or plain Python.

Hot are those that work per byte or per row (`*_hot.py`), and those that every statement passes (`compiled.txt`).
"""

from dataclasses import dataclass
from importlib.machinery import EXTENSION_SUFFIXES
from importlib.util import find_spec
from pathlib import Path

import yett


@dataclass(frozen=True, slots=True)
class HotModule:
    """One hot module: its dotted name, and the file that an import of it loads."""

    name: str
    file: Path

    @property
    def compiled(self) -> bool:
        """Tell whether the file is machine code rather than Python source."""
        return self.file.name.endswith(tuple(EXTENSION_SUFFIXES))

    @property
    def source(self) -> Path:
        """Return where the Python source lies, beside the compiled file."""
        return self.file.with_name(self.name.rpartition(".")[2] + ".py")

    @property
    def stale(self) -> bool:
        """Tell whether the source was changed after it was compiled, so that the change is not what runs."""
        return self.compiled and self.source.exists() and self.source.stat().st_mtime > self.file.stat().st_mtime


def hot_modules() -> tuple[HotModule, ...]:
    """Return every hot module of the installed package, without importing any."""
    root = Path(yett.__file__).parent
    lines = (root / "compiled.txt").read_text("utf-8").splitlines()
    named = {Path(line).relative_to("yett") for line in lines if line and not line.startswith("#")}
    names = sorted(_dotted(path) for path in named | {path.relative_to(root) for path in root.rglob("*_hot.py")})
    specs = ((name, find_spec(name)) for name in names)
    return tuple(HotModule(name, Path(spec.origin)) for name, spec in specs if spec and spec.origin)


def build_summary() -> str:
    """Return `compiled`, `plain`, or `mixed (plain: …)`, as `yett version` says it."""
    modules = hot_modules()
    plain = [module.name for module in modules if not module.compiled]
    if not plain:
        return "compiled"
    if len(plain) == len(modules):
        return "plain"
    return f"mixed (plain: {', '.join(plain)})"


def _dotted(path: Path) -> str:
    return ".".join(("yett", *path.with_suffix("").parts))
