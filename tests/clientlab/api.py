"""A Messages API on the loopback interface, good enough to drive the real `claude` client.

    python3 api.py --portfile FILE --log FILE

POST /v1/messages (JSON or SSE) and /v1/messages/count_tokens are there, all else answers 404. What the model does is chosen by the first word of the
last thing the user said:

    CONTEXT?             "CONTEXT <n messages> | <first 60 signs of each user text>": the proof that a resumed session carried its history
    SLOW <seconds> ...   an answer that is streamed for so long, a word every 0.2 s
    HANG ...             a message that begins and never ends
    TOOL <command>       a call of the tool Bash; after its result "TOOLDONE"
    ERR <code>           an HTTP error
    anything else        "ECHO[<n messages>]: <text>"

Each request becomes a line of JSON in the log: path, user_texts, last_user, n_messages, session.
"""

from __future__ import annotations

import argparse
import contextlib
import json
import os
import re
import threading
import time
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

# Nothing waits longer than this for an answer that is meant to hang.
LONGEST_S = 600
USAGE = {"input_tokens": 10, "output_tokens": 10, "cache_creation_input_tokens": 0, "cache_read_input_tokens": 0}


def texts(content: Any) -> list[str]:
    """The texts of a message, without what the client adds for the model's eyes."""
    parts = [content] if isinstance(content, str) else [block.get("text", "") for block in content or [] if isinstance(block, dict)]
    plain = [
        re.sub(r"<(system-reminder|local-command-[a-z]+|command-[a-z]+)>.*?</\1>", "", part, flags=re.DOTALL).strip()
        for part in parts
        if part
    ]
    return [part for part in plain if part]


class Turn:
    """One request's conversation and what the model does with it."""

    def __init__(self, body: dict[str, Any]) -> None:
        messages = body.get("messages") or []
        users = [message for message in messages if message.get("role") == "user"]
        self.count = len(messages)
        self.said = [text for message in users for text in texts(message.get("content"))]
        blocks = users[-1].get("content") if users else None
        self.last = (texts(blocks) or [""])[-1]
        self.tool_answered = isinstance(blocks, list) and any(block.get("type") == "tool_result" for block in blocks)
        # Without tools it is one of the client's own questions: a title, a topic, a quota.
        self.helper = not body.get("tools")
        self.wants_json = self.helper and "JSON" in json.dumps(body.get("system") or "")

    def block(self, number: int) -> dict[str, Any]:
        """The one block of the answer."""
        if self.helper:
            title = "Synthetic title"
            return {"type": "text", "text": json.dumps({"isNewTopic": True, "title": title}) if self.wants_json else title}
        if self.tool_answered:
            return {"type": "text", "text": "TOOLDONE"}
        word, _, rest = self.last.partition(" ")
        if word == "TOOL":
            command = {"command": rest.splitlines()[0], "description": "synthetic"}
            return {"type": "tool_use", "id": f"toolu_lab{number:06}", "name": "Bash", "input": command}
        if word == "CONTEXT?":
            return {"type": "text", "text": " | ".join([f"CONTEXT {self.count}", *(text[:60] for text in self.said)])}
        if word == "SLOW":
            return {"type": "text", "text": " ".join(f"w{at}" for at in range(int(rest.split()[0]) * 5))}
        return {"type": "text", "text": f"ECHO[{self.count}]: {self.last[:200]}"}


class Handler(BaseHTTPRequestHandler):
    """The API."""

    protocol_version = "HTTP/1.1"
    log_path = ""
    lock = threading.Lock()
    answered = 0

    def log_message(self, *words: object) -> None:
        """Say nothing."""

    def do_HEAD(self) -> None:
        """The client looks whether somebody is there."""
        self._json(200, {})

    def do_GET(self) -> None:
        """There is nothing to get."""
        self._json(404, _error("not_found_error"))

    def do_POST(self) -> None:
        """A question to the model."""
        raw = self.rfile.read(int(self.headers.get("content-length") or 0))
        path = self.path.partition("?")[0]
        body = json.loads(raw or b"{}")
        if path.endswith("/count_tokens"):
            self._json(200, {"input_tokens": 1000})
            return
        if not path.endswith("/v1/messages"):
            self._json(404, _error("not_found_error"))
            return
        turn = Turn(body)
        with Handler.lock, open(Handler.log_path, "a", encoding="utf-8") as log:
            Handler.answered += 1
            number = Handler.answered
            row = {"path": path, "last_user": turn.last, "user_texts": turn.said, "n_messages": turn.count}
            log.write(json.dumps({**row, "session": self.headers.get("x-claude-code-session-id")}) + "\n")
        if wrong := re.match(r"ERR (\d+)", turn.last):
            self._json(int(wrong[1]), _error("api_error"))
            return
        block = turn.block(number)
        message = {
            "id": f"msg_lab{number:06}",
            "type": "message",
            "role": "assistant",
            "model": body.get("model") or "lab",
            "content": [block],
            "stop_reason": "tool_use" if block["type"] == "tool_use" else "end_turn",
            "stop_sequence": None,
            "usage": USAGE,
        }
        if body.get("stream"):
            with contextlib.suppress(OSError):  # the client was killed: that is what many tests are about
                self._stream(turn, message, block)
        else:
            self._json(200, message)

    def _json(self, code: int, answer: dict[str, Any]) -> None:
        data = json.dumps(answer).encode()
        self.send_response(code)
        self.send_header("content-type", "application/json")
        self.send_header("content-length", str(len(data)))
        self.end_headers()
        if self.command != "HEAD":
            with contextlib.suppress(OSError):
                self.wfile.write(data)

    def _stream(self, turn: Turn, message: dict[str, Any], block: dict[str, Any]) -> None:
        self.send_response(200)
        self.send_header("content-type", "text/event-stream")
        self.send_header("connection", "close")
        self.end_headers()
        self.close_connection = True
        self._event("message_start", message={**message, "content": [], "stop_reason": None})
        empty = {**block, "text": ""} if block["type"] == "text" else {**block, "input": {}}
        self._event("content_block_start", index=0, content_block=empty)
        for delta in _deltas(block):
            self._event("content_block_delta", index=0, delta=delta)
            if turn.last.startswith("HANG"):
                time.sleep(LONGEST_S)
            if turn.last.startswith("SLOW"):
                time.sleep(0.2)
        self._event("content_block_stop", index=0)
        self._event("message_delta", delta={"stop_reason": message["stop_reason"], "stop_sequence": None}, usage={"output_tokens": 10})
        self._event("message_stop")

    def _event(self, name: str, **data: Any) -> None:
        self.wfile.write(f"event: {name}\ndata: {json.dumps({'type': name, **data})}\n\n".encode())
        self.wfile.flush()


def _deltas(block: dict[str, Any]) -> Iterator[dict[str, str]]:
    if block["type"] == "tool_use":
        yield {"type": "input_json_delta", "partial_json": json.dumps(block["input"])}
        return
    for at, word in enumerate(block["text"].split(" ")):
        yield {"type": "text_delta", "text": f" {word}" if at else word}


def _error(kind: str) -> dict[str, Any]:
    return {"type": "error", "error": {"type": kind, "message": "said by the lab"}}


def main() -> None:
    """Serve until killed; the port stands in --portfile when the server listens."""
    parser = argparse.ArgumentParser(usage=__doc__)
    parser.add_argument("--portfile", required=True)
    parser.add_argument("--log", required=True)
    given = parser.parse_args()
    Handler.log_path = given.log
    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    server.daemon_threads = True
    with open(given.portfile + ".new", "w", encoding="utf-8") as file:
        file.write(str(server.server_address[1]))
    os.replace(given.portfile + ".new", given.portfile)
    server.serve_forever()


if __name__ == "__main__":
    main()
