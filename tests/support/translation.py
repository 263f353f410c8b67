"""The template as CloudFormation gets it, after SAM has translated it."""

from __future__ import annotations

from typing import Any

import pytest
from samcli.yamlhelper import yaml_parse
from samtranslator.translator.transform import transform

from tools import ROOT

Resources = dict[str, dict[str, Any]]

CODE = "s3://bucket/key"


class NoPolicies:
    """Stands for the list of AWS's policies, which SAM asks AWS for; the template names none."""

    def load(self) -> dict[str, str]:
        return {}


def translated(layer: str = CODE) -> Resources:
    """Return the resources that SAM makes; `layer` is where the layer's content lies."""
    document = yaml_parse((ROOT / "template.yaml").read_text("utf-8"))
    for resource in document["Resources"].values():
        properties = resource.get("Properties", {})
        for name, place in (("CodeUri", CODE), ("ContentUri", layer)):
            if name in properties:
                properties[name] = place
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("AWS_DEFAULT_REGION", "eu-central-1")
        resources: Resources = transform(document, {}, NoPolicies())["Resources"]
    return resources
