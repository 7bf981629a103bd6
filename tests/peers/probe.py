"""Puts every question to one MCP server that it offers an answer to, without any SDK, and prints the answers.

    probe.py stdio COMMAND...     the server itself
    probe.py http URL KEY         a gateway before it
    probe.py list COMMAND...      only what the server itself lists of tools

Each answer's `result` or `error` is printed as the text that came, byte for byte: how numbers are
spelled, in which order members stand and what is null is compared, too. Only what moves from run to
run is replaced.
"""

import http.client
import json
import queue
import re
import subprocess
import sys
import threading
import urllib.parse

PATIENCE_SECONDS = 30
REVISION = "2025-11-25"
MOVING = [
    (r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?(Z|[+-]\d\d:?\d\d)", "<time>"),
    (r"\b\d\d?:\d\d:\d\d( [AP]M)?\b", "<time>"),
]
LISTS = [
    ("tools", "tools/list", "tools"),
    ("resources", "resources/list", "resources"),
    ("resources", "resources/templates/list", "resourceTemplates"),
    ("prompts", "prompts/list", "prompts"),
]
PAGES_MAX = 50
CAN = {"roots": {"listChanged": True}, "sampling": {}, "elicitation": {}}
# Arguments that say how long a tool takes.
QUICK = {"duration": 0.2, "steps": 2}


def member(text, name):
    """The text of one member of an object, as it came; None when there is none."""
    decoder, at = json.JSONDecoder(), text.index("{") + 1
    while True:
        at = skip(text, at)
        if text[at] == "}":
            return None
        key, at = json.decoder.scanstring(text, at + 1)
        begin = skip(text, skip(text, at) + 1)
        _, end = decoder.raw_decode(text, begin)
        if key == name:
            return text[begin:end]
        at = skip(text, end)
        if text[at] == ",":
            at += 1


def skip(text, at):
    while text[at] in " \t\r\n":
        at += 1
    return at


def still(text):
    for pattern, instead in MOVING:
        text = re.sub(pattern, instead, text)
    return text


class Wire:
    """What both ways have in common: requests wait for the answer with their id, and what the
    server asks is answered."""

    def __init__(self):
        self.answers = {}
        self.asked = []
        self.lock = threading.Lock()
        self.last = 0

    def hear(self, text):
        message = json.loads(text)
        if "method" not in message:
            self.queue_of(message["id"]).put(text)
        elif "id" in message:
            with self.lock:
                self.asked.append(message["method"])
            self.send(json.dumps({"jsonrpc": "2.0", "id": message["id"], **told(message)}), None)

    def queue_of(self, number):
        with self.lock:
            return self.answers.setdefault(number, queue.Queue())

    def ask(self, method, params=None):
        """The text of the whole answer."""
        self.last += 1
        message = {"jsonrpc": "2.0", "id": self.last, "method": method}
        if params is not None:
            message["params"] = params
        waiting = self.queue_of(self.last)
        self.send(json.dumps(message), self.last)
        return waiting.get(timeout=PATIENCE_SECONDS)

    def tell(self, method):
        self.send(json.dumps({"jsonrpc": "2.0", "method": method}), None)


def told(message):
    """What a client with roots, sampling and elicitation says when it is asked."""
    if message["method"] == "roots/list":
        return {"result": {"roots": []}}
    if message["method"] == "sampling/createMessage":
        content = {"type": "text", "text": "A summary."}
        return {"result": {"role": "assistant", "content": content, "model": "probe"}}
    if message["method"] == "elicitation/create":
        return {"result": {"action": "decline"}}
    if message["method"] == "ping":
        return {"result": {}}
    return {"error": {"code": -32601, "message": "Method not found"}}


class Stdio(Wire):
    def __init__(self, command):
        super().__init__()
        pipe = subprocess.PIPE
        quiet = subprocess.DEVNULL
        self.child = subprocess.Popen(command, stdin=pipe, stdout=pipe, stderr=quiet)
        threading.Thread(target=self.listen, daemon=True).start()

    def listen(self):
        for line in self.child.stdout:
            if line.strip():
                self.hear(line.decode())

    def send(self, text, _):
        with self.lock:
            self.child.stdin.write(text.encode() + b"\n")
            self.child.stdin.flush()

    def begun(self):
        pass

    def close(self):
        self.child.stdin.close()
        self.child.wait(timeout=PATIENCE_SECONDS)


class Http(Wire):
    def __init__(self, url, key):
        super().__init__()
        self.url = urllib.parse.urlsplit(url)
        self.headers = {
            "Authorization": f"Bearer {key}",
            "Content-Type": "application/json",
            "Accept": "application/json, text/event-stream",
            "MCP-Protocol-Version": REVISION,
        }

    def request(self, method, body=None):
        connection = http.client.HTTPConnection(self.url.netloc, timeout=PATIENCE_SECONDS)
        connection.request(method, self.url.path, body, self.headers)
        return connection.getresponse()

    def send(self, text, _):
        # A thread each: an answer may wait until a question of the server is answered.
        threading.Thread(target=self.post, args=(text,), daemon=True).start()

    def post(self, text):
        response = self.request("POST", text.encode())
        session = response.headers.get("Mcp-Session-Id")
        if session:
            self.headers["Mcp-Session-Id"] = session
        if response.headers.get("Content-Type", "").startswith("text/event-stream"):
            self.events(response)
        else:
            body = response.read().decode()
            if body.startswith("{"):
                self.hear(body)

    def events(self, response):
        data = []
        for line in response:
            line = line.decode().rstrip("\r\n")
            if line.startswith("data:"):
                data.append(line[5:].removeprefix(" "))
            elif not line and data:
                self.hear("\n".join(data))
                data = []

    def begun(self):
        """Listen to what belongs to no call."""

        def listen():
            try:
                self.events(self.request("GET"))
            except OSError:
                pass

        threading.Thread(target=listen, daemon=True).start()

    def close(self):
        self.request("DELETE").read()


def example(schema, depth=0):
    """A value that a schema allows, the same each time."""
    if not isinstance(schema, dict) or depth > 6:
        return "probe"
    if "default" in schema:
        return schema["default"]
    if schema.get("enum"):
        return schema["enum"][0]
    for choice in ("anyOf", "oneOf"):
        if schema.get(choice):
            return example(schema[choice][0], depth + 1)
    kind = schema.get("type")
    if isinstance(kind, list):
        kind = kind[0]
    if kind == "object" or "properties" in schema:
        required = schema.get("required", [])
        properties = schema.get("properties", {})
        return {name: example(properties.get(name), depth + 1) for name in required}
    if kind == "array":
        return [example(schema.get("items"), depth + 1)]
    simple = {"integer": schema.get("minimum", 1), "number": 1.5, "boolean": True, "null": None}
    return simple.get(kind, "probe")


class Probe:
    def __init__(self, wire):
        self.wire = wire
        self.seen = []

    def ask(self, what, method, params=None):
        """Note what comes of a request, byte for byte."""
        answer = self.wire.ask(method, params)
        for name in ("result", "error"):
            raw = member(answer, name)
            if raw is not None:
                self.seen.append([what, name, still(raw)])
                return json.loads(raw)
        raise RuntimeError(f"{what}: no answer but {answer}")

    def pages(self, method, items):
        found, cursor = [], None
        for page in range(PAGES_MAX):
            params = {"cursor": cursor} if cursor else None
            result = self.ask(f"{method} {page}", method, params)
            found += result.get(items, [])
            cursor = result.get("nextCursor")
            if not cursor:
                return found
        raise RuntimeError(f"{method} does not end")

    def begin(self, can):
        client = {"name": "probe", "version": "1"}
        params = {"protocolVersion": REVISION, "capabilities": can, "clientInfo": client}
        offered = self.ask("initialize", "initialize", params)["capabilities"]
        self.wire.tell("notifications/initialized")
        return offered

    def list(self):
        """The pages of tools that a client is shown which can do everything."""
        of_tasks = {"elicitation": {"create": {}}, "sampling": {"createMessage": {}}}
        tasks = {"requests": of_tasks, "list": {}, "cancel": {}}
        self.begin({**CAN, "elicitation": {"form": {}, "url": {}}, "tasks": tasks})
        self.ask("ping", "ping")
        self.pages("tools/list", "tools")

    def run(self):
        offered = self.begin(CAN)
        self.wire.begun()
        self.ask("ping", "ping")
        found = {}
        for capability, method, items in LISTS:
            if capability in offered:
                found[items] = self.pages(method, items)
        if "logging" in offered:
            self.ask("level", "logging/setLevel", {"level": "error"})
        for tool in found.get("tools", []):
            takes = tool["inputSchema"].get("properties", {})
            quick = {name: value for name, value in QUICK.items() if name in takes}
            params = {"name": tool["name"], "arguments": {**example(tool["inputSchema"]), **quick}}
            self.ask(f"call {tool['name']}", "tools/call", params)
            if not quick:
                nothing = {"name": tool["name"], "arguments": {}}
                self.ask(f"call {tool['name']} with nothing", "tools/call", nothing)
        for resource in found.get("resources", []):
            self.ask(f"read {resource['uri']}", "resources/read", {"uri": resource["uri"]})
        for prompt in found.get("prompts", []):
            self.prompt(prompt, "completions" in offered)
        self.ask("a method that nobody knows", "probe/nothing", {"a": 1})

    def prompt(self, prompt, completes):
        names = [it["name"] for it in prompt.get("arguments", [])]
        params = {"name": prompt["name"], "arguments": {name: "probe" for name in names}}
        self.ask(f"prompt {prompt['name']}", "prompts/get", params)
        for name in names if completes else []:
            reference = {"type": "ref/prompt", "name": prompt["name"]}
            params = {"ref": reference, "argument": {"name": name, "value": "p"}}
            self.ask(f"complete {prompt['name']} {name}", "completion/complete", params)


def main():
    way, *rest = sys.argv[1:]
    wire = Http(*rest) if way == "http" else Stdio(rest)
    probe = Probe(wire)
    if way == "list":
        probe.list()
        # It may have a question open, and would wait for its answer.
        wire.child.kill()
    else:
        probe.run()
        wire.close()
    print(json.dumps({"seen": probe.seen, "asked": sorted(set(wire.asked))}))


main()
