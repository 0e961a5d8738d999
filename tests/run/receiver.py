#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""A webhook receiver that does what it is told, and checks what it gets.

    receiver.py LOG [--secret whsec_...] [--tls CERT KEY] [--mode FILE]
        [--port N]

It listens on a port of 127.0.0.1, prints the number as its first line, and
writes one JSON object a request to LOG: path, id, timestamp, verified (by
Standard Webhooks 1.0.0: some signature is right and the time is within five
minutes), answer, connection (1, 2 ...), address of arrival "at", and the body.
What it answers is the path's last part, or the first word of FILE where there
is one:

    ok              204
    NNN             that status; 429 and 503 with "Retry-After: 2"
    once-X          as X for the first request of an id, then ok
    redirect        302 to /ok
    hang            nothing, for a minute
    cut             the connection is closed without an answer
    half            200 and a body that breaks off
    endless         200 and a body without end
"""
import argparse
import base64
import hashlib
import hmac
import http.server
import json
import os
import ssl
import sys
import threading
import time

LOCK = threading.Lock()
CONNECTIONS = 0
SEEN = set()


def verified(headers, body, secrets):
    """Whether one of the signatures is of one of the secrets."""
    stamp = headers.get("webhook-timestamp", "")
    if not stamp.isdigit() or abs(time.time() - int(stamp)) > 300:
        return False
    signed = f"{headers.get('webhook-id', '')}.{stamp}.".encode() + body
    given = headers.get("webhook-signature", "").split(" ")
    for secret in secrets:
        key = base64.b64decode(secret.removeprefix("whsec_"))
        mac = hmac.new(key, signed, hashlib.sha256).digest()
        want = "v1," + base64.b64encode(mac).decode()
        if any(hmac.compare_digest(want, g) for g in given):
            return True
    return False


class Handler(http.server.BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def setup(self):
        global CONNECTIONS
        super().setup()
        with LOCK:
            CONNECTIONS += 1
            self.connection_number = CONNECTIONS

    def log_message(self, *args):
        pass

    def mode(self):
        try:
            with open(self.server.args.mode, encoding="ascii") as f:
                return f.read().split()[0]
        except (TypeError, OSError, IndexError):
            mode = self.path.rpartition("/")[2]
        if not mode.startswith("once-"):
            return mode
        key = (self.path, self.headers.get("webhook-id"))
        with LOCK:
            seen = key in SEEN
            SEEN.add(key)
        return "ok" if seen else mode.removeprefix("once-")

    def note(self, body, mode):
        line = {
            "at": time.time(), "path": self.path, "answer": mode,
            "id": self.headers.get("webhook-id"),
            "timestamp": self.headers.get("webhook-timestamp"),
            "type": self.headers.get("Content-Type"),
            "agent": self.headers.get("User-Agent"),
            "signatures": len(self.headers.get("webhook-signature",
                                               "").split()),
            "verified": verified(self.headers, body, self.server.secrets),
            "connection": self.connection_number,
            "body": body.decode(errors="replace"),
        }
        with LOCK, open(self.server.args.log, "a", encoding="utf-8") as f:
            f.write(json.dumps(line) + "\n")

    def do_POST(self):
        body = self.rfile.read(int(self.headers.get("Content-Length", 0)))
        mode = self.mode()
        self.note(body, mode)
        if mode == "hang":
            time.sleep(60)
        if mode in ("hang", "cut"):
            self.close_connection = True
            return
        status = {"redirect": 302, "half": 200, "endless": 200}.get(
            mode, int(mode) if mode.isdigit() else 204)
        self.send_response(status)
        if status in (429, 503):
            self.send_header("Retry-After", "2")
        if mode == "redirect":
            self.send_header("Location", "/ok")
        self.answer_body(mode, status)

    def answer_body(self, mode, status):
        if mode == "half":
            self.send_header("Content-Length", "1000")
        elif mode == "endless":
            self.send_header("Content-Length", str(1 << 40))
        elif status != 204:
            self.send_header("Content-Length", "0")
        self.end_headers()
        if mode == "half":
            self.wfile.write(b"x" * 10)
            self.close_connection = True
        while mode == "endless":
            self.wfile.write(b"x" * 4096)


class Server(http.server.ThreadingHTTPServer):
    daemon_threads = True
    request_queue_size = 128

    def handle_error(self, request, client_address):
        pass        # the client went away: the log tells what came


def main():
    p = argparse.ArgumentParser()
    p.add_argument("log")
    p.add_argument("--secret", action="append", default=[])
    p.add_argument("--tls", nargs=2)
    p.add_argument("--mode")
    p.add_argument("--port", type=int, default=0)
    args = p.parse_args()
    server = Server(("127.0.0.1", args.port), Handler)
    server.args = args
    server.secrets = args.secret
    if args.tls:
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(*args.tls)
        server.socket = context.wrap_socket(server.socket, server_side=True)
    print(server.server_address[1], flush=True)
    parent = os.getppid()
    threading.Thread(target=server.serve_forever, daemon=True).start()
    # Whoever started it may die without a word; nothing is left behind.
    while os.getppid() == parent:
        time.sleep(0.2)
    sys.exit(0)


if __name__ == "__main__":
    main()
