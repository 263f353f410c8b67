"""What you type: one module for each command, or for a few that belong together.

A command reads its options (`options`, and for times `moments`), reaches a log, and passes the
answer to `output`. Its help ends with `examples`. An error from below becomes a sentence and an
exit status here, and only here.

Most commands ask the service through `client` (`access`); those for operators (`keys`, `tally`,
`dlq`) work on the tables (`tables`) and queues of `stack` or `local`; `run` starts `local.service`,
and `deploy` runs `stack.sam`.

A start takes at most 0.3 s, most of it for importing. So `main` imports only the command that you
type, and modules that are slow to import, like boto3, are imported only where they are needed.
"""
