"""The benchmarks, one a module.

`scale` asks logs of growing size the same `questions`, and answers them in a `naive` way as well;
`report` compares the results with the `goals`. `searching` then looks for words, names and data in
the same logs over HTTP; `aims` says how fast that should be. `cold` measures starts, `warm` pages,
`handlers` whole functions, and `laptop` answers over HTTP. `ingestion` measures the `ways` in, and
their `charges`.
"""
