"""Maintenance is the work on a log that no request waits for.

* `fold` counts deltas in the buckets of the tally, and moves their entries to the arrival log.
  `watch` decides when that is worth it, and `portion` how much one fold takes.
* `seal` makes segments of the arrival log, `gather` finds the leaves of their events, and `count`
  counts them by facet.
* `expire` removes days that are no longer kept from the tally.
* `recount` counts events again and compares every row, and `recount_facets` the rows of facets.
  `audit` does that for one day at a time, `verify` for a whole scope. `repair` corrects what is
  wrong.
* `restamp` sets when stored events expire, after the retention was changed.

You can stop any of it at any moment and run it again: a row is only replaced while it still has the
version that was read.
"""
