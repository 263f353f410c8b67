"""The order of arrival: every event by its number, without gaps that could still fill.

`log` reads it: young deltas hold the newest entries, and log rows hold the older ones. `tail`
follows it and reads the events of the entries that may pass a filter.

Writers take numbers before they store, so a higher number can arrive before a lower one. A tail
holds back at such a gap until no event can get the missing number any more.
"""
