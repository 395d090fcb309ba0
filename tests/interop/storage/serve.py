"""Starts somebody else's store on loopback, says where it listens, and ends with its standard input.

    serve.py s3 BUCKET          moto, an S3 in memory, with one empty bucket
    serve.py registry FOLDER    Debian's docker-registry, which keeps everything in the folder
"""

import ctypes
import json
import logging
import pathlib
import signal
import socket
import subprocess
import sys
import time

CONFIG = """\
version: 0.1
storage:
  delete: {{enabled: true}}
  filesystem: {{rootdirectory: {folder}}}
http: {{addr: "{address}"}}
"""


def s3(bucket):
    import boto3
    from moto.server import ThreadedMotoServer

    # A line for each request is no news.
    logging.getLogger("werkzeug").disabled = True
    server = ThreadedMotoServer(ip_address="127.0.0.1", port=0, verbose=False)
    server.start()
    host, port = server.get_host_and_port()
    client = boto3.client(
        "s3",
        endpoint_url=f"http://{host}:{port}",
        region_name="us-east-1",
        aws_access_key_id="id",
        aws_secret_access_key="secret",
    )
    client.create_bucket(Bucket=bucket)
    return f"{host}:{port}"


def registry(folder):
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    folder = pathlib.Path(folder)
    folder.mkdir(parents=True, exist_ok=True)
    config = folder / "config.yml"
    config.write_text(CONFIG.format(folder=folder, address=f"127.0.0.1:{port}"))
    log = open(folder / "log", "w")
    # It ends with this process, however that ends.
    ends = lambda: ctypes.CDLL(None).prctl(1, signal.SIGKILL)
    command = ["docker-registry", "serve", str(config)]
    child = subprocess.Popen(command, stdout=log, stderr=log, preexec_fn=ends)
    for _ in range(100):
        try:
            socket.create_connection(("127.0.0.1", port)).close()
            return f"127.0.0.1:{port}"
        except OSError:
            if child.poll() is not None:
                break
            time.sleep(0.1)
    sys.exit(f"docker-registry does not listen: {log.name}")


if __name__ == "__main__":
    kind, name = sys.argv[1:]
    address = {"s3": s3, "registry": registry}[kind](name)
    print(json.dumps({"address": address}), flush=True)
    sys.stdin.read()
