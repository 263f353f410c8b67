"""Search: any filter over the whole log, with exact totals, without reading the events themselves.

The arrival log has the members of all events but `data`, `attributes` and `links`, as columns
(`polylog.dynamo.tally.columns`). A folder makes segments of it: long stretches that never change
(`polylog.dynamo.maintenance.seal`). The directory says of each segment where its events lie in
time, and which words and values they have (`directory`, `hints`). A question reads the segments
that may hold an answer (`segments`), and what is not in a segment yet. It judges all events of a
segment at once (`polylog.dynamo.tally.marks`), and counts and orders those that pass (`finder`).

Some events cannot be judged this way: the filter asks for their `data`, or their texts are too long
for the log. They are read by their keys, or from the index by time if that takes less. For exact
values in `data`, `attributes` and `links`, hashes tell which of them to read (`leaves`).
"""
