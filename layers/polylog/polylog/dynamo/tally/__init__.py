"""The tally: exact counts of a scope's events, by time and kind, in a few small rows.

A total, a group, a bar of a histogram and the place of the n-th event are all read from here, in a
handful of requests, whatever the size of the log.

**Buckets.** A bucket counts the events of a year, a month, a day or an hour (`levels`). A kind is
an event's origin and type together (`kinds`). Suppose that a scope `demo` has three events:

====  ====================  ==================
seq   time                  kind
====  ====================  ==================
1     2026-11-20T13:05:10Z  system:app.start
2     2026-11-20T13:05:50Z  system:app.stop
3     2026-11-21T08:00:00Z  system:app.start
====  ====================  ==================

Once they are folded, the tally table holds these rows in the partition `demo` (`bucket`, `rows`).
Each row has a version `v`, and states the counts and the versions of its children:

=====================  ===  ======================================================================
row                    v    children
=====================  ===  ======================================================================
``head/all``           7    2026: app.start 2, app.stop 1 (v 7)
``year/2026``          7    2026-11: app.start 2, app.stop 1 (v 7)
``month/2026-11``      7    2026-11-20: app.start 1, app.stop 1 (v 5); 2026-11-21: app.start 1 (v 7)
``day/2026-11-20``     5    2026-11-20T13: app.start 1, app.stop 1 (v 5)
``hour/2026-11-20T13``  5   2026-11-20T13:05: app.start 1, app.stop 1
``day/2026-11-21``     7    2026-11-21T08: app.start 1 (v 7)
``hour/2026-11-21T08``  7   2026-11-21T08:00: app.start 1
=====================  ===  ======================================================================

Minutes have no rows: their hour holds their counts. "All events since 13:00 on the 20th" reads the
path to that hour and adds up whole children on the way. What a range has of a minute that it cuts
is read from the index.

**Young and settled.** A writer does not touch these rows. It stores its events and one *delta* in
one transaction: a row ``head/delta/<last seq>`` with an entry for each event (`delta`). Writers so
never wait for each other. Suppose that event 4 arrives: ``head/delta/0000000000000004`` says
``[4, 2026-11-21T08:00:30Z, system:app.stop, its id]``. Until it is folded, event 4 is *young*, and
the three others are *settled*. Every answer is the sum of both, so an event counts from the moment
that its write returns.

**Folding** turns young into settled (`polylog.dynamo.maintenance.fold`). One transaction writes
``hour/2026-11-21T08``, its day, month and year, and ``head/all``, all with version 8. The new
``head/all`` also *marks* the delta as folded (`head`). Readers ignore marked deltas, so the event
never counts twice. A later fold deletes them.

**Reading.** One strongly consistent query returns ``head/all`` and every delta. Rows below it are
fetched by name and count only in the version that their parent states (`tree`). If a fold replaced
one of them meanwhile, all are read again. So an answer describes one moment (`totals`).

**Facets.** A scope's events can be tallied once more for each value of a facet, such as
``project=p-1`` (`facets`). Such a tally has the same rows, in the partition ``demo|project=p-1``.
Its young part is the scope's. `registry` lists the scopes, and the facets of each.

A `question` is a filter that a tally can answer: a range of time, types, origins, and at most one
facet. `watermark` says which numbers are too old for an event that is still being stored.

Within the package: ``levels, kinds < facets < delta < bucket < head < rows < tree < totals``.
"""
