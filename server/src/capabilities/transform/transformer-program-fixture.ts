/**
 * Answers each line with the sum of its fields, as CSV; records of JSON with their own sum. Lines that hold
 * `bad` are refused with 400, `crash` with 500, `die` ends it, `flaky` is refused once.
 * With DEAF these words mean nothing. With ECHO it answers what it was sent so often. Prints every payload.
 */
export const TRANSFORMER_PROGRAM = `#!/usr/bin/env python3
import json, os, sys, threading, time
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

TOLD = {name: os.environ[name] for name in sorted(os.environ) if name.startswith("SAGEMAKER_")}
TOLD.pop("SAGEMAKER_BIND_TO_PORT", None)
print("environment " + json.dumps(TOLD), flush=True)
def say(line):
    # one write, or lines of several threads mix
    sys.stdout.write(line + "\\n")
    sys.stdout.flush()

flaky = set()
busy = 0
lock = threading.Lock()

def total(values):
    result = sum(float(value) for value in values)
    return int(result) if result == int(result) else result

def predict(body, content_type):
    if "ECHO" in os.environ:
        return "\\n".join([body] * int(os.environ["ECHO"]))
    if content_type == "application/json":
        record = json.loads(body)
        return json.dumps(total(record if isinstance(record, list) else record["features"]))
    if content_type == "application/jsonlines":
        records = [json.loads(line) for line in body.splitlines() if line]
        sums = [total(record if isinstance(record, list) else record["features"]) for record in records]
        return "\\n".join(json.dumps({"sum": value}) for value in sums)
    if content_type == "text/csv":
        return "\\n".join(str(total(line.split(","))) for line in body.splitlines() if line)
    return str(len(body))

class Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def answer(self, status, body, content_type="text/csv"):
        self.send_response(status)
        self.send_header("Content-Type", content_type)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def do_GET(self):
        if self.path == "/ping":
            return self.answer(200, b"")
        if "PARAMETERS" in os.environ and self.path == "/execution-parameters":
            return self.answer(200, os.environ["PARAMETERS"].encode(), "application/json")
        self.answer(404, b"")

    def read(self):
        if self.headers.get("Transfer-Encoding", "") != "chunked":
            return self.rfile.read(int(self.headers.get("Content-Length", 0)))
        body = b""
        while True:
            size = int(self.rfile.readline(), 16)
            body += self.rfile.read(size)
            self.rfile.readline()
            if size == 0:
                return b"chunked:" + body

    def do_POST(self):
        global busy
        body = self.read()
        with lock:
            busy += 1
            now = busy
        try:
            self.work(body, now)
        finally:
            with lock:
                busy -= 1

    def work(self, body, now):
        text = body.decode("latin1")
        headers = {"type": self.headers.get("Content-Type"), "accept": self.headers.get("Accept")}
        say("payload " + json.dumps({"body": text[:2000], "bytes": len(body), "busy": now, **headers}))
        time.sleep(float(os.environ.get("WORK_SECONDS", 0)))
        said = "" if "DEAF" in os.environ else text
        if "die" in said:
            os._exit(3)
        if "bad" in said:
            return self.answer(400, b"this record is bad")
        if "crash" in said:
            return self.answer(500, b"it crashed")
        if "flaky" in said and text not in flaky:
            flaky.add(text)
            return self.answer(500, b"once more")
        if "slow" in said and text not in flaky:
            flaky.add(text)
            time.sleep(3)
        answer = predict(text.replace("flaky", "0").replace("slow", "0"), self.headers.get("Content-Type"))
        self.answer(200, answer.encode("latin1"))

    def log_message(self, *_):
        pass

class Server(ThreadingHTTPServer):
    request_queue_size = 128

Server(("0.0.0.0", 8080), Handler).serve_forever()
`
