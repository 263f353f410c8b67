"""The `polylog` command, and the service on a laptop that it runs.

`main` lists what you can type. `commands` reads what you typed and calls the rest: `client` asks a
service over HTTP, `stack` reaches a deployed log, `local` runs one on this machine, and `output`
prints the results. Imports follow this order: main, commands, stack, local, output, client.
"""
