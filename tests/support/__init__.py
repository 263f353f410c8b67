"""What tests share: stores, clocks, fakes, generated events, and services that run for a while.

`stores` and `memory` are stores to test, `strategies` make events and filters, and `brute_force`
answers every question the slow and obvious way. `lag` and `interception` make DynamoDB behave
badly, and `hostile` makes bodies that exhaust functions. `service`, `served`, `command` and
`ministack` run whole services.
"""
