"""A time-series server that answers as told and keeps what it took."""

import gzip
import json
import threading
from collections.abc import Callable, Mapping
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Self
from urllib.parse import parse_qs, urlsplit

from tests.fluxstub import answer
from tests.influxqlstub import influxql

Answer = tuple[int, Mapping[str, str]]
Judge = Callable[[list[str]], Answer]
TAKEN: Answer = (204, {})
HALF_CLOSED = 0  # a status: half an answer, then the connection is closed


class StubServer:
    """Speaks /api/v2/write; `judge` decides on each request's lines."""

    def __init__(self) -> None:
        self.judge: Judge = lambda lines: TAKEN
        self.lines: list[str] = []
        self.requests: list[int] = []
        self.said = b'{"code":"told","message":"as told"}'  # with every no
        self.on_query: Callable[[bytes], tuple[int, Mapping[str, str], bytes]] = lambda body: (
            200,
            {"Content-Type": "text/csv"},
            self.answered(body),
        )
        self.on_influxql: Callable[[str], tuple[int, Mapping[str, str], bytes]] = lambda query: (
            200,
            {"Content-Type": "application/json"},
            influxql(self.lines, query).encode(),
        )
        stub = self

        class Handler(BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                body = self.rfile.read(int(self.headers["Content-Length"]))
                if self.headers.get("Content-Encoding") == "gzip":
                    body = gzip.decompress(body)
                if self.path.startswith("/api/v2/query"):
                    self._say(*stub.on_query(body))
                    return
                status, headers = stub.take(body.decode().splitlines())
                if status == HALF_CLOSED:
                    self.wfile.write(b"HTTP/1.1 2")
                    self.close_connection = True
                    return
                said = b"" if status == 204 else stub.said
                self._say(status, headers, said)

            def do_GET(self) -> None:
                asked = parse_qs(urlsplit(self.path).query)
                said = stub.on_influxql(asked["q"][0])
                self._say(*said)

            def _say(self, status: int, headers: Mapping[str, str], said: bytes) -> None:
                self.send_response(status)
                for key, text in headers.items():
                    self.send_header(key, text)
                self.send_header("Content-Length", str(len(said)))
                self.end_headers()
                self.wfile.write(said)

            def log_message(self, format: str, *args: object) -> None:
                return

        self._server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self._thread = threading.Thread(target=self._server.serve_forever, args=(0.02,))
        self.url = f"http://127.0.0.1:{self._server.server_address[1]}"

    def take(self, lines: list[str]) -> Answer:
        answer = self.judge(lines)
        self.requests.append(len(lines))
        if answer[0] == 204:
            self.lines += lines
        return answer

    def answered(self, body: bytes) -> bytes:
        """Return the annotated CSV of a Flux query over the lines taken."""
        return answer(self.lines, json.loads(body)["query"]).encode()

    @property
    def seqs(self) -> list[int]:
        return [int(line.split("seq=")[1].split("i")[0]) for line in self.lines]

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._server.shutdown()
        self._thread.join()
        self._server.server_close()
