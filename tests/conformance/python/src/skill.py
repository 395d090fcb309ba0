"""The conformance skill in Python."""

import os
import random
import re
import sys
import time

from componentize_py_types import Err, Ok, Some
from wit_world.imports import (
    artifacts,
    config_store,
    denials,
    fetch as host_fetch,
    keyvalue_atomics,
    keyvalue_store,
    logging,
    progress,
    resources,
)

from metier import Denied, Internal, InvalidInput, NotFound, Unavailable, fetch
import web


class Values:
    def echo_bool(self, value):
        return value

    echo_integers = echo_floats = echo_char = echo_string = echo_bytes = echo_list = echo_bool
    echo_tuple = echo_record = echo_variant = echo_enum = echo_flags = echo_bool
    echo_option = echo_option_twice = echo_results = echo_bool

    def echo_nested(self, figures, rights, people):
        return (figures, rights, people)

    def swap_people(self, first, second):
        return (second, first)

    def nothing(self):
        pass

    def give_both(self, fail):
        if fail:
            raise Err("no")
        return 7

    def give_ok_only(self, fail):
        if fail:
            raise Err(None)
        return 7

    def give_err_only(self, fail):
        if fail:
            raise Err("no")

    def give_neither(self, fail):
        if fail:
            raise Err(None)


def greet(name):
    return f"Hello, {name}!"


def fetch_text(method, url, body):
    try:
        response = fetch(url, method=method, body=body, headers={"x-conformance": "yes"}, follow_redirects=5)
    except Internal as error:
        # The world wants this one in its own words.
        raise Internal(error.message.replace("the answer is ", "")) from None
    if response.status != 200:
        raise Unavailable(f"status {response.status}")
    return response.text


def web_text(method, url, body):
    return web.text(method, url, body)


def kv(bucket, action):
    """What `wasi:keyvalue` raises, in the words of the world."""
    try:
        with keyvalue_store.open(bucket) as store:
            return action(store)
    except Err as error:
        why = error.value
        if isinstance(why, keyvalue_store.Error_NoSuchStore):
            raise NotFound("no such store") from None
        if isinstance(why, keyvalue_store.Error_AccessDenied):
            raise Denied("access denied") from None
        raise Unavailable(why.value) from None


def kv_get(bucket, key):
    value = kv(bucket, lambda store: store.get(key))
    return None if value is None else value.decode()


def kv_set(bucket, key, value):
    kv(bucket, lambda store: store.set(key, value.encode()))


def kv_delete(bucket, key):
    kv(bucket, lambda store: store.delete(key))


def kv_exists(bucket, key):
    return kv(bucket, lambda store: store.exists(key))


def kv_increment(bucket, key, delta):
    return kv(bucket, lambda store: keyvalue_atomics.increment(store, key, delta))


def config_get(key):
    try:
        return config_store.get(key)
    except Err as error:
        raise Denied(error.value.value) from None


def log_all(message):
    for level in logging.Level:
        logging.log(level, "conformance", message)


def kept(action):
    try:
        return action().digest
    except Err as error:
        why = error.value
        if isinstance(why, artifacts.ArtifactError_Denied):
            raise Denied(why.value) from None
        if isinstance(why, artifacts.ArtifactError_TooLarge):
            raise Internal(f"larger than {why.value} bytes") from None
        if isinstance(why, artifacts.ArtifactError_Invalid):
            raise InvalidInput(why.value) from None
        raise Unavailable(why.value) from None


def artifact_put(name, media_type, body):
    return kept(lambda: artifacts.put(name, media_type, body))


def artifact_write(name, media_type, pieces):
    def write():
        writer = artifacts.Writer.create(name, media_type)
        for piece in pieces:
            writer.write(piece)
        return artifacts.Writer.finish(writer)

    return kept(write)


def progress_report(message, fraction):
    progress.report(message, fraction)


def resource_list():
    return [(entry.path, entry.size) for entry in resources.list()]


def resource_read(path, offset, length):
    return resources.read(path, offset, length)


def fail_with(error):
    raise Err(error)


def deep_inside(message):
    raise LookupError(message)  # conformance: crash line


def crash(message):
    deep_inside(message)


def crash_plain(message):
    deep_inside(message)


def spin():
    while True:
        pass


def pause(milliseconds):
    began = time.monotonic()
    time.sleep(milliseconds / 1000)
    return round((time.monotonic() - began) * 1000)


def regex_find(pattern, text):
    try:
        expression = re.compile(pattern)
    except re.error as error:
        raise InvalidInput(str(error)) from None
    return expression.search(text) is not None


def fill_memory(mebibytes):
    pieces = []
    for count in range(mebibytes):
        pieces.append(bytes([count % 255 + 1]) * (1 << 20))
    return len(pieces)


def random_everyday():
    return str(random.random())


def random_secure():
    return os.urandom(16)


def time_now():
    return int(time.time() * 1000)


def print_lines(out, err):
    print(out)
    print(err, file=sys.stderr)


def unlisted():
    return "it ran"
