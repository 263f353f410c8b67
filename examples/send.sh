#!/bin/sh
# Store the events of a file or a pipe, one JSON object a line: examples/send.sh < events.ndjson
# POLYLOG_URL and POLYLOG_TOKEN name the service and a key that may write.
#
# Give every event an "id" and a "time". Then curl can try again, and nothing is stored twice.
# If you send several events, look at each "status": the answer is 200 even if some are not stored.
set -eu

curl --silent --show-error --fail-with-body --retry 4 \
	--header "Authorization: Bearer $POLYLOG_TOKEN" \
	--header "Content-Type: application/x-ndjson" \
	--data-binary @- "$POLYLOG_URL/v1/events"
echo
