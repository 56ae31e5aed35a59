#!/usr/bin/env python3
"""A client of `pi --mode rpc` in 60 lines: python3 rpc-client.py "What is in this folder?" [pi arguments]"""
import json
import queue
import subprocess
import sys
import threading


class Pi:
    def __init__(self, *arguments):
        self.process = subprocess.Popen(["pi", "--mode", "rpc", *arguments], stdin=subprocess.PIPE, stdout=subprocess.PIPE)
        self.answers, self.events, self.count = {}, queue.Queue(), 0
        threading.Thread(target=self._read, daemon=True).start()

    def _read(self):
        for line in self.process.stdout:  # a binary pipe: split at LF only, as the protocol wants it
            record = json.loads(line)
            if record["type"] == "response" and "id" in record:
                self.answers.pop(record["id"]).put(record)
            elif record["type"] == "extension_ui_request":
                if record["method"] in ("select", "confirm", "input", "editor"):
                    self._write({"type": "extension_ui_response", "id": record["id"], "cancelled": True})
            elif record["type"] != "response":
                self.events.put(record)
        self.events.put(None)  # the process has ended
        for waiting in list(self.answers.values()):
            waiting.put({"success": False, "error": "pi has ended"})

    def _write(self, record):
        self.process.stdin.write(json.dumps(record).encode() + b"\n")
        self.process.stdin.flush()

    def call(self, type, **parameters):
        self.count += 1
        id, answer = f"call-{self.count}", queue.Queue()
        self.answers[id] = answer
        self._write({"id": id, "type": type, **parameters})
        record = answer.get()
        if not record["success"]:
            raise RuntimeError(record["error"])
        return record.get("data")

    def prompt(self, message):
        """Yields the events of the run."""
        if self.call("prompt", message=message)["disposition"] != "handled":
            while (event := self.events.get()) is not None:
                yield event
                if event["type"] == "agent_settled":
                    return

    def close(self):
        self.process.stdin.close()  # what was accepted is finished first
        return self.process.wait()


if __name__ == "__main__":
    pi = Pi(*sys.argv[2:])
    for event in pi.prompt(sys.argv[1]):
        if event["type"] == "message_update" and event["assistantMessageEvent"]["type"] == "text_delta":
            print(event["assistantMessageEvent"]["delta"], end="", flush=True)
    print(f"\n[{pi.call('get_state')['messageCount']} messages]")
    sys.exit(pi.close())
