"""The providers' own unmodified libraries against our emulated providers: whole answers, streams, tools, shapes, errors.

    python models_sdk.py EMULATOR

What they read is what the emulator said; so the emulator speaks as the providers do, and what our adapters are tested against is not
our own idea of the formats.
"""

import json
import subprocess
import sys
import urllib.request

import anthropic
import boto3
import botocore.config
import botocore.exceptions
import openai
from google import genai
from google.genai import errors as google_errors
from google.genai import types as google

PROMPT = "Review the quarter 2026-Q3. Issue: ABC-1."
TOOL = "salesforce__query"
SCHEMA = {"type": "object", "properties": {"soql": {"type": "string"}}, "required": ["soql"], "additionalProperties": False}
TABLE = json.dumps({"columns": ["Name", "Amount", "StageName"], "rows": [["A", "1000.0", "Closed Won"]]})
SHAPE = {"type": "object", "properties": {"n": {"type": "integer"}}, "required": ["n"], "additionalProperties": False}
STORY = "2026-Q3: 1 opportunities close in the quarter."
HELLO = "You said: Hello"
SAYS = [{"role": "user", "content": "Hello"}]


class Emulator:
    """The providers, as a process that ends with this one."""

    def __init__(self, program):
        self.process = subprocess.Popen([program], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
        ready = json.loads(self.process.stdout.readline())
        self.url = f"http://{ready['address']}"
        self.key, self.key_id = ready["key"], ready["access_key_id"]

    def goes_wrong(self, **fault):
        rules = json.dumps([{**fault, "times": 1}] if fault else []).encode()
        request = urllib.request.Request(f"{self.url}/__faults", rules, {"content-type": "application/json"}, method="PUT")
        urllib.request.urlopen(request).close()

    def end(self):
        self.process.stdin.close()
        self.process.wait()


def same(read, expected, what):
    if read != expected:
        raise SystemExit(f"{what}: {read!r} instead of {expected!r}")


def raises(kind, ask, what, status=None):
    try:
        ask()
    except kind as error:
        told = getattr(error, "status_code", None) or getattr(error, "code", None)
        if status is not None:
            same(told, status, what)
        return error
    raise SystemExit(f"{what}: no error")


def story(text, what):
    if not text.startswith(STORY):
        raise SystemExit(f"{what}: {text!r}")


def anthropic_messages(emulator):
    client = anthropic.Anthropic(api_key=emulator.key, base_url=emulator.url, max_retries=0)
    ask = lambda **more: client.messages.create(**{"model": "m", "max_tokens": 500, "messages": SAYS, **more})  # noqa: E731
    answer = ask()
    same((answer.content[0].text, answer.stop_reason, answer.usage.output_tokens), (HELLO, "end_turn", 4), "anthropic")
    with client.messages.stream(model="m", max_tokens=500, messages=SAYS) as stream:
        same("".join(stream.text_stream), HELLO, "anthropic stream")
        same(stream.get_final_message().usage.output_tokens, 4, "anthropic stream usage")
    tools = [{"name": TOOL, "input_schema": SCHEMA}]
    messages = [{"role": "user", "content": PROMPT}]
    with client.messages.stream(model="m", max_tokens=500, messages=messages, tools=tools) as stream:
        called = stream.get_final_message()
    same((called.stop_reason, called.content[1].name, "SELECT" in called.content[1].input["soql"]), ("tool_use", TOOL, True), "anthropic tool")
    result = {"type": "tool_result", "tool_use_id": called.content[1].id, "content": TABLE}
    messages += [{"role": "assistant", "content": called.content}, {"role": "user", "content": [result]}]
    story(ask(messages=messages, tools=tools).content[0].text, "anthropic tool result")
    shape = {"format": {"type": "json_schema", "schema": SHAPE}}
    same(ask(output_config=shape).content[0].text, '{"n":0}', "anthropic shape")
    wrong = anthropic.Anthropic(api_key="another", base_url=emulator.url, max_retries=0)
    raises(anthropic.AuthenticationError, lambda: wrong.messages.create(model="m", max_tokens=5, messages=SAYS), "anthropic key")
    raises(anthropic.BadRequestError, lambda: ask(messages=[]), "anthropic question")
    emulator.goes_wrong(kind="rate-limited", retry_after_s=7)
    limited = raises(anthropic.RateLimitError, ask, "anthropic rate limit")
    same(limited.response.headers["retry-after"], "7", "anthropic wait")
    emulator.goes_wrong(kind="overloaded")
    raises(anthropic.InternalServerError, ask, "anthropic overload", 529)
    emulator.goes_wrong(kind="error-inside")
    with client.messages.stream(model="m", max_tokens=500, messages=SAYS) as stream:
        raises(anthropic.APIStatusError, stream.get_final_message, "anthropic error in a stream")


def chat(client, model, emulator, what):
    ask = lambda **more: client.chat.completions.create(**{"model": model, "messages": SAYS, **more})  # noqa: E731
    answer = ask()
    said = answer.choices[0]
    same((said.message.content, said.finish_reason, answer.usage.completion_tokens), (HELLO, "stop", 4), what)
    chunks = list(ask(stream=True, stream_options={"include_usage": True}))
    words = "".join(chunk.choices[0].delta.content or "" for chunk in chunks if chunk.choices)
    same((words, chunks[-1].usage.completion_tokens), (HELLO, 4), f"{what} stream")
    tools = [{"type": "function", "function": {"name": TOOL, "parameters": SCHEMA}}]
    messages = [{"role": "user", "content": PROMPT}]
    with client.chat.completions.stream(model=model, messages=messages, tools=tools) as stream:
        called = stream.get_final_completion().choices[0]
    call = called.message.tool_calls[0]
    same((called.finish_reason, call.function.name, "soql" in json.loads(call.function.arguments)), ("tool_calls", TOOL, True), f"{what} tool")
    history = {"role": "assistant", "content": called.message.content, "tool_calls": [call.model_dump(include={"id", "type", "function"})]}
    history["tool_calls"][0]["function"].pop("parsed_arguments", None)
    messages += [history, {"role": "tool", "tool_call_id": call.id, "content": TABLE}]
    story(ask(messages=messages, tools=tools).choices[0].message.content, f"{what} tool result")
    shape = {"type": "json_schema", "json_schema": {"name": "n", "schema": SHAPE, "strict": True}}
    same(ask(response_format=shape).choices[0].message.content, '{"n":0}', f"{what} shape")
    raises(openai.BadRequestError, lambda: ask(messages=[]), f"{what} question")
    what = errors_of_openai(emulator, ask, what)
    emulator.goes_wrong(kind="error-inside")
    raises(openai.APIError, lambda: list(ask(stream=True)), what)


def errors_of_openai(emulator, ask, what):
    emulator.goes_wrong(kind="rate-limited", retry_after_s=7)
    same(raises(openai.RateLimitError, ask, f"{what} rate limit").response.headers["retry-after"], "7", f"{what} wait")
    emulator.goes_wrong(kind="overloaded")
    raises(openai.InternalServerError, ask, f"{what} overload", 503)
    return f"{what} error in a stream"


def openai_chat(emulator):
    client = openai.OpenAI(api_key=emulator.key, base_url=f"{emulator.url}/v1", max_retries=0)
    chat(client, "m", emulator, "openai chat")
    wrong = openai.OpenAI(api_key="another", base_url=f"{emulator.url}/v1", max_retries=0)
    raises(openai.AuthenticationError, lambda: wrong.chat.completions.create(model="m", messages=SAYS), "openai key")


def azure(emulator):
    client = openai.AzureOpenAI(api_key=emulator.key, azure_endpoint=emulator.url, api_version="2024-10-21", max_retries=0)
    chat(client, "deployment", emulator, "azure")
    wrong = openai.AzureOpenAI(api_key="another", azure_endpoint=emulator.url, api_version="2024-10-21", max_retries=0)
    raises(openai.AuthenticationError, lambda: wrong.chat.completions.create(model="m", messages=SAYS), "azure key")
    # What our own adapter uses: version 1, which needs no API version.
    chat(openai.OpenAI(api_key=emulator.key, base_url=f"{emulator.url}/openai/v1/", max_retries=0), "deployment", emulator, "azure v1")


def openai_responses(emulator):
    client = openai.OpenAI(api_key=emulator.key, base_url=f"{emulator.url}/v1", max_retries=0)
    ask = lambda **more: client.responses.create(**{"model": "m", "input": "Hello", **more})  # noqa: E731
    answer = ask()
    same((answer.output_text, answer.status, answer.usage.output_tokens), (HELLO, "completed", 4), "responses")
    with client.responses.stream(model="m", input="Hello") as stream:
        words = "".join(event.delta for event in stream if event.type == "response.output_text.delta")
        same((words, stream.get_final_response().output_text), (HELLO, HELLO), "responses stream")
    tools = [{"type": "function", "name": TOOL, "parameters": SCHEMA, "strict": True}]
    said = [{"role": "user", "content": PROMPT}]
    with client.responses.stream(model="m", input=said, tools=tools) as stream:
        called = stream.get_final_response()
    call = called.output[1]
    same((call.type, call.name, "soql" in json.loads(call.arguments)), ("function_call", TOOL, True), "responses tool")
    back = {"type": "function_call", "call_id": call.call_id, "name": call.name, "arguments": call.arguments}
    said += [back, {"type": "function_call_output", "call_id": call.call_id, "output": TABLE}]
    story(ask(input=said, tools=tools).output_text, "responses tool result")
    shape = {"format": {"type": "json_schema", "name": "n", "schema": SHAPE, "strict": True}}
    same(ask(text=shape).output_text, '{"n":0}', "responses shape")
    same(ask(max_output_tokens=2).incomplete_details.reason, "max_output_tokens", "responses cut off")
    raises(openai.BadRequestError, lambda: ask(input=[]), "responses question")
    what = errors_of_openai(emulator, ask, "responses")
    emulator.goes_wrong(kind="error-inside")
    last = list(ask(stream=True))[-1]
    same((last.type, last.code), ("error", "server_error"), what)


def gemini(emulator):
    options = google.HttpOptions(base_url=emulator.url, retry_options=google.HttpRetryOptions(attempts=1))
    client = genai.Client(api_key=emulator.key, http_options=options)
    ask = lambda contents="Hello", **config: client.models.generate_content(model="m", contents=contents, config=config or None)  # noqa: E731
    answer = ask()
    same((answer.text, answer.usage_metadata.candidates_token_count), (HELLO, 4), "gemini")
    chunks = list(client.models.generate_content_stream(model="m", contents="Hello"))
    same("".join(chunk.text for chunk in chunks), HELLO, "gemini stream")
    tools = [google.Tool(function_declarations=[google.FunctionDeclaration(name=TOOL, parameters_json_schema=SCHEMA)])]
    said = [google.Content(role="user", parts=[google.Part(text=PROMPT)])]
    called = ask(said, tools=tools).candidates[0].content
    call = called.parts[1].function_call
    same((call.name, "SELECT" in call.args["soql"]), (TOOL, True), "gemini tool")
    response = google.FunctionResponse(id=call.id, name=call.name, response={"output": TABLE})
    said += [called, google.Content(role="user", parts=[google.Part(function_response=response)])]
    story(ask(said, tools=tools).text, "gemini tool result")
    same(ask(response_mime_type="application/json", response_json_schema=SHAPE).text, '{"n":0}', "gemini shape")
    wrong = genai.Client(api_key="another", http_options=options)
    raises(google_errors.ClientError, lambda: wrong.models.generate_content(model="m", contents="Hello"), "gemini key", 400)
    emulator.goes_wrong(kind="rate-limited", retry_after_s=7)
    limited = raises(google_errors.ClientError, ask, "gemini rate limit", 429)
    same(limited.details["error"]["details"][0]["retryDelay"], "7s", "gemini wait")
    emulator.goes_wrong(kind="overloaded")
    raises(google_errors.ServerError, ask, "gemini overload", 503)
    emulator.goes_wrong(kind="error-inside")
    stream = lambda: list(client.models.generate_content_stream(model="m", contents="Hello"))  # noqa: E731
    raises(google_errors.ServerError, stream, "gemini error in a stream", 503)


def bedrock(emulator):
    def client(secret):
        config = botocore.config.Config(retries={"total_max_attempts": 1})
        keys = {"aws_access_key_id": emulator.key_id, "aws_secret_access_key": secret}
        return boto3.client("bedrock-runtime", region_name="eu-central-1", endpoint_url=emulator.url, config=config, **keys)

    runtime = client(emulator.key)
    said = lambda *texts: [{"role": "user", "content": [{"text": text} for text in texts]}]  # noqa: E731
    ask = lambda messages=said("Hello"), **more: runtime.converse(modelId="m.x:0", messages=messages, **more)  # noqa: E731
    answer = ask()
    same((answer["output"]["message"]["content"], answer["stopReason"], answer["usage"]["outputTokens"]), ([{"text": HELLO}], "end_turn", 4), "bedrock")
    events = list(runtime.converse_stream(modelId="m.x:0", messages=said("Hello"))["stream"])
    words = "".join(event["contentBlockDelta"]["delta"]["text"] for event in events if "contentBlockDelta" in event)
    same((words, events[-1]["metadata"]["usage"]["outputTokens"]), (HELLO, 4), "bedrock stream")
    tools = {"tools": [{"toolSpec": {"name": TOOL, "inputSchema": {"json": SCHEMA}}}]}
    messages = said(PROMPT)
    called = ask(messages, toolConfig=tools)["output"]["message"]
    call = called["content"][1]["toolUse"]
    same((call["name"], "SELECT" in call["input"]["soql"]), (TOOL, True), "bedrock tool")
    events = list(runtime.converse_stream(modelId="m.x:0", messages=messages, toolConfig=tools)["stream"])
    pieces = [event["contentBlockDelta"]["delta"].get("toolUse", {}).get("input", "") for event in events if "contentBlockDelta" in event]
    same(json.loads("".join(pieces)), call["input"], "bedrock tool in a stream")
    result = {"toolUseId": call["toolUseId"], "content": [{"json": json.loads(TABLE)}], "status": "success"}
    messages += [called, {"role": "user", "content": [{"toolResult": result}]}]
    story(ask(messages, toolConfig=tools)["output"]["message"]["content"][0]["text"], "bedrock tool result")
    failed = botocore.exceptions.ClientError
    for fault, code in [
        ({"kind": "rate-limited"}, "ThrottlingException"),
        ({"kind": "overloaded"}, "ServiceUnavailableException"),
    ]:
        emulator.goes_wrong(**fault)
        same(raises(failed, ask, f"bedrock {code}").response["Error"]["Code"], code, "bedrock refusal")
    wrong = client("another")
    refused = raises(failed, lambda: wrong.converse(modelId="m", messages=said("Hello")), "bedrock key")
    same(refused.response["Error"]["Code"], "UnrecognizedClientException", "bedrock key")
    emulator.goes_wrong(kind="error-inside")
    stream = lambda: list(runtime.converse_stream(modelId="m", messages=said("Hello"))["stream"])  # noqa: E731
    raises(botocore.exceptions.EventStreamError, stream, "bedrock error in a stream")


def main():
    emulator = Emulator(sys.argv[1])
    providers = [anthropic_messages, openai_chat, azure, openai_responses, gemini, bedrock]
    for provider in providers:
        provider(emulator)
        emulator.goes_wrong()
    emulator.end()
    print(f"{len(providers)} providers' libraries read whole answers, streams, tools, shapes and errors")


main()
