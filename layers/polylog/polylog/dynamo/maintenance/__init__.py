"""Work on a log that nobody waits for.

* `fold` counts deltas in the buckets of the tally, and moves their entries to the order of arrival.
  `watch` tells when that is worth it, and `portion` how much one fold takes.
* `expire` takes days that are no longer kept out of the tally.
* `recount` counts events again and compares every row; `audit` does that for one day at a time,
  `verify` for a whole scope, and `repair` corrects what is wrong.
* `restamp` gives stored events a new end after the retention was changed.

All of it can be stopped at any moment and run again: a row is only replaced while it still has the
version that was read.
"""
