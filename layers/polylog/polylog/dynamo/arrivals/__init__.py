"""The order of arrival: every event by its number, without gaps that could still fill.

`log` reads entries: young deltas hold the newest ones, and log rows hold the older ones. `reader`
follows them and reads the events that may pass a filter. It never waits: the native API does, in
`polylog.dialects.native.tail`.

Writers take numbers before they store, so a higher number can arrive before a lower one. A tail
holds back at such a gap until an event has the missing number, or until a *fence* takes it: a delta
without events, after which no event can have the number.
"""
