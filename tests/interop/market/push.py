"""ORAS' own Python client pushes a packed skill to a market and pulls it again.

push.py HOST SKILL.wasm NAME VERSION FOLDER, with the token in METIER_TOKEN
"""

import hashlib
import json
import os
import pathlib
import sys

import oras.client

host, skill, name, version, folder = sys.argv[1:]
folder = pathlib.Path(folder)
skill = pathlib.Path(skill)
bytes_ = skill.read_bytes()
digest = "sha256:" + hashlib.sha256(bytes_).hexdigest()
config = folder / "config.json"
config.write_text(json.dumps({"architecture": "wasm", "os": "wasip2", "layerDigests": [digest]}))

client = oras.client.OrasClient(hostname=host, insecure=True, tls_verify=False, auth_backend="token")
client.auth.set_basic_auth("me", os.environ["METIER_TOKEN"])
target = f"{host}/{name}:{version}"
pushed = client.push(
    target=target,
    files=[f"{skill}:application/wasm"],
    manifest_config=f"{config}:application/vnd.wasm.config.v0+json",
    disable_path_validation=True,
)
assert pushed.status_code == 201, pushed.text

# It is not published: whoever has no token does not see it, and whoever pushed it does.
stranger = oras.client.OrasClient(hostname=host, insecure=True, tls_verify=False, auth_backend="token")
try:
    stranger.get_manifest(target)
except ValueError:
    pass
else:
    raise AssertionError("everybody sees what was only pushed")
manifest = client.get_manifest(target)
[layer] = manifest["layers"]
assert layer["digest"] == digest, layer
pulled = client.get_blob(f"{host}/{name}", digest).content
assert pulled == bytes_, "the bytes are others"
assert client.get_tags(f"{host}/{name}") == [version]
print(f"oras-py: {target} is the same {len(bytes_)} bytes")
