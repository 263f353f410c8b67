"""What both versions of Cloud Foundry's API have in common. This is not a dialect.

The Cloud Controller is the server of both v2 and v3, which show the same events. `headers` has the
headers of every response, and `errors` its errors by number and name. `members` reads the times in
event objects. `seconds` compares times as the server does.
"""
