#!/usr/bin/env python3
"""A verifier's provisioning service (and authorisation server) that answers as it is told, for tests of clients.

provisioner.py PORT_FILE LOG_FILE SCRIPT [CERT KEY]

SCRIPT is a JSON array of answers, one for each request in turn: {"status": 200, "headers": {…}, "body": "…", "delay": 0.0}; the last
repeats; {port} in a header is the port. Every request is a line of LOG_FILE: {"method", "path", "headers", "body" (hex)}. PORT_FILE gets the port, by rename.
"""
import http.server
import json
import os
import ssl
import sys
import time

port_file, log_file, script = sys.argv[1:4]
answers = json.loads(script)


class Handler(http.server.BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def answer(self):
        body = self.rfile.read(int(self.headers.get("Content-Length", 0)))
        with open(log_file, "a", encoding="utf-8") as log:
            log.write(json.dumps({"method": self.command, "path": self.path, "headers": {k.lower(): v for k, v in self.headers.items()}, "body": body.hex()}) + "\n")
        told = answers.pop(0) if len(answers) > 1 else answers[0]
        time.sleep(told.get("delay", 0))
        content = told.get("body", "").encode()
        self.send_response(told["status"])
        for name, value in told.get("headers", {}).items():
            self.send_header(name, value.replace("{port}", str(self.server.server_address[1])))
        self.send_header("Content-Length", str(len(content)))
        self.end_headers()
        self.wfile.write(content)

    do_GET = do_POST = do_PUT = do_DELETE = answer

    def log_message(self, *_):
        pass


server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
if len(sys.argv) > 4:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(sys.argv[4], sys.argv[5])
    server.socket = context.wrap_socket(server.socket, server_side=True)
with open(port_file + ".new", "w", encoding="utf-8") as out:
    out.write(str(server.server_address[1]))
os.rename(port_file + ".new", port_file)
server.serve_forever()
