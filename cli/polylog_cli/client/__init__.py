"""How to ask a service over HTTP.

`http` sends requests and turns failures into errors. On top of it, `log` asks the questions of the
native API and reads the answers into the models of `answers`, and `load` sends events. `intervals`
adds days up to weeks, and `absence` says why an answer may be empty. `credentials` is the file that
says where the service is and which key opens it. Nothing here prints: callers pass a callback to
follow a load or to collect explanations.
"""
