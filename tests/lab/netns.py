# SPDX-License-Identifier: Apache-2.0
"""Sockets in other network namespaces.

A socket belongs to the namespace its thread was in when it was made, for
good.  So one process can hold clients of every network: step over, make the
socket, step back.  Python 3.11 has no os.setns(); libc has.
"""
import contextlib
import ctypes
import os
import socket

CLONE_NEWNET = 0x40000000
IPV6_FREEBIND = 78

_libc = ctypes.CDLL(None, use_errno=True)


def _setns(fd):
    if _libc.setns(fd, CLONE_NEWNET) != 0:
        err = ctypes.get_errno()
        raise OSError(err, "setns: " + os.strerror(err))


@contextlib.contextmanager
def entered(name):
    """Run the body, in this thread only, in the named namespace."""
    home = os.open("/proc/thread-self/ns/net", os.O_RDONLY)
    try:
        fd = os.open("/run/netns/" + name, os.O_RDONLY)
        try:
            _setns(fd)
        finally:
            os.close(fd)
        try:
            yield
        finally:
            _setns(home)
    finally:
        os.close(home)


def namespace_of(address):
    """The namespace in which a client with this address lives."""
    if address.startswith("127.") or address == "::1":
        return None
    return "inside" if address.startswith("10.20.") else "world"


def connect(source, target, port, timeout=30):
    """A TCP connection from SOURCE, in the namespace it belongs to."""
    family = socket.AF_INET6 if ":" in source else socket.AF_INET
    name = namespace_of(source)
    with entered(name) if name else contextlib.nullcontext():
        sock = socket.socket(family, socket.SOCK_STREAM)
    try:
        if family == socket.AF_INET6:
            sock.setsockopt(socket.IPPROTO_IPV6, IPV6_FREEBIND, 1)
        sock.settimeout(timeout)
        sock.bind((source, 0))
        sock.connect((target, port))
        sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    except OSError:
        sock.close()
        raise
    return sock
