"""Events, and the counts of them, in DynamoDB.

`store` is the front door: the `EventStore` that the rest of Polylog asks. It passes each question
on to the modules below. None of them knows what is above it:

* `pages` and `answers` decide how a question is answered: by the tally, by searching the arrival
  log, or by reading events through an index.
* `arrivals` holds the order of arrival, which tails read.
* `search` finds events in the arrival log by any of their members, with exact totals.
* `events` writes events and reads them back through the indexes.
* `tally` holds exact counts by time and kind.
* `queries` turns a filter into the requests that DynamoDB gets.

`maintenance` works in the background: it folds new events into the counts, seals the arrival log,
subtracts expired events from the counts, and checks and repairs them. All of these share
`connection`, `deadlines`, `tables`, `packing`, `limits`, `retention` and `explanation`. `keys` and
`peppers` hold access keys, which have a table of their own.
"""
