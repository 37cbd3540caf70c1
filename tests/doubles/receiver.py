#!/usr/bin/env python3
"""receiver.py tcp|tls|unix ADDRESS OUT: takes a logger's records, as a log server of somebody's would,
and appends each line to OUT. unix: a record whose key it had before is not appended again, and each
is answered once it is in the file. tls: with the files of make-certs in $TLS."""
import json
import os
import socket
import ssl
import sys
import threading


def serve(s, out, lock, keys, before):
    if before:
        before.join()  # what came by it was said earlier
    try:
        records(s.makefile("rwb"), out, lock, keys)
    except OSError:
        pass


def records(f, out, lock, keys):
    for line in f:
        if not line.endswith(b"\n"):
            return
        record = json.loads(line)
        if "cmd" in record:
            continue
        with lock:
            key = record.get("key")
            if key is None or key not in keys:
                out.write(line)
                out.flush()
            if key is not None:
                keys.add(key)
        if key is not None:
            f.write(json.dumps({"ok": True, "stored": key}).encode() + b"\n")
            f.flush()


def main():
    kind, address, path = sys.argv[1:]
    tls = None
    if kind == "tls":
        folder = os.environ["TLS"]
        tls = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH, cafile=folder + "/ca.crt")
        tls.verify_mode = ssl.CERT_REQUIRED
        tls.load_cert_chain(folder + "/server.crt", folder + "/server.key")
    if kind != "unix":
        listener = socket.create_server(("127.0.0.1", int(address)))
    else:
        if os.path.exists(address):
            os.unlink(address)
        listener = socket.socket(socket.AF_UNIX)
        listener.bind(address)
        listener.listen(16)
    keys = set()
    if os.path.exists(path):
        with open(path) as f:
            keys = {json.loads(line).get("key") for line in f}
    out, lock, before = open(path, "ab"), threading.Lock(), None
    while True:
        s, _ = listener.accept()
        try:
            s = tls.wrap_socket(s, server_side=True) if tls else s
        except (ssl.SSLError, OSError):
            continue
        before = threading.Thread(target=serve, args=(s, out, lock, keys, before), daemon=True)
        before.start()


main()
