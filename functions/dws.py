"""Serves GaussDB(DWS)'s list of events."""

from polylog.aws.http import api_handler
from polylog.dialects.dws import DIALECT

handler = api_handler(DIALECT)
