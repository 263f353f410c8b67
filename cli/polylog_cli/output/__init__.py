"""What you see: results on standard output, everything else on standard error.

`printer` prints results as a table, NDJSON or CSV; `layouts` says which columns each kind of result
has, and `widths` how wide they are. `pager` shows tables that are never shortened. `bars` draws
histograms. `console` is standard error, for failures and summaries. There, `progress` shows a bar,
`loading` shows a load, and `explanations` shows what `--explain` asks for.
"""
