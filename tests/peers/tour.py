"""Takes the official Python SDK 2.x around a server, and prints what it saw as one JSON value.

    tour.py ERA stdio COMMAND...     the server itself, or wrapped; ERA is auto or legacy
    tour.py ERA http URL [KEY]       the server over HTTP, or a gateway before it

PREFIX is what names begin with where several servers are served as one.
"""

import asyncio
import json
import os
import sys

import httpx2
import mcp_types as types
from mcp import Client, MCPError, StdioServerParameters
from mcp.client.stdio import stdio_client
from mcp.client.streamable_http import streamable_http_client

PATIENCE_SECONDS = 40
PREFIX = os.environ.get("PREFIX", "")
LEGS = "test_input_required_result_"
CALLS = [
    ("test_simple_text", {}),
    ("test_multiple_content_types", {}),
    ("test_error_handling", {}),
    ("test_tool_with_progress", {}),
    ("test_tool_with_header", {"region": "Østlandet \u2603"}),
]
ASKING = [LEGS + it for it in ["elicitation", "sampling", "list_roots", "multi_round"]]
READS = ["test://static-text", "test://static-binary", "test://template/7/data"]


class Tour:
    def __init__(self):
        self.seen = []

    async def note(self, what, asking):
        try:
            value = (await asking).model_dump(mode="json", by_alias=True, exclude_none=True)
        except MCPError as error:
            # What never was is answered in words of whoever answers.
            value = {} if what.startswith("absent") else {"code": error.code}
        self.seen.append([what, value])

    async def elicit(self, context, params):
        names = list(params.requested_schema["properties"])
        self.seen.append(["asked", params.message])
        return types.ElicitResult(action="accept", content={name: "Ada" for name in names})

    async def sample(self, context, params):
        self.seen.append(["asked", params.messages[0].content.text])
        content = types.TextContent(type="text", text="Paris")
        return types.CreateMessageResult(role="assistant", content=content, model="test")

    async def roots(self, context):
        self.seen.append(["asked", "roots"])
        return types.ListRootsResult(roots=[types.Root(uri="file:///here", name="here")])

    async def progress(self, done, total, message):
        self.seen.append(["progress", [done, total, message]])

    async def go(self, client):
        self.seen.append(["version", client.protocol_version])
        for kind in ["tools", "resources", "resource_templates", "prompts"]:
            await self.note(kind, getattr(client, f"list_{kind}")())
        asking = [(name, {}) for name in ASKING] if client.protocol_version > "2026" else []
        for name, arguments in CALLS + asking:
            call = client.call_tool(PREFIX + name, arguments, progress_callback=self.progress)
            await self.note(f"call {name}", call)
        for uri in READS:
            await self.note(f"read {uri}", client.read_resource(uri))
        await self.note("absent tool", client.call_tool(PREFIX + "no_such_tool", {}))
        await self.note("absent resource", client.read_resource("test://none"))
        given = {"arg1": "one", "arg2": "zwei \u2603"}
        await self.note("prompt", client.get_prompt(PREFIX + "test_prompt_with_arguments", given))
        named = types.PromptReference(type="ref/prompt", name=PREFIX + "test_prompt_with_arguments")
        await self.note("complete", client.complete(named, {"name": "arg1", "value": "par"}))
        # One that is given up, and another after it.
        slow = asyncio.create_task(client.call_tool(PREFIX + "slow_compute", {"seconds": 30}))
        await asyncio.sleep(0.5)
        slow.cancel()
        await asyncio.wait([slow])
        many = [client.call_tool(PREFIX + "greet", {"name": str(n)}) for n in range(10)]
        many = [it.content[0].text for it in await asyncio.gather(*many)]
        self.seen.append(["many at once", many])


async def main():
    era, way, *rest = sys.argv[1:]
    tour = Tour()
    if way == "stdio":
        reached = stdio_client(StdioServerParameters(command=rest[0], args=rest[1:]))
    else:
        headers = {"Authorization": f"Bearer {rest[1]}"} if len(rest) > 1 else {}
        http = httpx2.AsyncClient(headers=headers, timeout=PATIENCE_SECONDS)
        reached = streamable_http_client(rest[0], http_client=http)
    async with Client(
        reached,
        mode=era,
        sampling_callback=tour.sample,
        list_roots_callback=tour.roots,
        elicitation_callback=tour.elicit,
    ) as client:
        await tour.go(client)
    text = json.dumps(tour.seen)
    print(text.replace(PREFIX, "") if PREFIX else text)


asyncio.run(asyncio.wait_for(main(), PATIENCE_SECONDS))
