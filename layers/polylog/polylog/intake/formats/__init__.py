"""Formats of events that belong to no dialect; each module has a `FORMAT`.

`cloudevents` reads CloudEvents in JSON and in HTTP headers, `eventbridge` what a rule of Amazon
EventBridge sends.
"""
