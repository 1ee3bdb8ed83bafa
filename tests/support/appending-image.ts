import { registerProgram } from './program-image.ts'
import type { TestServer } from './server.ts'

/** Appends NAME, and what it was told of types, to the body; `fail NAME` makes it answer 418, `die NAME` ends it. */
const PROGRAM = `#!/usr/bin/env python3
import os, sys
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

NAME = os.environ.get("NAME", "?")
if "EXIT_CODE" in os.environ:
    sys.exit(int(os.environ["EXIT_CODE"]))
if os.path.exists("/opt/ml/model/name"):
    NAME = open("/opt/ml/model/name").read()

class Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def answer(self, status, body, content_type="text/plain"):
        self.send_response(status)
        self.send_header("Content-Type", content_type)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def do_GET(self):
        self.answer(200, b"")

    def do_POST(self):
        body = self.rfile.read(int(self.headers.get("Content-Length", 0))).decode()
        if body.startswith("die " + NAME):
            os._exit(3)
        if body.startswith("fail " + NAME):
            return self.answer(418, b"teapot " + NAME.encode())
        seen = self.headers.get("Content-Type", "-") + ">" + self.headers.get("Accept", "-")
        self.answer(200, (body + "|" + NAME + " " + seen).encode(), "type/" + NAME)

    def log_message(self, *_):
        pass

class Server(ThreadingHTTPServer):
    request_queue_size = 128

print("serving as " + NAME, flush=True)
Server(("0.0.0.0", 8080), Handler).serve_forever()
`

/** Registers an image whose containers show the way of a request through them. @returns its URI */
export function registerAppendingImage(server: Pick<TestServer, 'config'>): Promise<string> {
  return registerProgram(server, { name: 'appending', program: PROGRAM })
}
