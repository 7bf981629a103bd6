"""Drives one MCP server through the official Python SDK, and prints what it saw as one JSON value.

    drive.py SCENARIO stdio FOLDER COMMAND...     the server itself
    drive.py SCENARIO sse FOLDER URL              the server over HTTP+SSE
    drive.py SCENARIO http FOLDER URL [KEY]       the server over HTTP, or a gateway before it
    drive.py SCENARIO client FOLDER FILE NAME     the server of this name in a client's settings

What moves from run to run (times, hashes of commits) is replaced, so that two runs can be compared.
"""

import asyncio
import base64
import json
import pathlib
import re
import sys

from mcp import ClientSession, McpError, StdioServerParameters, types
from mcp.client.stdio import stdio_client
from mcp.client.sse import sse_client
from mcp.client.streamable_http import streamablehttp_client

PATIENCE_SECONDS = 40
MOVING = [
    (r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?(Z|[+-]\d\d:?\d\d)", "<time>"),
    (r"\b(Mon|Tue|Wed|Thu|Fri|Sat|Sun) [A-Z][a-z]{2} \d\d \d{4} [0-9:]+ GMT[^\"\\\n]*", "<time>"),
    (r"\b\d\d:\d\d:\d\d( [AP]M)?\b", "<time>"),
    (r"\b\d{1,2}:\d\d:\d\d( [AP]M)\b", "<time>"),
    (r"\b[0-9a-f]{40}\b", "<hash>"),
    (r"\b(?=[0-9a-f]*\d)[0-9a-f]{7}\b", "<hash>"),
]


class Witness:
    """Answers what servers ask of a client, and keeps what was seen."""

    def __init__(self, folder):
        self.folder = folder
        self.seen = []
        self.asked = []
        self.logged = []
        self.notices = []

    def note(self, what, value):
        if isinstance(value, types.ReadResourceResult):
            for content in value.contents:
                # A blob may hold a time too: it is compared as the bytes that it stands for.
                if isinstance(content, types.BlobResourceContents):
                    content.blob = base64.b64decode(content.blob).decode("latin-1")
        if hasattr(value, "model_dump"):
            value = value.model_dump(mode="json", by_alias=True, exclude_none=True)
        self.seen.append([what, still(value)])

    async def attempt(self, what, asking):
        """Note what comes of a request, an error included."""
        try:
            value = await asking
        except McpError as error:
            value = {"code": error.error.code, "message": error.error.message}
        self.note(what, value)
        return value

    async def sample(self, context, params):
        self.asked.append(["sampling", dump(params)])
        content = types.TextContent(type="text", text="A summary.")
        return types.CreateMessageResult(
            role="assistant", content=content, model="test-model", stopReason="endTurn"
        )

    async def elicit(self, context, params):
        self.asked.append(["elicitation", dump(params)])
        return types.ElicitResult(action="accept", content={"name": "Ada", "check": True})

    async def roots(self, context):
        self.asked.append(["roots", None])
        root = types.Root(uri=pathlib.Path(self.folder).as_uri(), name="the folder")
        return types.ListRootsResult(roots=[root])

    async def log(self, params):
        self.logged.append(dump(params))

    async def hear(self, message):
        if isinstance(message, types.ServerNotification):
            self.notices.append(message.root.method)

    def session(self, read, write):
        return ClientSession(
            read,
            write,
            sampling_callback=self.sample,
            elicitation_callback=self.elicit,
            list_roots_callback=self.roots,
            logging_callback=self.log,
            message_handler=self.hear,
        )


def dump(value):
    return still(value.model_dump(mode="json", by_alias=True, exclude_none=True))


def still(value):
    """The value without what moves from run to run."""
    text = json.dumps(value, sort_keys=True)
    for pattern, instead in MOVING:
        text = re.sub(pattern, instead, text)
    return json.loads(text)


async def pages(list_page, items):
    """All pages of a list."""
    found, cursor = [], None
    for _ in range(50):
        page = await list_page(params=types.PaginatedRequestParams(cursor=cursor))
        found += [dump(it) for it in getattr(page, items)]
        cursor = page.nextCursor
        if cursor is None:
            return found
    raise RuntimeError("the list does not end")


async def everything(session, witness):
    # Some tools are offered only after the server has asked the client what it can do.
    wanted = {"get-roots-list", "trigger-sampling-request", "trigger-elicitation-request"}
    for _ in range(100):
        tools = await pages(session.list_tools, "tools")
        if wanted <= {tool["name"] for tool in tools}:
            break
        await asyncio.sleep(0.1)
    witness.note("tools", sorted(tools, key=lambda tool: tool["name"]))
    witness.note("resources", await pages(session.list_resources, "resources"))
    templates = await pages(session.list_resource_templates, "resourceTemplates")
    witness.note("templates", templates)
    witness.note("prompts", await pages(session.list_prompts, "prompts"))
    await witness.attempt("ping", session.send_ping())
    await witness.attempt("level", session.set_logging_level("debug"))
    await call_everything(session, witness)
    await read_everything(session, witness)
    try:
        env = await session.call_tool("get-env", {})
    except McpError as error:
        return {"error": error.error.message}
    return json.loads(env.content[0].text)


async def call_everything(session, witness):
    calls = [
        ("echo", {"message": "Grüße, \u2603 \U0001f600 \\u0000 \"quoted\"\n"}),
        ("get-sum", {"a": 9007199254740991, "b": 0.1}),
        ("get-annotated-message", {"messageType": "error", "includeImage": True}),
        ("get-tiny-image", {}),
        ("get-resource-reference", {"resourceType": "Text", "resourceId": 1}),
        ("get-resource-links", {"count": 3}),
        ("get-structured-content", {"location": "Chicago"}),
        ("get-roots-list", {}),
        ("trigger-sampling-request", {"prompt": "Say it.", "maxTokens": 10}),
        ("trigger-elicitation-request", {}),
        ("echo", {}),
    ]
    for name, arguments in calls:
        await witness.attempt(f"call {name}", session.call_tool(name, arguments))
    await witness.attempt("absent tool", session.call_tool("no-such-tool", {}))
    progress = []

    async def report(done, total, message):
        progress.append([done, total, message])

    slow = session.call_tool(
        "trigger-long-running-operation", {"duration": 1, "steps": 5}, progress_callback=report
    )
    await witness.attempt("call slow", slow)
    witness.note("progress", progress)
    many = [session.call_tool("get-sum", {"a": n, "b": n}) for n in range(20)]
    sums = await asyncio.gather(*many)
    witness.note("many at once", [it.content[0].text for it in sums])


async def read_everything(session, witness):
    for uri in [
        "demo://resource/dynamic/text/1",
        "demo://resource/dynamic/blob/2",
        "demo://resource/static/document/features.md",
    ]:
        await witness.attempt(f"read {uri}", session.read_resource(uri))
    absent = session.read_resource("demo://no/such/thing")
    await witness.attempt("absent resource", absent)
    uri = "demo://resource/dynamic/text/1"
    await witness.attempt("subscribe", session.subscribe_resource(uri))
    await witness.attempt("unsubscribe", session.unsubscribe_resource(uri))
    await witness.attempt("prompt", session.get_prompt("simple-prompt"))
    city = {"city": "Oslo", "state": "Østlandet"}
    await witness.attempt("prompt with arguments", session.get_prompt("args-prompt", city))
    await witness.attempt("prompt without", session.get_prompt("args-prompt", {}))
    await witness.attempt("absent prompt", session.get_prompt("no-such-prompt"))
    prompt = types.PromptReference(type="ref/prompt", name="completable-prompt")
    asking = session.complete(prompt, {"name": "department", "value": "S"})
    await witness.attempt("complete", asking)
    context = {"department": "Sales"}
    asking = session.complete(prompt, {"name": "name", "value": ""}, context)
    await witness.attempt("complete in context", asking)
    template = types.ResourceTemplateReference(
        type="ref/resource", uri="demo://resource/dynamic/text/{resourceId}"
    )
    asking = session.complete(template, {"name": "resourceId", "value": "7"})
    await witness.attempt("complete a template", asking)


async def filesystem(session, witness):
    witness.note("tools", await pages(session.list_tools, "tools"))
    at = lambda name: str(pathlib.Path(witness.folder) / name)
    # The server takes the client's roots in place of its own folders, some time after the start.
    for _ in range(100):
        allowed = await session.call_tool("list_allowed_directories", {})
        if ["roots", None] in witness.asked:
            break
        await asyncio.sleep(0.1)
    witness.note("allowed", allowed)
    calls = [
        ("write_file", {"path": at("new.txt"), "content": "one\ntwo\nGrüße\n"}),
        ("read_text_file", {"path": at("new.txt")}),
        ("read_text_file", {"path": at("new.txt"), "head": 1}),
        (
            "edit_file",
            {"path": at("new.txt"), "edits": [{"oldText": "two", "newText": "three"}]},
        ),
        ("create_directory", {"path": at("below")}),
        ("move_file", {"source": at("new.txt"), "destination": at("below/moved.txt")}),
        ("list_directory", {"path": witness.folder}),
        ("directory_tree", {"path": witness.folder}),
        ("search_files", {"path": witness.folder, "pattern": "**/*.txt"}),
        ("read_multiple_files", {"paths": [at("there.txt"), at("not-there.txt")]}),
        ("read_media_file", {"path": at("pixel.png")}),
        ("read_text_file", {"path": "/etc/hostname"}),
        ("get_file_info", {"path": at("there.txt")}),
    ]
    for name, arguments in calls:
        await witness.attempt(f"call {name}", session.call_tool(name, arguments))
    return None


async def git(session, witness):
    witness.note("tools", await pages(session.list_tools, "tools"))
    repo = {"repo_path": witness.folder}
    new = pathlib.Path(witness.folder) / "new.txt"
    new.write_text("new\n")
    calls = [
        ("git_status", {}),
        ("git_add", {"files": ["new.txt"]}),
        ("git_diff_staged", {}),
        ("git_commit", {"message": "Add a file: Grüße"}),
        ("git_log", {"max_count": 5}),
        ("git_show", {"revision": "HEAD"}),
        ("git_create_branch", {"branch_name": "other"}),
        ("git_checkout", {"branch_name": "other"}),
        ("git_branch", {"branch_type": "local"}),
        ("git_checkout", {"branch_name": "-b"}),
        ("git_show", {"revision": "no-such-revision"}),
    ]
    for name, arguments in calls:
        asking = session.call_tool(name, {**repo, **arguments})
        await witness.attempt(f"call {name}", asking)
    return None


SCENARIOS = {"everything": everything, "filesystem": filesystem, "git": git}


def as_said(file, name):
    """What a client does with an entry of its settings."""
    entry = json.loads(pathlib.Path(file).read_text())["mcpServers"][name]
    if "url" in entry:
        return streamablehttp_client(entry["url"], headers=entry.get("headers"))
    # The SDK adds the few variables that every program needs.
    said = {key: entry[key] for key in ("command", "args", "env") if key in entry}
    return stdio_client(StdioServerParameters(**said))


def reach(way, rest):
    if way == "client":
        return as_said(*rest)
    if way == "stdio":
        return stdio_client(StdioServerParameters(command=rest[0], args=rest[1:]))
    if way == "sse":
        return sse_client(rest[0])
    headers = {"Authorization": f"Bearer {rest[1]}"} if len(rest) > 1 else {}
    return streamablehttp_client(rest[0], headers=headers)


async def main():
    scenario, way, folder, *rest = sys.argv[1:]
    witness = Witness(folder)
    async with reach(way, rest) as streams:
        async with witness.session(streams[0], streams[1]) as session:
            witness.note("initialize", await session.initialize())
            env = await SCENARIOS[scenario](session, witness)
    # How often a server asks for roots is its affair; what it asks otherwise is compared.
    asked = [it for it in witness.asked if it[0] != "roots"]
    seen = {
        "seen": witness.seen,
        "asked": asked,
        "roots_asked": ["roots", None] in witness.asked,
        "notices": sorted(set(witness.notices)),
        "env": env,
    }
    print(json.dumps(seen, sort_keys=True))


asyncio.run(asyncio.wait_for(main(), PATIENCE_SECONDS))
