"""consoled as a subject: one console, `bench`, and three ways to it: its unix socket, the console
port of goconserver, a websocket."""

import base64
import http.client
import json
import os
import shlex
import socket
import struct

from subjects import BUILD, free_ports, line_of, unix_connect

CONFIG = """\
api: {{port: {api}}}
console: {{port: {port}, datadir: {place}, client_timeout: 30, max_connecting: {connecting}}}
journal: {{enabled: {journal}, rotate_size: 0}}
socket: {{path: {place}/c.sock}}
"""


def node(command, **more):
    return {"driver": "cmd", "params": {"cmd": shlex.join(command)}} | more


def configure(place, nodes, journal, connecting=64):
    """Writes what consoled reads at its start; returns its argv and its two ports."""
    api, port = free_ports(2)
    with open(f"{place}/server.conf", "w") as f:
        on = str(bool(journal)).lower()
        f.write(
            CONFIG.format(api=api, port=port, place=place, journal=on, connecting=connecting)
        )
    with open(f"{place}/nodes.json", "w") as f:
        json.dump({name: {"name": name} | n for name, n in nodes.items()}, f)
    return [f"{BUILD}/bin/consoled", "-c", f"{place}/server.conf"], api, port


def attach(place, console="bench", start="now"):
    s = unix_connect(f"{place}/c.ctl")
    ask = {"cmd": "attach", "console": console, "raw": True, "from": start}
    s.sendall(json.dumps(ask).encode() + b"\n")
    answer = json.loads(line_of(s))
    if "error" in answer:
        s.close()
        raise ConnectionError(answer["error"]["message"])
    return s


def frame_of(s):
    (size,) = struct.unpack(">i", receive(s, 4))
    return receive(s, size)


def receive(s, size):
    got = b""
    while len(got) < size:
        piece = s.recv(size - len(got))
        if not piece:
            raise ConnectionError(f"closed after {got!r}")
        got += piece
    return got


def attach_port(port):
    s = socket.create_connection(("127.0.0.1", port), 10)
    s.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    start = b'{"action":1,"node":"bench"}'
    s.sendall(struct.pack(">i", len(start)) + start)
    answer = json.loads(frame_of(s))
    if answer["action"] != 4:
        s.close()
        raise ConnectionError(answer.get("msg", "no"))
    frame_of(s)  # the welcome
    return s


class Local(http.client.HTTPConnection):
    """HTTP over a unix socket."""

    def __init__(self, path):
        super().__init__("localhost")
        self.path = path

    def connect(self):
        self.sock = unix_connect(self.path)


def ask(connection, method, path, body=None, headers=None):
    connection.request(method, path, json.dumps(body) if body else None, headers or {})
    response = connection.getresponse()
    text = response.read()
    if response.status >= 300:
        raise ConnectionError(f"{path}: {response.status} {text[:200]}")
    return response, json.loads(text) if text else None


def cookie(place, api):
    _, answer = ask(Local(f"{place}/c.sock"), "POST", "/v1/tokens")
    tcp = http.client.HTTPConnection("127.0.0.1", api, timeout=10)
    response, _ = ask(tcp, "POST", "/v1/session", {"token": answer["token"]})
    return response.getheader("Set-Cookie").split(";")[0]


def attach_websocket(place, api):
    key = base64.b64encode(os.urandom(16)).decode()
    s = socket.create_connection(("127.0.0.1", api), 10)
    s.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    s.sendall(
        f"GET /v1/attach HTTP/1.1\r\nHost: 127.0.0.1:{api}\r\nCookie: {cookie(place, api)}\r\n"
        "Upgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Version: 13\r\n"
        f"Sec-WebSocket-Key: {key}\r\nSec-WebSocket-Protocol: lineman.v1\r\n\r\n".encode()
    )
    head = b""
    while not head.endswith(b"\r\n\r\n"):
        head += receive(s, 1)
    if b" 101 " not in head.split(b"\r\n")[0]:
        raise ConnectionError(head.decode().split("\r\n")[0])
    wanted = json.dumps({"cmd": "attach", "console": "bench", "from": "now"}).encode()
    s.sendall(bytes([0x81, 0x80 | len(wanted)]) + b"\0\0\0\0" + wanted)
    _, size = receive(s, 2)
    if size == 126:
        (size,) = struct.unpack(">H", receive(s, 2))
    answer = json.loads(receive(s, size))
    if "error" in answer:
        raise ConnectionError(answer["error"]["message"])
    return s


def start(place, child, log):
    return configure(place, {"bench": node(child)}, log)


def consoled(place, child, log):
    argv, _, _ = start(place, child, log)
    return argv, lambda: attach(place)


def consoled_port(place, child, log):
    argv, _, port = start(place, child, log)
    return argv, lambda: attach_port(port)


def consoled_websocket(place, child, log):
    argv, api, _ = start(place, child, log)
    return argv, lambda: attach_websocket(place, api)


# How drain reads what comes there.
consoled_port.form = ":port"
consoled_websocket.form = ":ws"
