"""The `polylog` command, and the service on a laptop."""
