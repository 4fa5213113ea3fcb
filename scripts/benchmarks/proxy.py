# SPDX-License-Identifier: Apache-2.0
"""A proxy for machines that reach nobody but this one."""

import http.server
import select
import shutil
import socket
import threading
import urllib.error
import urllib.request


class Proxy:
    """`clients`: how their addresses begin; nobody else is served."""

    def __init__(self, clients):
        self.server = http.server.ThreadingHTTPServer(("0.0.0.0", 0), Handler)
        self.server.verify_request = lambda request, address: address[0].startswith(clients)
        self.server.daemon_threads = True
        threading.Thread(target=self.server.serve_forever, daemon=True).start()

    def settings(self, address):
        """Environment variables, for whoever knows this machine by that address."""
        place = f"http://{address}:{self.server.server_address[1]}"
        return f"http_proxy={place} https_proxy={place}"

    def close(self):
        self.server.shutdown()
        self.server.server_close()


class Handler(http.server.BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    FORWARDED = ("Range", "If-Range", "If-None-Match", "If-Modified-Since", "User-Agent")
    RETURNED = ("Content-Length", "Content-Range", "Content-Type", "ETag", "Last-Modified", "Accept-Ranges", "Location")

    def do_GET(self):
        headers = {name: self.headers[name] for name in self.FORWARDED if name in self.headers}
        try:
            answer = urllib.request.urlopen(urllib.request.Request(self.path, headers=headers), timeout=60)
        except urllib.error.HTTPError as error:
            answer = error
        except OSError as error:
            return self.send_error(502, str(error))
        with answer:
            self.close_connection = True
            self.send_response(answer.status)
            for name in self.RETURNED:
                if name in answer.headers:
                    self.send_header(name, answer.headers[name])
            self.send_header("Connection", "close")
            self.end_headers()
            shutil.copyfileobj(answer, self.wfile)

    def do_CONNECT(self):
        self.close_connection = True
        host, port = self.path.rsplit(":", 1)
        try:
            other = socket.create_connection((host, int(port)), timeout=60)
        except OSError as error:
            return self.send_error(502, str(error))
        with other:
            self.send_response(200)
            self.end_headers()
            pair = {self.connection: other, other: self.connection}
            while True:
                ready, _, _ = select.select(list(pair), [], [], 60)
                for end in ready:
                    data = end.recv(65536)
                    if not data:
                        return
                    pair[end].sendall(data)
                if not ready:
                    return

    def log_message(self, *_):
        pass
