"""Search: any filter over the whole log, with exact totals, without reading the events themselves.

The arrival log has the members of all events except `data`, `attributes` and `links`, as columns
(`polylog.dynamo.tally.columns`). In the background, a *folder* turns it into segments: long rows
that never change (`polylog.dynamo.maintenance.seal`). For each segment, the directory says in which
range of time its events lie, and which words and values they have (`directory`, `hints`). A
question reads the segments that may hold an answer (`segments`), and the rows that are in no
segment yet. It judges all events of a segment at once (`polylog.dynamo.tally.marks`), and counts
and orders those that pass (`finder`).

Columns cannot judge every event: the filter may ask for `data`, or an event's texts may be too long
for the log. Such events are read by their keys, or from the index by time if that takes less. For
exact values in `data`, `attributes` and `links`, hashes tell which events to read (`leaves`).
"""
