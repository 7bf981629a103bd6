"""The tasks of the modern fixture: calls that go on after their answer, and are asked about by
their handle (extension io.modelcontextprotocol/tasks)."""

import asyncio
import datetime
import itertools

from mcp import MCPError
from mcp_types import (
    HEADER_MISMATCH,
    INVALID_PARAMS,
    MISSING_REQUIRED_CLIENT_CAPABILITY,
    RequestParams,
)
from pydantic import Field

EXTENSION = "io.modelcontextprotocol/tasks"
ENDED = {"completed", "failed", "cancelled"}
tasks = {}
numbers = itertools.count(1)


def now():
    return datetime.datetime.now(datetime.timezone.utc).isoformat()


def knows_tasks(context):
    declared = (context.params or {}).get("_meta", {})
    capabilities = declared.get("io.modelcontextprotocol/clientCapabilities", {})
    return EXTENSION in (capabilities.get("extensions") or {})


def require_tasks(context):
    if not knows_tasks(context):
        needed = {"requiredCapabilities": {"extensions": {EXTENSION: {}}}}
        words = "The client does not declare tasks"
        raise MCPError(MISSING_REQUIRED_CLIENT_CAPABILITY, words, needed)


class Task:
    """One task: `work` is told of it, and says what comes of it."""

    def __init__(self, work):
        self.id = f"task-{next(numbers)}"
        self.began = self.changed = now()
        self.status = "working"
        self.outcome = {}
        self.questions = {}
        self.answers = {}
        self.answered = asyncio.Event()
        tasks[self.id] = self
        self.running = asyncio.create_task(self.run(work))

    def turn(self, status, **outcome):
        self.status, self.outcome, self.changed = status, outcome, now()

    async def run(self, work):
        try:
            self.turn("completed", result={"resultType": "complete", **await work(self)})
        except asyncio.CancelledError:
            self.turn("cancelled")
        except MCPError as error:
            self.turn("failed", error={"code": error.code, "message": error.message})

    async def ask(self, questions):
        """The client's answers to these questions, once all are there."""
        self.questions = dict(questions)
        self.turn("input_required")
        await self.answered.wait()
        self.turn("working")
        return self.answers

    def answer(self, given):
        for name in set(given) & set(self.questions):
            del self.questions[name]
            self.answers[name] = given[name]
        if self.answers and not self.questions:
            self.answered.set()

    def told(self):
        base = {"taskId": self.id, "status": self.status, "ttlMs": 60000, "pollIntervalMs": 50}
        times = {"createdAt": self.began, "lastUpdatedAt": self.changed}
        asked = {"inputRequests": self.questions} if self.status == "input_required" else {}
        return {**base, **times, **asked, **self.outcome}


async def begin(context, work):
    """A task for whoever knows tasks; for others the result itself."""
    if not knows_tasks(context):
        return {"resultType": "complete", **await work(None)}
    return {"resultType": "task", **Task(work).told()}


class About(RequestParams):
    taskId: str
    inputResponses: dict = Field(default_factory=dict)


def named(context, params):
    # The SDK compares this header for the methods that it knows itself.
    if context.request and context.request.headers.get("mcp-name") != params.taskId:
        raise MCPError(HEADER_MISMATCH, "Mcp-Name does not agree with the body")
    require_tasks(context)
    if params.taskId not in tasks:
        raise MCPError(INVALID_PARAMS, "Unknown task")
    return tasks[params.taskId]


async def get(context, params):
    return {"resultType": "complete", **named(context, params).told()}


async def update(context, params):
    named(context, params).answer(params.inputResponses)
    return {"resultType": "complete"}


async def cancel(context, params):
    task = named(context, params)
    if task.status not in ENDED:
        task.running.cancel()
        await asyncio.wait([task.running])
    return {"resultType": "complete"}


def serve(server):
    """Let a server serve tasks."""
    server.extensions[EXTENSION] = {}
    for method, handler in [("get", get), ("update", update), ("cancel", cancel)]:
        server.add_request_handler(f"tasks/{method}", About, handler)
