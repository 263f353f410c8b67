"""What both versions of Cloud Foundry's API have in common. This is not a dialect.

The Cloud Controller serves v2 and v3, and both show the same events. `headers` are those of every
response, `errors` the errors by number and name, `members` the times in event objects, and
`seconds` compares times as the server does.
"""
