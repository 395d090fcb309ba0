"""What we send to model providers, and the answers we believe they give, read by the providers' own libraries.

The questions and answers are in tests/corpus/models: the Rust tests hold our adapters to them, this holds them to the types of
`openai`, `anthropic` and `google-genai` and to the service model of `botocore`.
"""

import base64
import json
import pathlib
import sys

import botocore.eventstream
import botocore.session
import botocore.validate
import pydantic
from anthropic.types import RawMessageStreamEvent, Message
from anthropic.types.message_create_params import MessageCreateParamsNonStreaming, MessageCreateParamsStreaming
from google.genai import types as google
from openai.types.chat import ChatCompletion, ChatCompletionChunk
from openai.types.chat.completion_create_params import CompletionCreateParamsStreaming
from openai.types.responses import Response, ResponseStreamEvent
from openai.types.responses.response_create_params import ResponseCreateParamsStreaming

CORPUS = pathlib.Path(__file__).parent.parent / "corpus/models"

# Servers that speak OpenAI's format in their own way; answers that are broken on purpose are not in the lists of those
# read below because they do not decode to an answer.
DIALECTS = {"openai-chat": {"deepseek-thoughts", "openrouter-thoughts", "xai-reasoning-apart", "ollama-tool", "gemini-compat-no-index",
                            "mistral-thinks-in-parts", "arguments-as-object", "vllm-usage-in-every-event"}}
# Events that nobody knows, and what a provider leaves out: we pass over them, typed libraries do not.
LOOSE = {"stream-unknown-event", "stream-usage-missing", "unknown-item", "stream-as-a-list"}


class Strict:
    """A TypedDict's keys, all the way down: pydantic alone lets unknown ones pass."""

    def __init__(self, kind):
        self.adapter = pydantic.TypeAdapter(kind, config=None)

    def validate(self, value):
        def plain(value):
            if isinstance(value, dict):
                return {key: plain(item) for key, item in value.items()}
            if hasattr(value, "__iter__") and not isinstance(value, (str, bytes)):
                return [plain(item) for item in value]
            return value

        read = plain(self.adapter.validate_python(value))
        lost = set(value) - set(read)
        if lost:
            raise ValueError(f"the library does not know {sorted(lost)}")


def snapshot(path):
    return json.loads(path.read_text().split("---\n", 2)[2])


def bedrock_request():
    service = botocore.session.get_session().get_service_model("bedrock-runtime")
    shape = service.operation_model("ConverseStream").input_shape

    def bytes_of(value):
        if isinstance(value, dict):
            return {key: base64.b64decode(item) if key in ("bytes", "redactedContent") else bytes_of(item) for key, item in value.items()}
        return [bytes_of(item) for item in value] if isinstance(value, list) else value

    def validate(body):
        report = botocore.validate.ParamValidator().validate({**bytes_of(body), "modelId": "m"}, shape)
        if report.has_errors():
            raise ValueError(report.generate_report())
        unknown = set(body) - set(shape.members)
        if unknown:
            raise ValueError(f"the service model does not know {sorted(unknown)}")

    return validate


def gemini_request(body):
    left = dict(body)
    for content in left.pop("contents"):
        google.Content.model_validate(content)
    google.GenerationConfig.model_validate(left.pop("generationConfig"))
    if "systemInstruction" in left:
        google.Content.model_validate(left.pop("systemInstruction"))
    for tool in left.pop("tools", []):
        google.Tool.model_validate(tool)
    if "toolConfig" in left:
        google.ToolConfig.model_validate(left.pop("toolConfig"))
    if left:
        raise ValueError(f"nobody reads {sorted(left)}")


def anthropic_request(body):
    # The API takes `temperature`; this release of the library has no word for it any more.
    body = {key: value for key, value in body.items() if key != "temperature"}
    Strict(MessageCreateParamsStreaming if body.get("stream") else MessageCreateParamsNonStreaming).validate(body)


def openai_chat_request(body):
    # Servers that think in this format want their thoughts back in a field that OpenAI itself does not have.
    Strict(CompletionCreateParamsStreaming).validate(body)


REQUESTS = {
    "openai-chat": openai_chat_request,
    "azure-openai": openai_chat_request,
    "openai-responses": lambda body: Strict(ResponseCreateParamsStreaming).validate(body),
    "anthropic": anthropic_request,
    "bedrock": bedrock_request(),
    "gemini": gemini_request,
}


def answer(path):
    head, body = path.read_bytes().split(b"\n\n", 1)
    return head.decode(), body


def sse(body):
    for block in body.replace(b"\r\n", b"\n").split(b"\n\n"):
        data = b"\n".join(line[5:].strip() for line in block.split(b"\n") if line.startswith(b"data:"))
        if data and data != b"[DONE]":
            yield json.loads(data)


def bedrock_frames(body):
    buffer = botocore.eventstream.EventStreamBuffer()
    buffer.add_data(body)
    service = botocore.session.get_session().get_service_model("bedrock-runtime")
    members = service.operation_model("ConverseStream").output_shape.members["stream"].members
    for event in buffer:
        kind = event.headers[":event-type"]
        fields = json.loads(event.payload)
        unknown = set(fields) - set(members[kind].members) - {"p"}
        if unknown:
            raise ValueError(f"{kind}: the service model does not know {sorted(unknown)}")


CHUNKS = {
    "openai-chat": (ChatCompletion, ChatCompletionChunk),
    "azure-openai": (ChatCompletion, ChatCompletionChunk),
    "openai-responses": (Response, ResponseStreamEvent),
    "anthropic": (Message, RawMessageStreamEvent),
    "gemini": (google.GenerateContentResponse, google.GenerateContentResponse),
}


def read_answer(provider, path):
    head, body = answer(path)
    if "amazon.eventstream" in head:
        return bedrock_frames(body)
    if provider == "bedrock":
        return None
    whole, piece = CHUNKS[provider]
    if "event-stream" in head:
        adapter = pydantic.TypeAdapter(piece)
        for event in sse(body):
            # Azure's first event and Anthropic's pings are of no type.
            if event.get("type") != "ping" and (provider != "azure-openai" or event.get("id")):
                adapter.validate_python(event)
    else:
        pydantic.TypeAdapter(whole).validate_json(body)
    return None


def main():
    failures, questions, answers = [], 0, 0
    for provider, validate in REQUESTS.items():
        for path in sorted((CORPUS / provider / "questions").glob("*.snap")):
            questions += 1
            try:
                validate(snapshot(path)["body"])
            except Exception as error:  # noqa: BLE001 - every kind of refusal is a finding
                failures.append(f"{provider}/questions/{path.stem}: {error}")
        for path in sorted((CORPUS / provider).glob("*.http")):
            decoded = snapshot(path.with_suffix(".snap"))
            skipped = path.stem in LOOSE or path.stem in DIALECTS.get(provider, ())
            if decoded.get("failure") or skipped:
                continue
            answers += 1
            try:
                read_answer(provider, path)
            except Exception as error:  # noqa: BLE001
                failures.append(f"{provider}/{path.stem}: {error}")
    for failure in failures:
        print(failure)
    if failures or questions < 120 or answers < 60:
        sys.exit(f"{len(failures)} of {questions} questions and {answers} answers were refused")
    print(f"{questions} questions and {answers} answers are as the providers' libraries have them")


main()
