"""The APIs: how each is asked, and what its answers say. One module for each."""

from __future__ import annotations

from tools.soak.apis import cedana, ces, cloudfoundry, dws, native, waldur
from tools.soak.apis.family import Family


def families(scope: str) -> dict[str, Family]:
    """Return the APIs of a scope, by name."""
    all = (
        cloudfoundry.FAMILY,
        waldur.FAMILY,
        dws.family(scope),
        ces.family(scope),
        cedana.FAMILY,
        native.FAMILY,
    )
    return {family.name: family for family in all}
