"""The events themselves: one item each, in a table with two to six indexes.

Writing: `writer` turns events into items (`items`), takes numbers of arrival for them (`numbers`),
and stores them together with their delta in one transaction.

Reading: `reader` answers a question by one or more scans. A `scan` merges the streams of an index
with the events of a moment that it may not show yet, and `selection` drops the events that the
index could not rule out.
"""
