"""AWS SAM, which builds and deploys a project: the command `sam`, run in the project's folder."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from uv import find_uv_bin

_PLAIN: Final = re.compile(r"[^\s\"'\\]+")


class SamError(Exception):
    """SAM cannot be used; the message says why."""


class NoSamError(SamError):
    """SAM is not installed."""


@dataclass(frozen=True, slots=True)
class Target:
    """What to deploy and where: a project's folder, an environment of its samconfig.toml, a stack.

    `region` is that of your AWS settings if it is None.
    """

    folder: Path
    environment: str
    stack: str
    region: str | None

    @classmethod
    def of(cls, folder: Path, environment: str, stack: str | None, region: str | None) -> Target:
        """Return the target; its stack is the environment's, unless one is given."""
        stack = stack or _stack_of(folder / "samconfig.toml", environment)
        return cls(folder, environment, stack, region)

    @property
    def settings(self) -> frozenset[str]:
        """The names of what samconfig.toml sets for deploying in this environment."""
        environment = _environments(self.folder / "samconfig.toml")[self.environment]
        sections = [environment.get(name, {}) for name in ("global", "deploy")]
        return frozenset(name for each in sections for name in each.get("parameters", {}))

    @property
    def options(self) -> tuple[str, ...]:
        """The options that lead any command of SAM to it."""
        region = ("--region", self.region) if self.region else ()
        return ("--config-env", self.environment, *region)


@dataclass(frozen=True, slots=True)
class Sam:
    """The command `sam`, and the `PATH` on which it finds make and uv."""

    program: str
    path: str

    @classmethod
    def find(cls) -> Sam:
        """Find the command, first next to this Python; raises `SamError`.

        SAM builds the layer with `make`, which needs uv to install packages.
        """
        path = os.pathsep.join([str(Path(sys.executable).parent), os.environ["PATH"]])
        program = shutil.which("sam", path=path)
        if program is None:
            raise NoSamError("AWS SAM is not installed")
        if shutil.which("make", path=path) is None:
            raise SamError("SAM builds the layer with make, which is not installed")
        return cls(program, os.pathsep.join([path, str(Path(find_uv_bin()).parent)]))

    def build(self, target: Target) -> int:
        """Build the project; return the exit status."""
        return self._run(target.folder, "build", *target.options)

    def deploy(self, target: Target, parameters: Mapping[str, str], *options: str) -> int:
        """Deploy what was built; return the exit status, which is 0 if nothing has changed."""
        overrides = [override(name, value) for name, value in parameters.items()]
        return self._run(
            target.folder,
            *("deploy", *target.options, "--stack-name", target.stack),
            *("--no-fail-on-empty-changeset", *options),
            *(("--parameter-overrides", *overrides) if overrides else ()),
        )

    def _run(self, folder: Path, *words: str) -> int:
        environment = {**os.environ, "PATH": self.path}
        return subprocess.call([self.program, *words], cwd=folder, env=environment)


def override(name: str, value: str) -> str:
    """Return a parameter in quotes if SAM needs them: it splits at spaces, and skips empty values.

    SAM has no way to write a backslash, and no parameter of the template may have one.
    """
    if _PLAIN.fullmatch(value):
        return f"{name}={value}"
    escaped = value.replace('"', '\\"')
    return f'{name}="{escaped}"'


def _environments(config: Path) -> dict[str, Any]:
    return tomllib.loads(config.read_text("utf-8"))


def _stack_of(config: Path, environment: str) -> str:
    environments = _environments(config)
    if environment not in environments:
        known = ", ".join(name for name in environments if name != "version")
        raise SamError(f"samconfig.toml has no environment {environment!r}; it has {known}")
    name: str = environments[environment]["global"]["parameters"]["stack_name"]
    return name
