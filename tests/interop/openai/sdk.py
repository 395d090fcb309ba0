"""OpenAI's own unmodified Python library against a host service: models, chat, responses, streams, tools, shapes, errors, cancellation.

    python sdk.py URL KEY EMULATOR [ROUTE…]

URL is the service's, with `/v1`; KEY one of its keys, of a caller or more. The routes ask the emulated providers at EMULATOR, each in another
format and without trying again, and every one of them is asked everything. `agent:plain` is an agent on the first route without tools.
"""

import json
import sys
import time
import urllib.request

import openai
import pydantic

PROMPT = "Review the quarter 2026-Q3. Issue: ABC-1."
TOOL = "salesforce__query"
SCHEMA = {"type": "object", "properties": {"soql": {"type": "string"}}, "required": ["soql"], "additionalProperties": False}
TABLE = json.dumps({"columns": ["Name", "Amount", "StageName"], "rows": [["A", "1000.0", "Closed Won"]]})
STORY = "2026-Q3: 1 opportunities close in the quarter."
HELLO = "You said: Hello"
SAYS = [{"role": "user", "content": "Hello"}]


class Number(pydantic.BaseModel):
    n: int


def same(read, expected, what):
    if read != expected:
        raise SystemExit(f"{what}: {read!r} instead of {expected!r}")


def true(holds, what):
    if not holds:
        raise SystemExit(what)


def raises(kind, ask, what, **expected):
    try:
        ask()
    except kind as error:
        for name, value in expected.items():
            same(getattr(error, name), value, f"{what}: {name}")
        return error
    raise SystemExit(f"{what}: no error")


class Emulator:
    """The providers behind the routes."""

    def __init__(self, url):
        self.url = url

    def goes_wrong(self, **fault):
        rules = json.dumps([{**fault, "times": 1}] if fault else []).encode()
        request = urllib.request.Request(f"{self.url}/__faults", rules, {"content-type": "application/json"}, method="PUT")
        urllib.request.urlopen(request).close()


def models(client, routes):
    listed = [model.id for model in client.models.list()]
    true(set(routes) <= set(listed) and "agent:plain" in listed, f"models: {listed}")
    same(client.models.retrieve(routes[0]).owned_by, "metier", "model")
    raises(openai.NotFoundError, lambda: client.models.retrieve("none"), "no model", code="model_not_found")


def chat(client, emulator, route):
    what = f"chat {route}"
    ask = lambda **more: client.chat.completions.create(**{"model": route, "messages": SAYS, **more})  # noqa: E731
    answer = ask()
    said = answer.choices[0]
    same((said.message.content, said.message.role, said.finish_reason), (HELLO, "assistant", "stop"), what)
    true(answer.usage.total_tokens == answer.usage.prompt_tokens + answer.usage.completion_tokens > 0, f"{what} usage")
    chunks = list(ask(stream=True, stream_options={"include_usage": True}))
    same("".join(chunk.choices[0].delta.content or "" for chunk in chunks if chunk.choices), HELLO, f"{what} stream")
    same((chunks[-1].choices, chunks[-1].usage.completion_tokens), ([], answer.usage.completion_tokens), f"{what} stream usage")
    tools = [{"type": "function", "function": {"name": TOOL, "parameters": SCHEMA, "strict": True}}]
    messages = [{"role": "user", "content": PROMPT}]
    with client.chat.completions.stream(model=route, messages=messages, tools=tools) as stream:
        called = stream.get_final_completion().choices[0]
    streamed = called.message.tool_calls[0].function
    called = ask(messages=messages, tools=tools).choices[0]
    call = called.message.tool_calls[0]
    same((called.finish_reason, call.function.name, "soql" in json.loads(call.function.arguments)), ("tool_calls", TOOL, True), f"{what} tool")
    same((streamed.name, json.loads(streamed.arguments)), (TOOL, json.loads(call.function.arguments)), f"{what} tool in a stream")
    # The library's own object goes back, as its documentation does it.
    messages += [called.message, {"role": "tool", "tool_call_id": call.id, "content": TABLE}]
    true(ask(messages=messages, tools=tools).choices[0].message.content.startswith(STORY), f"{what} tool result")
    shaped = client.chat.completions.parse(model=route, messages=SAYS, response_format=Number)
    same(shaped.choices[0].message.parsed, Number(n=0), f"{what} shape")
    errors(emulator, ask, what)
    emulator.goes_wrong(kind="error-inside")
    raises(openai.APIError, lambda: list(ask(stream=True)), f"{what} error in a stream")
    rested(ask, what)


def errors(emulator, ask, what):
    emulator.goes_wrong(kind="rate-limited", retry_after_s=1)
    limited = raises(openai.RateLimitError, ask, f"{what} rate limit", status_code=429, code="rate_limit_exceeded")
    same(limited.response.headers["retry-after"], "1", f"{what} wait")
    rested(ask, what)
    emulator.goes_wrong(kind="overloaded")
    raises(openai.InternalServerError, ask, f"{what} overload", status_code=503, type="server_error")
    rested(ask, what)
    emulator.goes_wrong(kind="rate-limited", retry_after_s=1)
    raises(openai.RateLimitError, lambda: ask(stream=True), f"{what} rate limit before a stream")
    rested(ask, what)


def rested(ask, what):
    """A candidate that failed is left alone for a while, which the service says."""
    for _ in range(40):
        try:
            return ask()
        except openai.InternalServerError as error:
            true(int(error.response.headers["retry-after"]) > 0, f"{what} rests")
            time.sleep(0.5)
    raise SystemExit(f"{what}: it rests for ever")


def responses(client, emulator, route):
    what = f"responses {route}"
    ask = lambda **more: client.responses.create(**{"model": route, "input": "Hello", **more})  # noqa: E731
    answer = ask()
    same((answer.output_text, answer.status, answer.error), (HELLO, "completed", None), what)
    true(answer.usage.total_tokens > 0, f"{what} usage")
    with client.responses.stream(model=route, input="Hello") as stream:
        events = list(stream)
        final = stream.get_final_response()
    same("".join(event.delta for event in events if event.type == "response.output_text.delta"), HELLO, f"{what} stream")
    same((events[0].type, events[-1].type, final.output_text), ("response.created", "response.completed", HELLO), f"{what} stream")
    numbers = [event.sequence_number for event in ask(stream=True)]
    same(numbers, list(range(len(numbers))), f"{what} numbers")
    tools = [{"type": "function", "name": TOOL, "parameters": SCHEMA, "strict": True}]
    said = [{"role": "user", "content": PROMPT}]
    with client.responses.stream(model=route, input=said, tools=tools) as stream:
        called = stream.get_final_response()
    call = next(item for item in called.output if item.type == "function_call")
    same((call.name, "soql" in json.loads(call.arguments)), (TOOL, True), f"{what} tool")
    said += [item.model_dump(exclude={"parsed_arguments"}, exclude_none=True) for item in called.output]
    said += [{"type": "function_call_output", "call_id": call.call_id, "output": TABLE}]
    true(ask(input=said, tools=tools).output_text.startswith(STORY), f"{what} tool result")
    shaped = client.responses.parse(model=route, input="Hello", text_format=Number)
    same(shaped.output_parsed, Number(n=0), f"{what} shape")
    short = ask(max_output_tokens=2)
    same((short.status, short.incomplete_details.reason), ("incomplete", "max_output_tokens"), f"{what} cut off")
    errors(emulator, ask, what)
    emulator.goes_wrong(kind="error-inside")
    last = list(ask(stream=True))[-1]
    same((last.type, last.response.status), ("response.failed", "failed"), f"{what} error in a stream")
    rested(ask, what)


def mistakes(client, url, route):
    ask = lambda **more: client.chat.completions.create(**{"model": route, "messages": SAYS, **more})  # noqa: E731
    wrong = openai.OpenAI(api_key="sk-another", base_url=url, max_retries=0)
    raises(openai.AuthenticationError, lambda: wrong.models.list(), "wrong key", code="invalid_api_key")
    raises(openai.NotFoundError, lambda: ask(model="none"), "unknown model", code="model_not_found")
    raises(openai.NotFoundError, lambda: ask(model="agent:none"), "unknown agent", code="model_not_found")
    raises(openai.BadRequestError, lambda: ask(messages=[]), "no messages", param="messages")
    raises(openai.BadRequestError, lambda: ask(n=2), "two answers", param="n")
    raises(openai.BadRequestError, lambda: ask(temperature=9), "temperature", param="temperature")
    respond = lambda **more: client.responses.create(**{"model": route, "input": "Hello", **more})  # noqa: E731
    raises(openai.BadRequestError, lambda: respond(previous_response_id="resp_1"), "previous response", param="previous_response_id")
    raises(openai.BadRequestError, lambda: respond(store=True), "store", param="store")
    raises(openai.NotFoundError, lambda: client.embeddings.create(model=route, input="x"), "embeddings")


def cancelled(client, emulator, route):
    """A stream that is closed ends, and the service answers the next question."""
    emulator.goes_wrong(kind="slow", piece_ms=200)
    began = time.monotonic()
    stream = client.chat.completions.create(model=route, messages=SAYS, stream=True)
    next(iter(stream))
    stream.close()
    true(time.monotonic() - began < 30, "a closed stream")
    emulator.goes_wrong()
    same(client.chat.completions.create(model=route, messages=SAYS).choices[0].message.content, HELLO, "after a closed stream")


def agent(client):
    raw = client.chat.completions.with_raw_response.create(model="agent:plain", messages=SAYS)
    run, answer = raw.headers["x-metier-run"], raw.parse()
    same((answer.choices[0].message.content, answer.to_dict()["metadata"]["run"]), (HELLO, run), "agent")
    chunks = client.chat.completions.create(model="agent:plain", messages=SAYS, stream=True)
    same("".join(chunk.choices[0].delta.content or "" for chunk in chunks if chunk.choices), HELLO, "agent stream")
    answer = client.responses.create(model="agent:plain", input="Hello")
    same((answer.output_text, len(answer.metadata["run"])), (HELLO, 26), "agent in responses")
    with client.responses.stream(model="agent:plain", input="Hello") as stream:
        same(stream.get_final_response().output_text, HELLO, "agent stream in responses")
    refused = lambda: client.chat.completions.create(model="agent:plain", messages=SAYS, temperature=0)  # noqa: E731
    raises(openai.BadRequestError, refused, "agent with a temperature", param="temperature")


def main():
    url, key, emulator, *routes = sys.argv[1:]
    emulator, routes = Emulator(emulator), routes or ["openai-chat"]
    client = openai.OpenAI(api_key=key, base_url=url, max_retries=0)
    emulator.goes_wrong()
    models(client, routes)
    for route in routes:
        chat(client, emulator, route)
        responses(client, emulator, route)
    mistakes(client, url, routes[0])
    cancelled(client, emulator, routes[0])
    agent(client)
    emulator.goes_wrong()
    print(f"openai {openai.__version__} (Python): models, chat, responses, streams, tools, shapes, errors and agents over {len(routes)} formats")


main()
