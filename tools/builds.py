"""What `sam build` makes of the template."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path
from typing import Final

from tools import ROOT

_BIN: Final = Path(sys.executable).parent


def build(directory: Path, **target: str) -> Path:
    """Run `sam build` for this target, Lambda's own unless told otherwise; return what it made."""
    inherited = {name: value for name, value in os.environ.items() if not name.startswith("LAYER_")}
    settings = {
        "PATH": os.pathsep.join([str(_BIN), os.environ["PATH"]]),
        "AWS_DEFAULT_REGION": "eu-central-1",
        "SAM_CLI_TELEMETRY": "0",
    }
    command = ["sam", "build", "--template-file", "template.yaml", "--build-dir", str(directory)]
    environment = inherited | settings | target
    done = subprocess.run(command, cwd=ROOT, env=environment, capture_output=True, text=True)
    assert done.returncode == 0, f"{done.stdout}\n{done.stderr}"
    return directory


def build_here(directory: Path) -> Path:
    """Run `sam build` for the Python that runs this."""
    python = f"{sys.version_info.major}.{sys.version_info.minor}"
    return build(directory, LAYER_PLATFORM="", LAYER_PYTHON=python)
