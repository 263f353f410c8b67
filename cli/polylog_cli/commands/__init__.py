"""What you type: one module for each command, or for a few that belong together.

A command reads its options (`options`), reaches a log (`access`), and passes the answer to
`output`. An error from below becomes a sentence and an exit status here, and only here. Most
commands ask the service through `client`; those for operators (`keys`, `tally`, `dlq`) work on the
tables and queues of `stack` or `local`; `run` starts `local.service`. Modules that are slow to
import, like boto3, are imported only by the command that needs them.
"""
