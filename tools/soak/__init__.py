"""Writes to a log as fast as it takes events, reads it through every API, and judges all answers.

`python -m tools.soak --seconds 60` starts `polylog run` and talks to it only over HTTP. It shares
no code with the service. Three logs are written, one after the other: `singles` (an event a
request), `batches` (95 events a request) and `mixed` (both; one event in ten is minutes to years
late, and some requests are sent again).

These are the promises. Each one that fails is a finding:

* An answer has every event that was acknowledged before the request began.
* Walks by page number (Cloud Foundry, Waldur, DWS, Cloud Eye) may show an event twice: an event
  that arrives before the place of the walk moves the others to a later page. It moves none to an
  earlier page, so a walk misses nothing that was acknowledged before it began. Within one page no
  event appears twice.
* Walks by token (Polylog's own lists and exports) are exact: they show each event once, in order.
* A page is as long as its total says, and another page follows only if the total says so.
* A total is at least the number of events that were acknowledged when the request began, and at
  most the number that were offered when it ended. Groups and histograms add up to such a total.
* Cedana's answer is one window of time. If it is cut, it has the newest events.
* The tail has each event once, in the order of `seq`.
* No answer is an error.
* Once all writers have stopped, all of this holds exactly, and `polylog verify` finds no wrong
  count.
"""
