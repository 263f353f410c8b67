"""How events come in: from the bytes of a body, a message or a file to events that can be stored.

`streams` cuts long files into pieces without holding them in memory. `documents` reads the JSON of
a body or piece by a `Format`, which is how an API writes its own events. `formats` has one module
for each format that belongs to no dialect. `offers` stores what could be read and reports the rest.
"""
