# SPDX-License-Identifier: Apache-2.0
"""An HTTP server that misbehaves as told: fault-server.py SCRIPT PORT_FILE LOG [CERTIFICATE KEY]

SCRIPT is JSON: a path, with its query, to a list of responses (FaultServer.swift says what is in one). Each request
for the path gets the next; the last one repeats. A path that is not there gets 404. The port goes to PORT_FILE, and a
line of JSON for each request to LOG. A request in absolute form, as a proxy gets them, is served by its path.
"""

import email.utils
import http.server
import json
import os
import re
import socket
import ssl
import struct
import sys
import threading
import time
import urllib.parse

script_path, port_file, log_path, *tls = sys.argv[1:]
with open(script_path) as file:
    script = json.load(file)
lock = threading.Lock()
served = {}


class Handler(http.server.BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def log_message(self, *_):
        pass

    def do_GET(self):
        target = urllib.parse.urlsplit(self.path)
        path = target.path + ("?" + target.query if target.query else "")
        with lock:
            with open(log_path, "a") as log:
                headers = {name.lower(): value for name, value in self.headers.items()}
                log.write(json.dumps({"path": path, "target": self.path, "headers": headers}) + "\n")
            responses = script.get(path, [{"status": 404}])
            index = served.get(path, 0)
            served[path] = index + 1
        self.respond(responses[min(index, len(responses) - 1)])

    def respond(self, response):
        time.sleep(response.get("delay", 0))
        if response.get("reset"):
            return self.hang_up(reset=True)
        if "file" in response:
            with open(response["file"], "rb") as file:
                body = file.read()
        else:
            body = response.get("text", "").encode()
        status = response.get("status", 200)
        headers = {"Date": email.utils.formatdate(usegmt=True)}
        if "etag" in response:
            headers["ETag"] = response["etag"]
        if "lastModified" in response:
            headers["Last-Modified"] = response["lastModified"]
        headers |= response.get("headers", {})

        if status == 200 and self.is_current(response):
            return self.send(304, headers, b"", response)
        range_ = re.fullmatch(r"bytes=(\d+)-", self.headers.get("Range", ""))
        if status == 200 and range_ and not response.get("ignoresRange"):
            condition = self.headers.get("If-Range")
            if condition in (None, response.get("etag"), response.get("lastModified")):
                first = int(range_[1])
                if first >= len(body):
                    headers["Content-Range"] = f"bytes */{len(body)}"
                    return self.send(416, headers, b"", response)
                first += response.get("rangeShift", 0)
                headers["Content-Range"] = f"bytes {first}-{len(body) - 1}/{len(body)}"
                return self.send(206, headers, body[first:], response)
        self.send(status, headers, body, response)

    def is_current(self, response):
        if "If-None-Match" in self.headers:
            return self.headers["If-None-Match"] == response.get("etag")
        since = self.headers.get("If-Modified-Since")
        return since is not None and since == response.get("lastModified")

    def send(self, status, headers, body, response):
        if status not in (304,) and not response.get("noLength"):
            headers.setdefault("Content-Length", str(response.get("contentLength", len(body))))
        if response.get("noLength"):
            headers["Connection"] = "close"
            self.close_connection = True
        self.send_response_only(status)
        for name, value in headers.items():
            self.send_header(name, value.replace("{base}", base))
        self.end_headers()
        stops = [response[key] for key in ("cutAfter", "stallAfter") if key in response]
        count = min([len(body)] + stops)
        rate = response.get("bytesPerSecond")
        step = max(1, rate // 20) if rate else 64 << 10
        for start in range(0, count, step):
            self.wfile.write(body[start : min(start + step, count)])
            if rate:
                time.sleep(1 / 20)
        if "stallAfter" in response:
            # Until the client has had enough.
            self.connection.recv(1)
            self.close_connection = True
        elif "cutAfter" in response:
            self.hang_up(reset=response.get("resetsAtCut", False))

    def hang_up(self, reset):
        self.close_connection = True
        if reset:
            self.connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
            self.connection.close()


class Server(http.server.ThreadingHTTPServer):
    daemon_threads = True
    request_queue_size = 256

    def handle_error(self, *_):
        # Clients that go away are what it is for.
        pass


server = Server(("127.0.0.1", 0), Handler)
base = f"http{'s' if tls else ''}://127.0.0.1:{server.server_port}"
if tls:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(*tls)
    server.socket = context.wrap_socket(server.socket, server_side=True, do_handshake_on_connect=False)
with open(port_file + ".new", "w") as file:
    file.write(str(server.server_port))
os.rename(port_file + ".new", port_file)
server.serve_forever()
