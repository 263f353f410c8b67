"""What the cases run on: functions over a DynamoDB (`stage`), or a service over HTTP (`served`).

`payloads` are what Lambda hands in, `clients` ask over HTTP, `split` tells where time goes, and
`measures` are what a case finds out.
"""
