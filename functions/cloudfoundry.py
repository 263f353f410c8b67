"""Serves Cloud Foundry's events API, versions 2 and 3."""

from polylog.aws.http import api_handler
from polylog.dialects import cloudfoundry, cloudfoundry_v3

handler = api_handler(cloudfoundry_v3.DIALECT, cloudfoundry.DIALECT)
