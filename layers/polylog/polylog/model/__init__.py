"""What an event log is about, with nothing of HTTP and nothing of DynamoDB in it.

From the bottom up: `times` and `literals` read and write values, `errors` says what can go wrong,
`event` is what the log stores, `filter` chooses events, and `query` adds scope, order and window.
`store` is the port that answers queries; `polylog.dynamo` implements it.
"""
