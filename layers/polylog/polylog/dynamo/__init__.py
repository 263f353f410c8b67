"""Events, and the counts of them, in DynamoDB.

`store` is the front door: the `EventStore` that the rest of Polylog asks. It hands each question
down, and nothing below knows what is above it:

* `pages` and `answers` decide how a question is answered: by the tally, or by reading events.
* `arrivals` holds the order of arrival, which tails read.
* `events` writes events and reads them back through the indexes.
* `tally` holds exact counts by time and kind.
* `queries` turns a filter into the requests that DynamoDB gets.

`maintenance` works in the background: it folds new events into the counts, clears expired ones
away, and checks and repairs the counts. `connection`, `deadlines`, `tables`, `packing`, `limits`,
`retention` and `explanation` are what all of these share. `keys` and `peppers` hold access keys,
which have a table of their own.
"""
