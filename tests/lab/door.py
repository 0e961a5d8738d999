# SPDX-License-Identifier: Apache-2.0
"""A proxy as containers have it: it listens where the strangers are and opens
a connection of its own to the mail host, from an address inside.

	door.py LISTEN PORT SOURCE TARGET

Whoever comes to LISTEN:PORT is to TARGET:25 a client at SOURCE.
"""
import socket
import sys
import threading

import netns


def pump(source, target):
    try:
        while data := source.recv(65536):
            target.sendall(data)
        target.shutdown(socket.SHUT_WR)
    except OSError:
        pass


def serve(client, source, target):
    server = netns.connect(source, target, 25)
    client.settimeout(60)
    back = threading.Thread(target=pump, args=(server, client))
    back.start()
    pump(client, server)
    back.join()
    server.close()
    client.close()


def main():
    listen, port, source, target = sys.argv[1:]
    with netns.entered("world"):
        door = socket.create_server((listen, int(port)), backlog=64)
    while True:
        client, _ = door.accept()
        threading.Thread(target=serve, args=(client, source, target),
                         daemon=True).start()


if __name__ == "__main__":
    main()
