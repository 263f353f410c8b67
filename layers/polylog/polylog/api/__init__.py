"""The seam between the wire APIs and the log: what a dialect is made of, and how it is served.

A `Request` (`http`) enters `serve` (`dialect`). It finds the `Endpoint`, checks the credential
(`auth`, `signing`), reads the `Params` (`params`) and hands a `Call` (`call`) to the dialect's
function. A call adds the caller's scope and restriction to every question, so no dialect can forget
them. The dialect renders any error on the way. `contract` describes endpoints for OpenAPI.
"""
