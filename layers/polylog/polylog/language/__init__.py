"""The native filter language, as in `type = "login" AND time >= "2026-11-01T00:00:00Z"`.

`parser.parse` turns a text into a filter. `lexer` cuts the text into tokens that know their
columns, `parser` reads the grammar, and `comparison` checks each field, operator and value.
Every error is an `InvalidFilter`, which points at a column.
"""
