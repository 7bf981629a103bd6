"""Takes the official Python SDK of a provider of models around recorded exchanges, and prints what
it saw as one JSON value.

    models.py tour VENDOR URL KEY EXCHANGES      every exchange of a folder, in every way
    models.py first VENDOR URL KEY RELEASE       the first event of a stream, then asks for the rest
    models.py leave VENDOR URL KEY               some events of a stream without end, then goes away

VENDOR is openai or anthropic; URL is where its API begins.
"""

import asyncio
import inspect
import json
import sys
import urllib.request
from pathlib import Path

import anthropic
import openai
from pydantic import BaseModel

SDKS = {"openai": openai, "anthropic": anthropic}
PATIENCE_SECONDS = 40
# What of a reply's head clients go by.
HEADS = ["openai-processing-ms", "retry-after", "retry-after-ms", "x-should-retry"]


class Event(BaseModel):
    name: str
    people: list[str]


def plain(value):
    if isinstance(value, BaseModel):
        return json.loads(value.model_dump_json(by_alias=True, exclude_unset=True, warnings=False))
    if isinstance(value, list):
        return [plain(it) for it in value]
    return value


def told(sdk, error):
    """What is left of an error for whoever catches it."""
    seen = {"class": type(error).__name__, "said": str(error)}
    if isinstance(error, sdk.APIError):
        for name in ["code", "type", "param", "request_id", "body", "message"]:
            seen[name] = plain(getattr(error, name, None))
        seen["status"] = getattr(error, "status_code", None)
    if isinstance(error, sdk.APIStatusError):
        seen["head"] = head(error.response)
    return {"error": seen}


def head(response):
    return {name: response.headers[name] for name in HEADS if name in response.headers}


def exchanges(folder):
    for file in sorted(Path(folder).glob("*.txt")):
        call, body = file.read_text(encoding="utf-8").split("\n", 2)[:2]
        yield file.stem, call.removeprefix("> "), json.loads(body)


def asked(call, name, body):
    """The arguments of the SDK's method."""
    if isinstance(body, str):
        return [body], {}
    return [], body if call.startswith("models.") else {"model": name, **body}


def method(client, call):
    for part in call.split("."):
        client = getattr(client, part)
    return client


class Tour:
    def __init__(self, vendor, url, key):
        self.sdk = SDKS[vendor]
        names = {"openai": ("OpenAI", "AsyncOpenAI"), "anthropic": ("Anthropic", "AsyncAnthropic")}
        at_once, later = (getattr(self.sdk, it) for it in names[vendor])
        options = {"base_url": url, "api_key": key, "timeout": PATIENCE_SECONDS}
        self.client = at_once(max_retries=0, **options)
        self.later = later(max_retries=0, **options)
        self.steps = []

    def note(self, step, act):
        seen = []
        try:
            act(seen)
        except Exception as error:
            seen.append(told(self.sdk, error))
        self.steps.append([step, seen])

    async def note_later(self, step, act):
        seen = []
        try:
            await act(seen)
        except Exception as error:
            seen.append(told(self.sdk, error))
        self.steps.append([step, seen])

    def around(self, name, call, body):
        words, named = asked(call, name, body)
        patient = 2 if name.startswith("retry-") else 0
        client = self.client.with_options(max_retries=patient)

        def plainly(seen):
            answer = method(client, call)(*words, **named)
            if call == "models.list" or named.get("stream"):
                seen.extend(plain(it) for it in answer)
            else:
                seen.append(plain(answer))

        def with_head(seen):
            raw = method(client, with_raw(call))(*words, **named)
            seen.append([raw.status_code, raw.headers["content-type"], head(raw)])

        def helped(seen):
            helper = method(client, call.replace(".create", ".stream"))
            arguments = {it: value for it, value in named.items() if it != "stream"}
            with helper(**arguments) as stream:
                for event in stream:
                    seen.append(plain(event))
                seen.append(plain(final(stream)))

        self.note(name, plainly)
        if not named.get("stream"):
            self.note(f"{name} with its head", with_head)
        elif not name.startswith("error-"):
            self.note(f"{name} by the helper", helped)
        if name.endswith("-schema") and self.sdk is openai and not named.get("stream"):
            self.note(f"{name} parsed", lambda seen: self.parsed(seen, call, named))

    def parsed(self, seen, call, named):
        of = method(self.client, call.replace(".create", ".parse"))
        named = {it: value for it, value in named.items() if it not in ("response_format", "text")}
        if call.startswith("chat"):
            answer = of(response_format=Event, **named).choices[0].message.parsed
        else:
            answer = of(text_format=Event, **named).output_parsed
        seen.append([type(answer).__name__, plain(answer)])

    async def around_later(self, name, call, body):
        words, named = asked(call, name, body)
        client = self.later.with_options(max_retries=2 if name.startswith("retry-") else 0)

        async def plainly(seen):
            answer = method(client, call)(*words, **named)
            if inspect.isawaitable(answer):
                answer = await answer
            if hasattr(answer, "__aiter__"):
                async for it in answer:
                    seen.append(plain(it))
            else:
                seen.append(plain(answer))

        await self.note_later(f"{name} later", plainly)


def with_raw(call):
    *path, last = call.split(".")
    return ".".join([*path, "with_raw_response", last])


def final(stream):
    for name in ["get_final_completion", "get_final_response", "get_final_message"]:
        if hasattr(stream, name):
            return getattr(stream, name)()
    raise AttributeError("the stream has no final value")


def tour(vendor, url, key, folder):
    visitor = Tour(vendor, url, key)
    every = list(exchanges(folder))
    for one in every:
        visitor.around(*one)

    async def later():
        for one in every:
            await visitor.around_later(*one)

    asyncio.run(later())
    return visitor.steps


CALLS = {
    "openai": ("chat.completions.create", {"messages": [{"role": "user", "content": "Hello!"}]}),
    "anthropic": (
        "messages.create",
        {"max_tokens": 1024, "messages": [{"role": "user", "content": "Hello"}]},
    ),
}


def opened(vendor, url, key, model):
    call, body = CALLS[vendor]
    client = Tour(vendor, url, key).client
    return method(client, call)(model=model, stream=True, **body)


def first(vendor, url, key, release):
    stream = opened(vendor, url, key, "gated")
    seen = [plain(next(stream))]
    urllib.request.urlopen(release, timeout=PATIENCE_SECONDS).close()
    return seen + [plain(it) for it in stream]


def leave(vendor, url, key):
    stream = opened(vendor, url, key, "endless")
    seen = [plain(next(stream)) for _ in range(4)]
    stream.close()
    return seen


if __name__ == "__main__":
    what, *rest = sys.argv[1:]
    print(json.dumps({"tour": tour, "first": first, "leave": leave}[what](*rest)))
