"""A server of revision 2026-07-28 with the names that the official conformance suite asks for, on
the official Python SDK 2.x. Results are written as they go over the wire.

    fixture_modern.py stdio
    fixture_modern.py http PORT      at /mcp
"""

import asyncio
import hashlib
import hmac
import sys

import anyio
from mcp import MCPError
from mcp.server.lowlevel import Server
from mcp.server.stdio import stdio_server
from mcp.server.subscriptions import (
    InMemorySubscriptionBus,
    ListenHandler,
    PromptsListChanged,
    ToolsListChanged,
)
from mcp_types import INTERNAL_ERROR, INVALID_PARAMS, MISSING_REQUIRED_CLIENT_CAPABILITY

import fixture_tasks
from samples import PIXEL, SILENCE

# It protects states from clients that change them, and must be the same in each process.
KEY = b"a key of a fixture"
changes = InMemorySubscriptionBus()


def text(words):
    return {"type": "text", "text": words}


def image():
    return {"type": "image", "data": PIXEL, "mimeType": "image/png"}


def embedded(uri, words, kind="text/plain"):
    return {"type": "resource", "resource": {"uri": uri, "mimeType": kind, "text": words}}


def strings(*names, **more):
    properties = {name: {"type": "string"} for name in names}
    return {"type": "object", "properties": properties, "required": list(names), **more}


def whole(**result):
    return {"resultType": "complete", **result}


def told(*content):
    return whole(content=list(content))


def said(*content):
    async def answer(context, params):
        return told(*content)

    return answer


async def error_handling(context, params):
    words = "This tool intentionally returns an error for testing"
    return whole(content=[text(words)], isError=True)


async def tool_with_logging(context, params):
    for words in ["Tool execution started", "Tool processing data", "Tool execution completed"]:
        await context.session.send_log_message(
            "info", words, related_request_id=context.request_id
        )
        await anyio.sleep(0.02)
    return told(text("Tool with logging executed successfully"))


async def tool_with_progress(context, params):
    for done in [0, 50, 100]:
        await context.session.report_progress(done, 100, f"Completed step {done} of 100")
        await anyio.sleep(0.02)
    return told(text("Progressed"))


async def tool_with_header(context, params):
    return told(text(f"region={params.arguments.get('region')}"))


async def missing_capability(context, params):
    require(context, "sampling")
    return told(text("The client can sample"))


def require(context, name):
    if not offers(context, name):
        needed = {"requiredCapabilities": {name: {}}}
        words = f"The client does not declare {name}"
        raise MCPError(MISSING_REQUIRED_CLIENT_CAPABILITY, words, needed)


def offers(context, name):
    declared = (context.params or {}).get("_meta", {})
    return name in declared.get("io.modelcontextprotocol/clientCapabilities", {})


async def streaming_elicitation(context, params):
    await context.session.report_progress(1, 2)
    return await ask_name(context, params)


async def trigger_tool_change(context, params):
    await changes.publish(ToolsListChanged())
    return told(text("Changed"))


async def trigger_prompt_change(context, params):
    await changes.publish(PromptsListChanged())
    return told(text("Changed"))


# Questions to the client: each is asked in an answer, and answered by the next leg of the call.


def elicitation(message, name, kind="string"):
    schema = {"type": "object", "properties": {name: {"type": kind}}, "required": [name]}
    params = {"mode": "form", "message": message, "requestedSchema": schema}
    return {"method": "elicitation/create", "params": params}


def sampling(prompt):
    message = {"role": "user", "content": text(prompt)}
    return {"method": "sampling/createMessage", "params": {"messages": [message], "maxTokens": 100}}


ROOTS = {"method": "roots/list", "params": {}}
NAME = {"user_name": elicitation("What is your name?", "name")}


def required(questions, state=None):
    result = {"resultType": "input_required", "inputRequests": questions}
    return result if state is None else {**result, "requestState": sealed(state)}


def sealed(state):
    return f"{state}.{hmac.new(KEY, state.encode(), hashlib.sha256).hexdigest()}"


def opened(state):
    """What a state of ours says; one that is not ours ends the call."""
    plain = state.rpartition(".")[0]
    if not hmac.compare_digest(sealed(plain), state):
        raise MCPError(INVALID_PARAMS, "The state is not ours")
    return plain


def answers(params, names):
    """What the client answered, as it goes over the wire; None when something is left open."""
    given = params.input_responses or {}
    if not set(names) <= set(given):
        return None
    return {name: given[name].model_dump(mode="json", by_alias=True) for name in names}


async def ask_name(context, params):
    given = answers(params, NAME)
    if given is None:
        return required(NAME)
    name = (given["user_name"]["content"] or {}).get("name")
    return told(text(f"Hello, {name}! ({given['user_name']['action']})"))


def asks(questions, state=None, done="Answered"):
    """A tool that wants answers to all these questions, and its state back."""

    async def ask(context, params):
        given = answers(params, questions)
        if given is None:
            return required(questions, state)
        if state is not None and opened(params.request_state or "") != state:
            raise MCPError(INVALID_PARAMS, "The state is of another call")
        return told(text(done), text(str(given)))

    return ask


async def multi_round(context, params):
    state = opened(params.request_state) if params.request_state else ""
    if state == "two" and answers(params, ["step2"]):
        return told(text("All steps are done"))
    if state == "one" and answers(params, ["step1"]):
        color = elicitation("Step 2: What is your favorite color?", "color")
        return required({"step2": color}, "two")
    return required({"step1": elicitation("Step 1: What is your name?", "name")}, "one")


async def capabilities(context, params):
    questions = {
        "elicitation": ("user_name", NAME["user_name"]),
        "sampling": ("greeting", sampling("Generate a greeting")),
        "roots": ("client_roots", ROOTS),
    }
    return required(dict(it for name, it in questions.items() if offers(context, name)), "some")


# Tools that may go on as tasks.


async def greet(context, params):
    return told(text(f"Hello, {params.arguments['name']}!"))


async def slow_compute(context, params):
    async def work(task):
        await anyio.sleep(params.arguments.get("seconds", 0))
        return {"content": [text("Computed")]}

    return await fixture_tasks.begin(context, work)


async def failing_job(context, params):
    fixture_tasks.require_tasks(context)

    async def work(task):
        await anyio.sleep(0.2)
        return {"content": [text("The job failed")], "isError": True}

    return await fixture_tasks.begin(context, work)


async def protocol_error_job(context, params):
    async def work(task):
        raise MCPError(INTERNAL_ERROR, "The job broke")

    return await fixture_tasks.begin(context, work)


def asking_task(*names):
    async def ask(context, params):
        async def work(task):
            given = await task.ask({it: elicitation(f"{it}?", "ok", "boolean") for it in names})
            return {"content": [text(str(given))]}

        fixture_tasks.require_tasks(context)
        return await fixture_tasks.begin(context, work)

    return ask


async def tool_with_task(context, params):
    given = answers(params, NAME)
    if given is None:
        return required(NAME)
    name = given["user_name"]["content"]["name"]

    async def work(task):
        return {"content": [text(f"Hello, {name}!")]}

    return await fixture_tasks.begin(context, work)


SEVERAL = {**NAME, "greeting": sampling("Generate a greeting"), "client_roots": ROOTS}
CONFIRM = {"confirm": elicitation("Please confirm", "ok", "boolean")}
LEGS = "test_input_required_result_"
NEW_SCHEMA = {
    "$schema": "https://json-schema.org/draft/2020-12/schema",
    "type": "object",
    "$defs": {
        "address": {
            "$anchor": "addressDef",
            "type": "object",
            "properties": {"street": {"type": "string"}, "city": {"type": "string"}},
        }
    },
    "properties": {
        "name": {"type": "string"},
        "address": {"$ref": "#/$defs/address"},
        "contactMethod": {"type": "string", "enum": ["phone", "email"]},
        "phone": {"type": "string"},
        "email": {"type": "string"},
    },
    "allOf": [{"anyOf": [{"required": ["phone"]}, {"required": ["email"]}]}],
    "if": {"properties": {"contactMethod": {"const": "phone"}}, "required": ["contactMethod"]},
    "then": {"required": ["phone"]},
    "else": {"required": ["email"]},
    "additionalProperties": False,
}
IN_HEADER = {
    "type": "object",
    "properties": {"region": {"type": "string", "x-mcp-header": "Region"}},
    "required": ["region"],
}
MIXED = embedded("test://mixed", '{"test":"data","value":123}', "application/json")
TOOLS = {
    "test_simple_text": said(text("This is a simple text response for testing.")),
    "test_image_content": said(image()),
    "test_audio_content": said({"type": "audio", "data": SILENCE, "mimeType": "audio/wav"}),
    "test_embedded_resource": said(embedded("test://embedded", "An embedded resource.")),
    "test_multiple_content_types": said(text("Multiple content types:"), image(), MIXED),
    "test_error_handling": error_handling,
    "test_tool_with_logging": tool_with_logging,
    "test_logging_tool": tool_with_logging,
    "test_tool_with_progress": tool_with_progress,
    "test_tool_with_header": tool_with_header,
    "test_missing_capability": missing_capability,
    "test_streaming_elicitation": streaming_elicitation,
    "test_trigger_tool_change": trigger_tool_change,
    "test_trigger_prompt_change": trigger_prompt_change,
    "json_schema_2020_12_tool": said(text("Nothing is done")),
    "greet": greet,
    "slow_compute": slow_compute,
    "failing_job": failing_job,
    "protocol_error_job": protocol_error_job,
    "confirm_delete": asking_task("confirm"),
    "multi_input": asking_task("first", "second"),
    "test_tool_with_task": tool_with_task,
    LEGS + "elicitation": ask_name,
    LEGS + "sampling": asks({"capital_question": sampling("What is the capital of France?")}),
    LEGS + "list_roots": asks({"client_roots": ROOTS}),
    LEGS + "request_state": asks(CONFIRM, "confirm", "state-ok"),
    LEGS + "tampered_state": asks(CONFIRM, "tampered"),
    LEGS + "multiple_inputs": asks(SEVERAL, "several"),
    LEGS + "multi_round": multi_round,
    LEGS + "capabilities": capabilities,
}
SCHEMAS = {
    "json_schema_2020_12_tool": NEW_SCHEMA,
    "test_tool_with_header": IN_HEADER,
    "greet": strings("name"),
    "slow_compute": {
        "type": "object",
        "properties": {"seconds": {"type": "number"}, "label": {"type": "string"}},
    },
    "confirm_delete": strings("filename"),
}


def tool(name):
    schema = SCHEMAS.get(name, strings())
    return {"name": name, "description": f"The suite's {name}", "inputSchema": schema}


def fresh(**result):
    return whole(**result, ttlMs=60000, cacheScope="private")


async def list_tools(context, params):
    return fresh(tools=[tool(name) for name in TOOLS])


async def call_tool(context, params):
    if params.name not in TOOLS:
        raise MCPError(INVALID_PARAMS, f"Unknown tool: {params.name}")
    return await TOOLS[params.name](context, params)


CONTENTS = {
    "test://static-text": {"mimeType": "text/plain", "text": "The content of a static text."},
    "test://static-binary": {"mimeType": "image/png", "blob": PIXEL},
    "test://watched-resource": {"mimeType": "text/plain", "text": "Watched resource content"},
}


async def list_resources(context, params):
    listed = [
        {"uri": uri, "name": uri.removeprefix("test://"), "mimeType": contents["mimeType"]}
        for uri, contents in CONTENTS.items()
    ]
    return fresh(resources=listed)


async def list_templates(context, params):
    template = {"uriTemplate": "test://template/{id}/data", "name": "Template"}
    return fresh(resourceTemplates=[{**template, "mimeType": "application/json"}])


async def read_resource(context, params):
    uri = str(params.uri)
    contents = CONTENTS.get(uri)
    if uri.startswith("test://template/") and uri.endswith("/data"):
        name = uri.removeprefix("test://template/").removesuffix("/data")
        words = f'{{"id":"{name}","templateTest":true,"data":"Data for ID: {name}"}}'
        contents = {"mimeType": "application/json", "text": words}
    if contents is None:
        raise MCPError(INVALID_PARAMS, "Resource not found", {"uri": uri})
    return fresh(contents=[{"uri": uri, **contents}])


PROMPTS = {
    "test_simple_prompt": [],
    "test_prompt_with_arguments": ["arg1", "arg2"],
    "test_prompt_with_embedded_resource": ["resourceUri"],
    "test_prompt_with_image": [],
    LEGS + "prompt": [],
}


def prompt(name):
    argument = lambda it: {"name": it, "description": f"Test {it}", "required": True}
    arguments = [argument(it) for it in PROMPTS[name]]
    return {"name": name, "description": f"The suite's {name}", "arguments": arguments}


async def list_prompts(context, params):
    return fresh(prompts=[prompt(name) for name in PROMPTS])


async def get_prompt(context, params):
    given = params.arguments or {}
    if params.name == "test_simple_prompt":
        contents = [text("This is a simple prompt for testing.")]
    elif params.name == "test_prompt_with_arguments":
        words = f"Prompt with arguments: arg1='{given.get('arg1')}', arg2='{given.get('arg2')}'"
        contents = [text(words)]
    elif params.name == "test_prompt_with_embedded_resource":
        contents = [embedded(given["resourceUri"], "Embedded resource content for testing.")]
    elif params.name == "test_prompt_with_image":
        contents = [image(), text("Please analyze the image above.")]
    elif params.name == LEGS + "prompt":
        questions = {"user_context": elicitation("What context should it use?", "context")}
        answered = answers(params, questions)
        if answered is None:
            return required(questions)
        contents = [text(f"Use {answered['user_context']['content']}")]
    else:
        raise MCPError(INVALID_PARAMS, f"Unknown prompt: {params.name}")
    return whole(messages=[{"role": "user", "content": it} for it in contents])


async def complete(context, params):
    values = [it for it in ["paris", "park", "party"] if it.startswith(params.argument.value)]
    return whole(completion={"values": values, "total": len(values), "hasMore": False})


server = Server(
    "modern-fixture",
    version="1.0.0",
    instructions="Ask for the names of the suite.",
    on_list_tools=list_tools,
    on_call_tool=call_tool,
    on_list_resources=list_resources,
    on_list_resource_templates=list_templates,
    on_read_resource=read_resource,
    on_list_prompts=list_prompts,
    on_get_prompt=get_prompt,
    on_completion=complete,
    on_subscriptions_listen=ListenHandler(changes),
)
fixture_tasks.serve(server)


async def over_stdio():
    async with stdio_server() as (read, write):
        await server.run(read, write, server.create_initialization_options())


def over_http(port):
    import uvicorn

    application = server.streamable_http_app()
    uvicorn.run(application, host="127.0.0.1", port=port, log_level="error")


if __name__ == "__main__":
    if sys.argv[1] == "stdio":
        asyncio.run(over_stdio())
    else:
        over_http(int(sys.argv[2]))
