"""Compiles every `*_hot.py` and what `compiled.txt` names, where there is a C compiler; the rest is in pyproject.toml.

Without a compiler the wheel is pure and the same files run plain. YETT_REQUIRE_COMPILED=1, which release builds set,
makes that an error; YETT_PURE=1 asks for the pure form.
"""

import os
import sys
import sysconfig
import tempfile
from pathlib import Path

from setuptools import Extension, setup
from setuptools._distutils.ccompiler import new_compiler
from setuptools._distutils.errors import CCompilerError, DistutilsError
from setuptools._distutils.sysconfig import customize_compiler
from setuptools.command.build_ext import build_ext

_REQUIRED = "YETT_REQUIRE_COMPILED"
_PURE = "YETT_PURE"
_NAMED = Path("src/yett/compiled.txt")


def hot_extensions() -> list[Extension]:
    """Return the compiled form of the hot modules, or nothing where it was not wanted or cannot be built."""
    named = [line for line in _NAMED.read_text("utf-8").splitlines() if line and not line.startswith("#")]
    modules = sorted({*(f"src/{line}" for line in named), *(str(path) for path in Path("src").rglob("*_hot.py"))})
    if not modules or os.environ.get(_PURE) == "1":
        return []
    if not compiler_works():
        if os.environ.get(_REQUIRED) == "1":
            sys.exit(f"yett: {_REQUIRED}=1, but there is no working C compiler with Python's headers")
        print("yett: warning: no working C compiler; the hot modules will run as plain Python", file=sys.stderr)
        return []
    # Not at the top: a build without a compiler needs no mypyc either.
    from mypyc.build import mypycify  # noqa: PLC0415 - as said above

    # `make check` proves types for the whole tree; here libraries need not even be installed.
    flags = ["--config-file=", "--strict-bytes", "--ignore-missing-imports"]
    # Loops over rows and frames are as fast at -O1 as at -O3.
    made = mypycify([*flags, *modules], group_name="yett", opt_level="1", debug_level="0")
    for one in made:
        # Looking for warnings in code that mypyc wrote takes the C compiler longer than all the rest.
        one.extra_compile_args.append("-Wno-all")
    return made


class BuildInPlace(build_ext):
    """Builds extensions, and dates those beside their sources by this build; any that no source has now are removed.

    A changed source may come out as the same machine code, and all of it is in one library that the others only name.
    """

    def copy_extensions_to_source(self) -> None:
        """Copy what was built beside the sources."""
        super().copy_extensions_to_source()
        built = {Path(self.get_ext_fullpath(one.name)).resolve() for one in self.extensions}
        for path in Path("src").rglob("*.so"):
            if path.resolve() in built:
                path.touch()
            else:
                path.unlink()


def compiler_works() -> bool:
    """Tell whether a file that includes Python.h compiles here."""
    with tempfile.TemporaryDirectory() as folder:
        probe = Path(folder) / "probe.c"
        probe.write_text("#include <Python.h>\nint main(void) { return 0; }\n")
        compiler = new_compiler()
        customize_compiler(compiler)
        try:
            compiler.compile([str(probe)], output_dir=folder, include_dirs=[sysconfig.get_path("include")])
        except (CCompilerError, DistutilsError, OSError):
            return False
    return True


setup(ext_modules=hot_extensions(), cmdclass={"build_ext": BuildInPlace})
