"""Lets you import Waldur's client without all of its 3,200 models: import this module before it.

The package of the models imports every one, which takes half of the time to collect the tests.
Nothing in the client asks the package for a model: each module imports the models that it uses. An
empty package in its place lets it find them.
"""

from __future__ import annotations

import sys
from importlib.util import find_spec, module_from_spec

_NAME = "waldur_api_client.models"

if (spec := find_spec(_NAME)) and _NAME not in sys.modules:
    sys.modules[_NAME] = module_from_spec(spec)
