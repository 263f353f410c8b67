"""A deployed log: how to deploy it, and how to reach it with your AWS credentials.

`project` is what is deployed: the files of the template, the functions and the layer. `sam` builds
and deploys them.

`outputs` asks CloudFormation for the names of a stack's tables and queues. With them, `log` opens
the tables as the same `Log` that `local` has, so that commands work on both alike, and
`dead_letters` reads the queue of messages that could not be stored and sends them again.
"""
