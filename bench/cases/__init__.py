"""What is measured, one case a module.

`scale` asks `questions` of logs of growing size, and of a `naive` way to answer them; `report`
holds the answers against the `goals`. `searching` then looks for words, names and data in the same
logs over HTTP; `aims` says how soon it should find them. `cold` measures starts, `warm` pages,
`handlers` whole functions, and `laptop` answers over HTTP. `ingestion` measures the `ways` in, and
their `charges`.
"""
