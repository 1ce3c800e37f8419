"""The network of an organisation, on loopback: a package index whose certificate only its own CA knows, and a proxy that wants a password.

A program of its own, run in the network namespace of a bare distro: `organisation.py WHEELS PEM LOG PARENT`. The index answers on port 443 for
every name; the proxy on 3128 lets `ana` with the password `p@ss:word` through to it. Each request is a line of LOG: `index PATH`,
`proxy refused HOST`, `proxy HOST`. It ends with PARENT.
"""

from __future__ import annotations

import base64
import fcntl
import html
import http.server
import os
import re
import select
import socket
import socketserver
import ssl
import struct
import sys
import threading
import time
from pathlib import Path
from urllib.parse import quote, unquote

LOGIN = "Basic " + base64.b64encode(b"ana:p@ss:word").decode()


class Index(http.server.SimpleHTTPRequestHandler):
    """PEP 503: `/simple/NAME/` lists the wheels of a name, `/files/WHEEL` is one."""

    protocol_version = "HTTP/1.1"
    wheels = Path()
    log = Path()

    def do_GET(self) -> None:
        """Answer a request."""
        note(self.log, f"index {self.path}")
        kind, _, name = unquote(self.path).strip("/").partition("/")
        if kind == "files" and (self.wheels / name).is_file():
            self._send((self.wheels / name).read_bytes(), "application/octet-stream")
            return
        found = [file.name for file in sorted(self.wheels.iterdir()) if kind == "simple" and plain(file.name.split("-")[0]) == plain(name)]
        links = "".join(f'<a href="/files/{quote(one)}">{html.escape(one)}</a><br>' for one in found)
        self._send(f"<!DOCTYPE html><html><body>{links}</body></html>".encode(), "text/html", 200 if found else 404)

    def _send(self, body: bytes, kind: str, code: int = 200) -> None:
        self.send_response(code)
        self.send_header("Content-Type", kind)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, format: str, *words: object) -> None:
        """Nothing on stderr."""


class Proxy(socketserver.StreamRequestHandler):
    """CONNECT with Basic authentication, and nothing else."""

    log = Path()

    def handle(self) -> None:
        """Serve one connection."""
        lines = []
        while (line := self.rfile.readline().strip()) != b"":
            lines.append(line.decode("latin-1"))
        method, place = (lines[0].split() if lines else ["", ""])[:2]
        if not any(line.lower().startswith("proxy-authorization:") and line.partition(":")[2].strip() == LOGIN for line in lines):
            note(self.log, f"proxy refused {place}")
            said = b'HTTP/1.1 407 Proxy Authentication Required\r\nProxy-Authenticate: Basic realm="corp"\r\nContent-Length: 0\r\nConnection: close\r\n\r\n'
            self.wfile.write(said)
            return
        note(self.log, f"proxy {place}")
        if method != "CONNECT":
            self.wfile.write(b"HTTP/1.1 405 Method Not Allowed\r\nContent-Length: 0\r\nConnection: close\r\n\r\n")
            return
        with socket.create_connection(("127.0.0.1", 443)) as there:
            self.wfile.write(b"HTTP/1.1 200 Connection established\r\n\r\n")
            pair = [self.connection, there]
            while True:
                for one in select.select(pair, [], [])[0]:
                    data = one.recv(65536)
                    if not data:
                        return
                    pair[one is self.connection].sendall(data)


class Server(socketserver.ThreadingTCPServer):
    """A thread a connection."""

    allow_reuse_address = True
    daemon_threads = True

    def handle_error(self, request: object, client_address: object) -> None:
        """A client that goes away, as one does that does not know the CA, is no error here."""


def plain(name: str) -> str:
    """A project's name as PEP 503 writes it."""
    return re.sub("[-_.]+", "-", name).lower()


def note(log: Path, line: str) -> None:
    """Append a line."""
    with log.open("a") as file:
        file.write(line + "\n")


def loopback_up() -> None:
    """A new network namespace has its loopback down."""
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as any_socket:
        request = struct.pack("16sH14s", b"lo", 1, b"")  # IFF_UP
        fcntl.ioctl(any_socket, 0x8914, request)  # SIOCSIFFLAGS


def main(wheels: str, pem: str, log: str, parent: str) -> None:
    """Serve until the parent is gone."""
    loopback_up()
    Index.wheels, Index.log, Proxy.log = Path(wheels), Path(log), Path(log)
    secure = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    secure.load_cert_chain(pem)
    index = Server(("127.0.0.1", 443), Index)
    # The handshake belongs to the connection's own thread: a client that stops in its middle must not hold the others up.
    index.socket = secure.wrap_socket(index.socket, server_side=True, do_handshake_on_connect=False)
    for server in (index, Server(("127.0.0.1", 3128), Proxy)):
        threading.Thread(target=server.serve_forever, daemon=True).start()
    note(Path(log), "ready")
    while os.path.exists(f"/proc/{parent}"):
        time.sleep(0.1)


if __name__ == "__main__":
    main(*sys.argv[1:])
