# SPDX-License-Identifier: Apache-2.0
"""A name server for the lab's world, UDP only, run in the "world" namespace.

  MX of any remote domain     mx.<domain>, or two of them for big.example
  A of any name               the sink; mx.down.example is unreachable
  PTR and A of clients        203.0.113.N  <-> clientN.pool.example
                              10.20.0.N    <-> pcN.example.org
                              every other address has no name
  <reversed ip>.rbl.example   listed: 198.51.100.66, with a TXT that has
                              every sign of a log line in it
"""
import re
import socket
import struct
import sys

SINK = "203.0.113.200"
SINK6 = "2001:db8:bad:25::200"
DOWN = "192.0.2.78"
LISTED = {"198.51.100.66"}
RBL_TEXT = ("listed; see https://rbl.example/q?ip=198.51.100.66; "
            "from=<x@example.org> to=<y@example.org> proto=ESMTP helo=<z>")

A, PTR, MX, TXT, AAAA = 1, 12, 15, 16, 28


def name_bytes(name):
    parts = [p for p in name.rstrip(".").split(".") if p]
    return b"".join(bytes([len(p)]) + p.encode() for p in parts) + b"\0"


def address(name):
    m = re.fullmatch(r"client(\d+)\.pool\.example", name)
    if m:
        return "203.0.113." + m[1]
    m = re.fullmatch(r"pc(\d+)\.example\.org", name)
    if m:
        return "10.20.0." + m[1]
    m = re.fullmatch(r"(\d+)\.(\d+)\.(\d+)\.(\d+)\.rbl\.example", name)
    if m:
        ip = ".".join(reversed(m.groups()))
        return "127.0.0.2" if ip in LISTED else None
    if name.endswith((".arpa", "example.org", "nowhere.example")):
        return {"mx1.example.org": "192.0.2.25"}.get(name)
    return DOWN if name == "mx.down.example" else SINK


def answers(name, kind):
    """The list of (type, rdata), or None for "no such name"."""
    if kind == PTR:
        m = re.fullmatch(r"(\d+)\.113\.0\.203\.in-addr\.arpa", name)
        if m:
            return [(PTR, name_bytes("client%s.pool.example" % m[1]))]
        m = re.fullmatch(r"(\d+)\.0\.20\.10\.in-addr\.arpa", name)
        if m:
            return [(PTR, name_bytes("pc%s.example.org" % m[1]))]
        return None
    ip = address(name)
    if ip is None:
        return None
    if kind == A:
        return [(A, socket.inet_aton(ip))]
    if kind == TXT and name.endswith(".rbl.example"):
        text = RBL_TEXT.encode()
        return [(TXT, bytes([len(text)]) + text)]
    if kind == AAAA and name == "mx.six.example":
        return [(AAAA, socket.inet_pton(socket.AF_INET6, SINK6))]
    if kind == MX and not name.startswith(("mx.", "mx2.", "client")):
        hosts = ["mx." + name]
        if name == "big.example":
            hosts.append("mx2." + name)
        return [(MX, struct.pack(">H", 10 * i + 10) + name_bytes(h))
                for i, h in enumerate(hosts)]
    return []


def reply(query):
    ident, _, count = struct.unpack(">HHH", query[:6])
    at, labels = 12, []
    while query[at]:
        labels.append(query[at + 1:at + 1 + query[at]].decode("latin-1"))
        at += 1 + query[at]
    question = query[12:at + 5]
    kind, = struct.unpack(">H", query[at + 1:at + 3])
    found = answers(".".join(labels).lower(), kind)
    flags = 0x8580 | (3 if found is None else 0)
    out = struct.pack(">HHHHHH", ident, flags, 1, len(found or []), 0, 0)
    out += question
    for rtype, data in found or []:
        out += b"\xc0\x0c" + struct.pack(">HHIH", rtype, 1, 300, len(data))
        out += data
    return out


def main():
    sock = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
    sock.bind((sys.argv[1], 53))
    while True:
        query, peer = sock.recvfrom(2048)
        try:
            sock.sendto(reply(query), peer)
        except (IndexError, struct.error, UnicodeError):
            pass


if __name__ == "__main__":
    main()
