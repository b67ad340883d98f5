"""A small S3 on loopback, in memory: as much as a client needs to list, read by ranges and write in parts."""

import re
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from hashlib import md5
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from io import BufferedIOBase, BytesIO
from typing import BinaryIO
from urllib.parse import parse_qs, unquote, urlsplit
from xml.sax.saxutils import escape

MOST_BYTES = 64 << 20  # of one body: this is a server for tests


@dataclass
class Objects:
    """What a server holds, what was asked of it, and what it refuses."""

    port: int = 0
    buckets: dict[str, dict[str, bytes]] = field(default_factory=lambda: {"box": {}})
    uploads: dict[str, dict[int, bytes]] = field(default_factory=dict)
    asked: list[tuple[str, str]] = field(default_factory=list)  # method and key, in their order
    refused: str = ""  # pattern of "METHOD key" that is answered 403
    lock: threading.Lock = field(default_factory=threading.Lock)

    def uri(self, key: str, bucket: str = "box") -> str:
        """Return the address of an object, with the endpoint in it."""
        return f"s3://{bucket}/{key}?endpoint_override=127.0.0.1:{self.port}&scheme=http&region=eu-north-1"


def unchunked(file: BinaryIO | BufferedIOBase) -> bytes:
    """Return a body sent in pieces: size in hexadecimal digits, so many bytes; what follows the last one is left."""
    whole = b""
    while length := int(file.readline().split(b";")[0], 16):
        whole += file.read(length)
        assert file.readline() == b"\r\n"
        assert len(whole) <= MOST_BYTES
    while file.readline().strip():  # checksums that nobody compares here
        pass
    return whole


class Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    timeout, disable_nagle_algorithm = 20, True
    objects: Objects

    def log_message(self, *given: object) -> None:
        return

    def answer(self, code: int, body: bytes = b"", **headers: str) -> None:
        self.send_response(code)
        size = headers.pop("size", str(len(body)))
        for name, value in headers.items():
            self.send_header(name.replace("_", "-"), value)
        self.send_header("Content-Length", size)
        self.end_headers()
        if self.command != "HEAD":
            self.wfile.write(body)

    def fail(self, code: int, name: str, words: str = "") -> None:
        body = f"<Error><Code>{name}</Code><Message>{name} {words}</Message></Error>".encode()
        self.answer(code, body, Content_Type="application/xml")

    def xml(self, name: str, inner: str) -> None:
        self.answer(200, f"<{name}>{inner}</{name}>".encode(), Content_Type="application/xml")

    def body(self) -> bytes:
        if self.headers.get("Transfer-Encoding", "") == "chunked":
            given = unchunked(self.rfile)
        else:
            given = self.rfile.read(min(int(self.headers.get("Content-Length") or 0), MOST_BYTES))
        return unchunked(BytesIO(given)) if self.headers.get("Content-Encoding", "") == "aws-chunked" else given

    def handle_one(self) -> None:
        """Answer one request."""
        address = urlsplit(self.path)
        _, bucket, *more = unquote(address.path).split("/", 2)
        key, asked, body = (more or [""])[0], parse_qs(address.query, keep_blank_values=True), self.body()
        objects = self.objects
        with objects.lock:
            objects.asked.append((self.command, key))
            if objects.refused and re.search(objects.refused, f"{self.command} {key}"):
                self.fail(403, "AccessDenied", f"for {self.headers.get('Authorization', '')}")
            elif bucket not in objects.buckets:
                self.fail(404, "NoSuchBucket")
            elif not key:
                self.listed(objects.buckets[bucket], asked)
            else:
                getattr(self, f"on_{self.command.lower()}")(objects.buckets[bucket], key, asked, body)

    do_GET = do_HEAD = do_PUT = do_POST = do_DELETE = handle_one

    def listed(self, bucket: dict[str, bytes], asked: dict[str, list[str]]) -> None:
        prefix, delimiter = asked.get("prefix", [""])[0], asked.get("delimiter", [""])[0]
        keys, folders = [], set()
        for key in sorted(bucket):
            if key.startswith(prefix):
                left = key[len(prefix) :]
                if delimiter and delimiter in left:
                    folders.add(prefix + left.split(delimiter)[0] + delimiter)
                else:
                    keys.append(f"<Contents><Key>{escape(key)}</Key><Size>{len(bucket[key])}</Size></Contents>")
        keys += [f"<CommonPrefixes><Prefix>{escape(name)}</Prefix></CommonPrefixes>" for name in sorted(folders)]
        self.xml("ListBucketResult", f"<IsTruncated>false</IsTruncated><KeyCount>{len(keys)}</KeyCount>{''.join(keys)}")

    def on_get(self, bucket: dict[str, bytes], key: str, asked: dict[str, list[str]], body: bytes) -> None:
        if key not in bucket:
            return self.fail(404, "NoSuchKey")
        whole = bucket[key]
        tag, wanted = f'"{md5(whole).hexdigest()}"', re.fullmatch(r"bytes=(\d+)-(\d*)", self.headers.get("Range", ""))
        if self.command == "HEAD":
            return self.answer(200, size=str(len(whole)), ETag=tag)
        if not wanted:
            return self.answer(200, whole, ETag=tag)
        first, last = int(wanted[1]), min(int(wanted[2] or len(whole)), len(whole) - 1)
        found = f"bytes {first}-{last}/{len(whole)}"
        return self.answer(206, whole[first : last + 1], ETag=tag, Content_Range=found)

    on_head = on_get

    def on_put(self, bucket: dict[str, bytes], key: str, asked: dict[str, list[str]], body: bytes) -> None:
        if "uploadId" in asked:
            self.objects.uploads[asked["uploadId"][0]][int(asked["partNumber"][0])] = body
        else:
            bucket[key] = body
        self.answer(200, ETag=f'"{md5(body).hexdigest()}"')

    def on_post(self, bucket: dict[str, bytes], key: str, asked: dict[str, list[str]], body: bytes) -> None:
        if "uploads" in asked:
            name = f"u{len(self.objects.asked)}"
            self.objects.uploads[name] = {}
            return self.xml("InitiateMultipartUploadResult", f"<UploadId>{name}</UploadId>")
        parts = self.objects.uploads.pop(asked["uploadId"][0])
        bucket[key] = b"".join(parts[number] for number in sorted(parts))
        return self.xml("CompleteMultipartUploadResult", f"<Key>{escape(key)}</Key><ETag>x</ETag>")

    def on_delete(self, bucket: dict[str, bytes], key: str, asked: dict[str, list[str]], body: bytes) -> None:
        bucket.pop(key, None)
        self.objects.uploads.pop(asked.get("uploadId", [""])[0], None)
        self.answer(204)


@contextmanager
def served() -> Iterator[Objects]:
    """Give what a server on a free port holds, until the block ends."""
    objects = Objects()
    server = ThreadingHTTPServer(("127.0.0.1", 0), type("Bound", (Handler,), {"objects": objects}))
    server.daemon_threads, objects.port = True, server.server_address[1]
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01}, daemon=True)
    thread.start()
    try:
        yield objects
    finally:
        server.shutdown()
        server.server_close()
        thread.join(5)
