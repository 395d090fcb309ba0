"""Bodies that are neither JSON nor forms go as they are."""

import schemathesis


@schemathesis.serializer("application/wasm", "application/toml")
def as_it_is(ctx, value):
    return value if isinstance(value, bytes) else str(value).encode("utf-8", "replace")
