# SPDX-License-Identifier: Apache-2.0
"""A webhook receiver that checks the Standard Webhooks signature.

	receiver.py PORT SECRET-FILE OUT [FAIL]

OUT gets a JSON line for every request: when it was on the socket, webhook-id,
type, alert id and key, whether the signature is right, and the answer given.
Every FAIL-th delivery is answered 503 at its first attempt, with Retry-After,
as receivers do.
"""
import base64
import hashlib
import hmac
import http.server
import itertools
import json
import sys
import time

PORT, OUT = int(sys.argv[1]), open(sys.argv[3], "a", buffering=1)
FAIL = int(sys.argv[4]) if len(sys.argv) > 4 else 0
with open(sys.argv[2]) as secret:
    KEY = base64.b64decode(secret.read().strip().removeprefix("whsec_"))
count = itertools.count(1)
refused = set()


def signed(headers, body):
    ident = headers.get("webhook-id", "")
    stamp = headers.get("webhook-timestamp", "")
    if abs(time.time() - int(stamp or 0)) > 300:
        return False
    text = ("%s.%s." % (ident, stamp)).encode() + body
    want = "v1," + base64.b64encode(
        hmac.new(KEY, text, hashlib.sha256).digest()).decode()
    return any(hmac.compare_digest(want, got) for got in
               headers.get("webhook-signature", "").split())


def opener(alert):
    """The network whose mail opened the alert; several make it the host's,
    and the one that did is the first related."""
    if alert.get("key_type") == "host" and alert.get("related"):
        return alert["related"][0]["key"]
    return alert.get("key")


class Handler(http.server.BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def do_POST(self):
        at = time.time()
        body = self.rfile.read(int(self.headers.get("content-length", 0)))
        good = signed(self.headers, body)
        event = json.loads(body)
        alert = event.get("data", {})
        ident = self.headers.get("webhook-id")
        fail = FAIL and ident not in refused and next(count) % FAIL == 0
        code = 401 if not good else 503 if fail else 204
        OUT.write(json.dumps(dict(
            at=at, webhook_id=ident, good=good, code=code,
            type=event.get("type"), id=alert.get("id"),
            key=alert.get("key"), opener=opener(alert), state=alert.get("state"))) + "\n")
        self.send_response(code)
        if code == 503:
            refused.add(ident)
            self.send_header("retry-after", "2")
        self.send_header("content-length", "0")
        self.end_headers()

    def log_message(self, *_):
        pass


class Server(http.server.ThreadingHTTPServer):
    request_queue_size = 128

    def handle_error(self, request, client_address):
        """A sender that was killed is nothing to speak of."""
        if not isinstance(sys.exc_info()[1], OSError):
            super().handle_error(request, client_address)


Server(("127.0.0.1", PORT), Handler).serve_forever()
