"""The seam between the wire APIs and the log: what a dialect is made of, and how it is served.

A `Request` (`http`) enters `serve` (`dialect`). It finds the `Endpoint`, checks the credential
(`auth`, `signing`), reads the `Params` (`params`) and hands a `Call` (`call`) to the dialect's
function. A call asks the log within the caller's scope and restriction, so no dialect can forget
them. Any error on the way is rendered by the dialect. `contract` holds what only documents need.
"""
