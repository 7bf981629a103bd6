"""A server with the names that the official conformance suite asks for, on the official Python SDK.

    fixture.py stdio
    fixture.py http PORT      at /mcp
"""

import asyncio
import contextlib
import sys

import anyio
from mcp import types
from mcp.server.lowlevel import Server
from mcp.server.stdio import stdio_server
from mcp.server.streamable_http import EventMessage, EventStore

from samples import PIXEL, SILENCE

server = Server("conformance-fixture", version="1.0.0")


def text(words):
    return types.TextContent(type="text", text=words)


def image():
    return types.ImageContent(type="image", data=PIXEL, mimeType="image/png")


def embedded(uri, words, kind="text/plain"):
    contents = types.TextResourceContents(uri=uri, mimeType=kind, text=words)
    return types.EmbeddedResource(type="resource", resource=contents)


def strings(*names):
    return {
        "type": "object",
        "properties": {name: {"type": "string"} for name in names},
        "required": list(names),
    }


async def simple_text(arguments):
    return [text("This is a simple text response for testing.")]


async def image_content(arguments):
    return [image()]


async def audio_content(arguments):
    return [types.AudioContent(type="audio", data=SILENCE, mimeType="audio/wav")]


async def embedded_resource(arguments):
    return [embedded("test://embedded-resource", "This is an embedded resource content.")]


async def multiple_content_types(arguments):
    mixed = embedded("test://mixed-content-resource", '{"test":"data","value":123}', "application/json")
    return [text("Multiple content types test:"), image(), mixed]


async def error_handling(arguments):
    raise ValueError("This tool intentionally returns an error for testing")


async def tool_with_logging(arguments):
    context = server.request_context
    for words in ["Tool execution started", "Tool processing data", "Tool execution completed"]:
        await context.session.send_log_message("info", words, related_request_id=context.request_id)
        await anyio.sleep(0.05)
    return [text("Tool with logging executed successfully")]


async def tool_with_progress(arguments):
    context = server.request_context
    token = context.meta.progressToken if context.meta else None
    for done in [0, 50, 100]:
        if token is not None:
            await context.session.send_progress_notification(
                token,
                done,
                100,
                f"Completed step {done} of 100",
                related_request_id=str(context.request_id),
            )
        await anyio.sleep(0.05)
    return [text(str(token))]


async def reconnection(arguments):
    """Breaks its stream off; the answer comes to whoever takes the stream up again."""
    close = server.request_context.close_sse_stream
    if close is not None:
        await close()
    await anyio.sleep(0.3)
    return [text("Reconnection test completed")]


async def sampling(arguments):
    context = server.request_context
    asked = types.SamplingMessage(role="user", content=text(arguments["prompt"]))
    answer = await context.session.create_message(
        [asked], max_tokens=100, related_request_id=context.request_id
    )
    return [text(f"LLM response: {answer.content.text}")]


async def elicit(message, schema):
    context = server.request_context
    answer = await context.session.elicit(message, schema, context.request_id)
    return [text(f"Elicitation completed: action={answer.action}, content={answer.content}")]


async def elicitation(arguments):
    schema = strings("username", "email")
    return await elicit(arguments["message"], schema)


async def elicitation_defaults(arguments):
    choices = ["active", "inactive", "pending"]
    return await elicit(
        "Please review and update the form fields with defaults",
        {
            "type": "object",
            "properties": {
                "name": {"type": "string", "default": "John Doe"},
                "age": {"type": "integer", "default": 30},
                "score": {"type": "number", "default": 95.5},
                "status": {"type": "string", "enum": choices, "default": "active"},
                "verified": {"type": "boolean", "default": True},
            },
            "required": [],
        },
    )


async def elicitation_enums(arguments):
    plain = ["option1", "option2", "option3"]
    titled = [
        {"const": f"value{n}", "title": f"{word} Option"}
        for n, word in enumerate(["First", "Second", "Third"], start=1)
    ]
    names = {"enum": [f"opt{n}" for n in (1, 2, 3)]}
    names["enumNames"] = ["Option One", "Option Two", "Option Three"]
    return await elicit(
        "Please select options from the enum fields",
        {
            "type": "object",
            "properties": {
                "untitledSingle": {"type": "string", "enum": plain},
                "titledSingle": {"type": "string", "oneOf": titled},
                "legacyEnum": {"type": "string", **names},
                "untitledMulti": {"type": "array", "items": {"type": "string", "enum": plain}},
                "titledMulti": {"type": "array", "items": {"anyOf": titled}},
            },
            "required": [],
        },
    )


TOOLS = {
    "test_simple_text": (simple_text, strings()),
    "test_image_content": (image_content, strings()),
    "test_audio_content": (audio_content, strings()),
    "test_embedded_resource": (embedded_resource, strings()),
    "test_multiple_content_types": (multiple_content_types, strings()),
    "test_error_handling": (error_handling, strings()),
    "test_tool_with_logging": (tool_with_logging, strings()),
    "test_tool_with_progress": (tool_with_progress, strings()),
    "test_reconnection": (reconnection, strings()),
    "test_sampling": (sampling, strings("prompt")),
    "test_elicitation": (elicitation, strings("message")),
    "test_elicitation_sep1034_defaults": (elicitation_defaults, strings()),
    "test_elicitation_sep1330_enums": (elicitation_enums, strings()),
}


@server.list_tools()
async def list_tools():
    return [
        types.Tool(name=name, description=f"The suite's {name}", inputSchema=schema)
        for name, (_, schema) in TOOLS.items()
    ]


@server.call_tool()
async def call_tool(name, arguments):
    if name not in TOOLS:
        raise ValueError(f"Unknown tool: {name}")
    return await TOOLS[name][0](arguments)


@server.list_resources()
async def list_resources():
    resource = types.Resource
    return [
        resource(uri="test://static-text", name="Static Text", mimeType="text/plain"),
        resource(uri="test://static-binary", name="Static Binary", mimeType="image/png"),
        resource(uri="test://watched-resource", name="Watched", mimeType="text/plain"),
    ]


@server.list_resource_templates()
async def list_templates():
    uri = "test://template/{id}/data"
    kind = "application/json"
    return [types.ResourceTemplate(uriTemplate=uri, name="Template", mimeType=kind)]


async def read_resource(request):
    uri = str(request.params.uri)
    written = lambda words, kind: types.TextResourceContents(uri=uri, mimeType=kind, text=words)
    if uri == "test://static-text":
        contents = written("This is the content of the static text resource.", "text/plain")
    elif uri == "test://static-binary":
        contents = types.BlobResourceContents(uri=uri, mimeType="image/png", blob=PIXEL)
    elif uri == "test://watched-resource":
        contents = written("Watched resource content", "text/plain")
    elif uri.startswith("test://template/") and uri.endswith("/data"):
        name = uri.removeprefix("test://template/").removesuffix("/data")
        words = f'{{"id":"{name}","templateTest":true,"data":"Data for ID: {name}"}}'
        contents = written(words, "application/json")
    else:
        raise ValueError(f"Unknown resource: {uri}")
    return types.ServerResult(types.ReadResourceResult(contents=[contents]))


server.request_handlers[types.ReadResourceRequest] = read_resource


@server.subscribe_resource()
async def subscribe(uri):
    pass


@server.unsubscribe_resource()
async def unsubscribe(uri):
    pass


def argument(name):
    return types.PromptArgument(name=name, description=f"Test {name}", required=True)


@server.list_prompts()
async def list_prompts():
    taken = {
        "test_simple_prompt": [],
        "test_prompt_with_arguments": ["arg1", "arg2"],
        "test_prompt_with_embedded_resource": ["resourceUri"],
        "test_prompt_with_image": [],
    }
    return [
        types.Prompt(
            name=name,
            description=f"The suite's {name}",
            arguments=[argument(it) for it in arguments],
        )
        for name, arguments in taken.items()
    ]


@server.get_prompt()
async def get_prompt(name, arguments):
    said = arguments or {}
    if name == "test_simple_prompt":
        contents = [text("This is a simple prompt for testing.")]
    elif name == "test_prompt_with_arguments":
        first, second = said.get("arg1"), said.get("arg2")
        contents = [text(f"Prompt with arguments: arg1='{first}', arg2='{second}'")]
    elif name == "test_prompt_with_embedded_resource":
        resource = embedded(said["resourceUri"], "Embedded resource content for testing.")
        contents = [resource, text("Please process the embedded resource above.")]
    elif name == "test_prompt_with_image":
        contents = [image(), text("Please analyze the image above.")]
    else:
        raise ValueError(f"Unknown prompt: {name}")
    messages = [types.PromptMessage(role="user", content=it) for it in contents]
    return types.GetPromptResult(messages=messages)


@server.completion()
async def complete(reference, argument, context):
    return types.Completion(values=[], total=0, hasMore=False)


@server.set_logging_level()
async def set_level(level):
    pass


class Kept(EventStore):
    """Every event, so that a stream can be taken up where it ended."""

    def __init__(self):
        self.events = []

    async def store_event(self, stream_id, message):
        self.events.append((stream_id, message))
        return str(len(self.events))

    async def replay_events_after(self, last_event_id, send):
        last = int(last_event_id)
        stream = self.events[last - 1][0]
        for number, (stream_id, message) in enumerate(self.events[last:], start=last + 1):
            if stream_id == stream and message is not None:
                await send(EventMessage(message, str(number)))
        return stream


async def over_stdio():
    async with stdio_server() as (read, write):
        await server.run(read, write, server.create_initialization_options())


def over_http(port):
    # Only here: a child is started for each session, and should be there soon.
    import uvicorn
    from mcp.server.streamable_http_manager import StreamableHTTPSessionManager
    from mcp.server.transport_security import TransportSecuritySettings
    from starlette.applications import Starlette
    from starlette.routing import Mount

    near = ["127.0.0.1:*", "localhost:*"]
    allowed = TransportSecuritySettings(
        allowed_hosts=near, allowed_origins=[f"http://{it}" for it in near]
    )
    manager = StreamableHTTPSessionManager(
        server, event_store=Kept(), retry_interval=200, security_settings=allowed
    )

    @contextlib.asynccontextmanager
    async def lifespan(_):
        async with manager.run():
            yield

    application = Starlette(
        routes=[Mount("/mcp", app=manager.handle_request)], lifespan=lifespan
    )
    uvicorn.run(application, host="127.0.0.1", port=port, log_level="error")


if __name__ == "__main__":
    if sys.argv[1] == "stdio":
        asyncio.run(over_stdio())
    else:
        over_http(int(sys.argv[2]))
