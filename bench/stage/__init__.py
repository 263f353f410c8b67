"""What the cases run on: functions with a DynamoDB (`stage`), or a service over HTTP (`served`).

`payloads` makes what Lambda hands to functions, `clients` asks over HTTP, `split` shows where time
goes, and `measures` has the form of results.
"""
