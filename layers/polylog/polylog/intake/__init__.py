"""How events come in: from the bytes of a body, a message or a file to events that can be stored.

`streams` cuts long texts into pieces, without holding them in memory. `documents` counts the events
of a body or piece, then reads them by a `Format`, which is how an API writes its own events.
`formats` has one module for each format that belongs to no dialect; `records` helps them read other
systems' records. `offers` stores the events that could be read and reports the rest.
"""
