"""The tally counts a scope's events exactly, by time and kind, in a few small rows.

It answers totals, groups, histograms and the place of the n-th event. Each answer takes a handful
of requests, however large the log is, and also while the log is being written.

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
path to that hour and adds up whole children on the way. If a range begins or ends within a minute,
the events of that minute are read from the index.

**Young.** A writer does not touch these rows. It stores its events and one *delta* in one
transaction: a row ``head/delta/<last seq>`` (`delta`). So writers never wait for each other. A
delta has a summary of its events: how many of each kind lie in each minute (`summary`). Each event
also has an entry (`entry`). A few entries fit into the delta. Many go into a row of the arrival
log, in the same transaction (`stretch`). Suppose that event 4 arrives: ``head/delta/…4`` says
``[4, 2026-11-21T08:00:30Z, system:app.stop, its id]``. Event 4 is *young* now, and the three others
are *settled*. Every answer is the sum of both, so an event counts from the moment that its write
returns.

**Folding** turns young into settled (`polylog.dynamo.maintenance.fold`). One transaction writes
``hour/2026-11-21T08``, its day, month and year, and ``head/all``, all with version 8. The new head
says that the numbers 1 to 4 are settled (`head`, `ranges`). Readers ignore a delta of settled
numbers, so the event never counts twice. Then the folder deletes the delta.

**One moment.** One strongly consistent query returns every delta, and then the head. Rows below the
head are fetched by name and count only in the version that their parent states (`tree`). If a fold
replaced one of them meanwhile, all are read again. So an answer describes one moment (`moment`,
`totals`), and it shows no event whose number was neither settled nor young at that moment.

**Recent.** An index can lag some seconds behind. So the head also names the rows of the arrival log
whose events were settled lately, and in which spans of time these lie. A page takes the events of
its own span from there as well as from the index. A folder takes a row off this list once it has
seen it there for five seconds of its own clock. No clocks of two machines are ever compared.

**Fences.** A writer may take a number and never use it. Everyone who follows the order of arrival
would wait for it forever. When a folder has missed a number for some seconds, it writes a *fence*:
a delta without events, under the key that the writer would use. Then the writer's transaction can
only fail, and the writer takes new numbers.

**Facets.** A facet is the events with one value of a field, such as ``project=p-1`` (`facets`). It
has a row ``counts/2026-11`` for each month, with counts by day and kind, in the partition
``demo|project=p-1`` (`months`). A folder counts the events of segments there. A segment is a long
row of the arrival log that never changes. The row ``head/facets`` says up to which number events
are counted. Later ones are read from the arrival log (`facet_view`). `registry` lists the scopes,
and the facets of each.

A `question` is a filter that a tally can answer: a range of time, any condition on type and
origin, and at most one facet. A `wake` asks for folding.

Entries have all members of an event except its data, attributes and links. They are stored as
`columns`, and `marks` applies a filter to all of them at once.

Within the package: ``levels, kinds, ranges < entry < facets, columns < marks, summary, stretch <
delta, bucket < head < rows, tree < moment < facet_view, months < totals``.
"""
