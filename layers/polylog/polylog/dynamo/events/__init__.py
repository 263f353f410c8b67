"""The events themselves: one item each, in a table with two to six indexes.

Writing: `writer` turns events into items (`items`), takes numbers of arrival for them (`numbers`),
and stores them together with their delta in one transaction.

Reading: `reader` answers a question with one or more scans. A `scan` merges the streams of an index
with the events of a moment that the index may not show yet. `selection` drops the events that do
not pass the rest of the filter.
"""
