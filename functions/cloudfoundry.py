"""Serves Cloud Foundry's events API."""

from polylog.aws.http import api_handler
from polylog.dialects.cloudfoundry import DIALECT

handler = api_handler(DIALECT)
