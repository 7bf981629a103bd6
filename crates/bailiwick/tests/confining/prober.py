"""A server that tries to reach what it is asked to reach, and says what came of it."""

import json
import os
import socket
import subprocess
import sys
import urllib.error
import urllib.request


def url(host, port):
    return f"http://[{host}]:{port}/" if ":" in host else f"http://{host}:{port}/"


def tcp(host, port):
    socket.create_connection((host, port), 5).close()
    return "connected"


def udp(host, port):
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    with socket.socket(family, socket.SOCK_DGRAM) as it:
        it.sendto(b"hello", (host, port))
    return "sent"


def http(host, port):
    try:
        with urllib.request.urlopen(url(host, port), timeout=20) as reply:
            return reply.read().decode()
    except urllib.error.HTTPError as problem:
        return f"{problem.code} {problem.read().decode()}"


def tunnel(host, port):
    near, at = os.environ["HTTPS_PROXY"].removeprefix("http://").split(":")
    with socket.create_connection((near, int(at)), 20) as it:
        it.settimeout(20)
        host = f"[{host}]" if ":" in host else host
        it.sendall(f"CONNECT {host}:{port} HTTP/1.1\r\nHost: {host}:{port}\r\n\r\n".encode())
        head = it.recv(4096).decode().split("\r\n")[0]
        if " 200" not in head:
            return head
        it.sendall(b"GET / HTTP/1.1\r\nHost: inside\r\nConnection: close\r\n\r\n")
        said = b""
        while piece := it.recv(4096):
            said += piece
        return said.decode().split("\r\n\r\n")[1]


def env(name, _):
    return os.environ.get(name, "")


def attempt(how, host, port):
    if how.startswith("child-"):
        words = [sys.executable, __file__, how.removeprefix("child-"), host, str(port)]
        return subprocess.run(words, capture_output=True, text=True, check=False).stdout
    try:
        return {"tcp": tcp, "udp": udp, "http": http, "tunnel": tunnel, "env": env}[how](host, port)
    except OSError as problem:
        return f"failed: {problem}"


REACH = {
    "name": "reach",
    "description": "Tries to reach a host.",
    "inputSchema": {
        "type": "object",
        "properties": {
            "how": {"type": "string"},
            "host": {"type": "string"},
            "port": {"type": "integer"},
        },
    },
}


def answer(method, params):
    if method == "initialize":
        return {
            "protocolVersion": params["protocolVersion"],
            "capabilities": {"tools": {}},
            "serverInfo": {"name": "prober", "version": "1"},
        }
    if method == "tools/list":
        return {"tools": [REACH]}
    if method == "tools/call":
        said = params["arguments"]
        text = attempt(said["how"], said["host"], said["port"])
        return {"content": [{"type": "text", "text": text}]}
    return {}


def main():
    if len(sys.argv) > 1:
        print(attempt(sys.argv[1], sys.argv[2], int(sys.argv[3])), end="")
        return
    for line in sys.stdin:
        ask = json.loads(line)
        if "id" in ask:
            result = answer(ask["method"], ask.get("params", {}))
            print(json.dumps({"jsonrpc": "2.0", "id": ask["id"], "result": result}), flush=True)


main()
