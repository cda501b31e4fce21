"""A small Parley client over the stubs that protoc generates: calls with a token, the Chat stream, rich errors."""

import queue
import threading

import grpc
from google.rpc import error_details_pb2, status_pb2
from parley.v1 import auth_service_pb2, auth_service_pb2_grpc, chat_pb2, chat_service_pb2, chat_service_pb2_grpc

PROTOCOL_VERSION = 1
PATIENCE_S = 10


def bearer(token):
    """The metadata that a call carries to say who makes it."""
    return (("authorization", f"Bearer {token}"),)


def log_in(channel, name, password, device_name=""):
    """Opens a session. Returns a LoginResponse: token, expire_time, account."""
    request = auth_service_pb2.LoginRequest(name=name, password=password, device_name=device_name)
    return auth_service_pb2_grpc.AuthServiceStub(channel).Login(request, timeout=PATIENCE_S)


def rich_error(error):
    """What a failed call says to programs: code, reason, the fields that are wrong, seconds to wait."""
    details = dict(error.trailing_metadata() or ()).get("grpc-status-details-bin")
    status = status_pb2.Status.FromString(details) if details else status_pb2.Status(code=error.code().value[0])
    return status_error(status)


def status_error(status):
    """As rich_error, for a google.rpc.Status, such as that of a SendResult or a FrameError."""
    found = {"code": code_name(status.code), "reason": None, "domain": None, "fields": [], "retry_after_s": None}
    for detail in status.details:
        info, bad, retry = error_details_pb2.ErrorInfo(), error_details_pb2.BadRequest(), error_details_pb2.RetryInfo()
        if detail.Unpack(info):
            found["reason"], found["domain"] = info.reason, info.domain
        elif detail.Unpack(bad):
            found["fields"] = [violation.field for violation in bad.field_violations]
        elif detail.Unpack(retry):
            found["retry_after_s"] = retry.retry_delay.ToTimedelta().total_seconds()
    return found


def code_name(number):
    return next(code.name for code in grpc.StatusCode if code.value[0] == number)


class ChatStream:
    """One Chat stream. Frames that arrive are queued; `next` and `until` take them in order."""

    _END = object()

    def __init__(self, channel, token):
        self._outgoing = queue.Queue()
        self._incoming = queue.Queue()
        stub = chat_service_pb2_grpc.ChatServiceStub(channel)
        self._call = stub.Chat(iter(self._outgoing.get, self._END), metadata=bearer(token))
        threading.Thread(target=self._read, daemon=True).start()

    def write(self, **frame):
        """Sends one frame: write(ping=Ping(nonce=1))."""
        self._outgoing.put(chat_service_pb2.ChatRequest(**frame))

    def hello(self, **fields):
        """Says hello and returns the Welcome."""
        self.write(hello=chat_pb2.Hello(protocol_version=PROTOCOL_VERSION, device_name="python", **fields))
        return self.next("welcome")

    def next(self, kind):
        """The next frame, which must be of this kind."""
        frame = self._take()
        if frame is None or frame.WhichOneof("frame") != kind:
            raise AssertionError(f"{kind} was due, this came: {frame}")
        return getattr(frame, kind)

    def until(self, kind):
        """Takes frames up to one of this kind. Returns it, and those before it, as (kind, frame) pairs."""
        passed = []
        while (frame := self._take()) is not None:
            name = frame.WhichOneof("frame")
            if name == kind:
                return getattr(frame, name), passed
            passed.append((name, getattr(frame, name)))
        raise AssertionError(f"{kind} was due, the stream ended after {passed}")

    def close(self):
        """Ends the sending side, and waits until the server has ended the stream. Returns the status code's name."""
        self._outgoing.put(self._END)
        return self.ended()

    def ended(self):
        """Waits until the server has ended the stream. Returns the status code's name."""
        while self._take() is not None:
            pass
        return self._call.code().name

    def error(self):
        """Why the stream ended, as rich_error."""
        return rich_error(self._call)

    def _take(self):
        frame = self._incoming.get(timeout=PATIENCE_S)
        return None if frame is self._END else frame

    def _read(self):
        try:
            for frame in self._call:
                self._incoming.put(frame)
        except grpc.RpcError:
            pass  # The call's status tells.
        finally:
            self._outgoing.put(self._END)
            self._incoming.put(self._END)
