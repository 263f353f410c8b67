"""Writes to a running log as fast as it takes events, reads it through every API, judges it all.

`python -m tools.soak --seconds 60` starts `polylog run` and talks to it only over HTTP. It shares
no code with the service. Three logs are written, one after the other: `singles` (an event a
request), `batches` (95 events a request) and `mixed` (both; one event in ten is minutes to years
late, and some requests are sent again).

What is promised, and so what is a finding when it fails:

* Nothing that was acknowledged before a request began is missing from its answer.
* Walks by page number (Cloud Foundry, Waldur, DWS, Cloud Eye) may show an event twice: an event
  that arrives before the place of the walk moves the others to a later page. It moves none to an
  earlier page, so a walk misses nothing that was acknowledged before it began. Within one page no
  event appears twice.
* Walks by token (Polylog's own lists and exports) are exact: they show no event twice, and all of
  them in order.
* A page is as long as its total says, and another page follows exactly if the total says so.
* Totals lie between what was acknowledged when the request began and what was offered when it
  ended. Groups and histograms add up to such a total.
* Cedana's answer is one window of time. If it is cut, it has the newest events.
* The tail has each event once, in the order of `seq`.
* No answer is an error.
* When nobody writes any more, all of this holds exactly, and `polylog verify` finds no wrong count.
"""
