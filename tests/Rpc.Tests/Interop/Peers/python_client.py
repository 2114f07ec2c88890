"""The client's side of gRPC's interop tests on grpcio. Usage: python_client.py TARGET CASE"""

import os
import queue
import sys
import time

import grpc

from interop_messages import *

MIB = 1024 * 1024
INITIAL, TRAILING = "x-grpc-test-echo-initial", "x-grpc-test-echo-trailing-bin"


class Stub:
    def __init__(self, channel):
        def make(kind, name, request, response, service=SERVICE):
            return getattr(channel, kind)(service + name, request.SerializeToString, response.FromString)

        self.empty = make("unary_unary", "EmptyCall", Empty, Empty)
        self.unary = make("unary_unary", "UnaryCall", SimpleRequest, SimpleResponse)
        self.output = make("unary_stream", "StreamingOutputCall", StreamingOutputCallRequest, StreamingOutputCallResponse)
        self.input = make("stream_unary", "StreamingInputCall", StreamingInputCallRequest, StreamingInputCallResponse)
        self.duplex = make("stream_stream", "FullDuplexCall", StreamingOutputCallRequest, StreamingOutputCallResponse)
        self.unimplemented_method = make("unary_unary", "UnimplementedCall", Empty, Empty)
        self.unimplemented_service = make("unary_unary", "UnimplementedCall", Empty, Empty, "/grpc.testing.UnimplementedService/")


class Requests:
    """A request stream that is written while responses are read."""

    _end = object()

    def __init__(self):
        self._queue = queue.Queue()

    def send(self, request):
        self._queue.put(request)

    def close(self):
        self._queue.put(self._end)

    def __iter__(self):
        return iter(self._queue.get, self._end)


def zeros(size):
    return Payload(body=bytes(size))


def large_request(**fields):
    return SimpleRequest(response_size=314159, payload=zeros(271828), **fields)


def check(condition, what):
    if not condition:
        raise AssertionError(what)


def check_large(response):
    check(response.payload.body == bytes(314159), "wrong payload of %d bytes" % len(response.payload.body))


def fails(code, call, details=None):
    try:
        result = call()
        raise AssertionError("expected %s, got %s" % (code, result))
    except grpc.RpcError as e:
        check(e.code() == code, "expected %s, got %s: %s" % (code, e.code(), e.details()))
        check(details is None or e.details() == details, "details are %r" % e.details())


def output_request(*sizes):
    request = StreamingOutputCallRequest()
    for size in sizes:
        request.response_parameters.add().size = size
    return request


def empty_unary(stub):
    check(stub.empty(Empty()) == Empty(), "not empty")


def large_unary(stub):
    check_large(stub.unary(large_request()))


def client_streaming(stub):
    sizes = (27182, 8, 1828, 45904)
    response = stub.input(StreamingInputCallRequest(payload=zeros(size)) for size in sizes)
    check(response.aggregated_payload_size == 74922, "sum is %d" % response.aggregated_payload_size)


def server_streaming(stub):
    sizes = [31415, 9, 2653, 58979]
    got = [len(response.payload.body) for response in stub.output(output_request(*sizes))]
    check(got == sizes, "got %s" % got)


def ping_pong(stub):
    requests = Requests()
    responses = stub.duplex(iter(requests))
    for size, sent in zip((31415, 9, 2653, 58979), (27182, 8, 1828, 45904)):
        request = output_request(size)
        request.payload.CopyFrom(zeros(sent))
        requests.send(request)
        check(len(next(responses).payload.body) == size, "wrong size")
    requests.close()
    check(next(responses, None) is None, "a response too many")


def empty_stream(stub):
    check(list(stub.duplex(iter(()))) == [], "a response too many")


def cancel_after_begin(stub):
    requests = Requests()
    call = stub.input.future(iter(requests))
    call.cancel()
    requests.close()
    check(call.cancelled() and call.code() == grpc.StatusCode.CANCELLED, "not cancelled")


def cancel_after_first_response(stub):
    requests = Requests()
    call = stub.duplex(iter(requests))
    requests.send(output_request(31415))
    check(len(next(call).payload.body) == 31415, "wrong size")
    call.cancel()
    requests.close()
    fails(grpc.StatusCode.CANCELLED, lambda: next(call))


def timeout_on_sleeping_server(stub):
    requests = Requests()
    requests.send(StreamingOutputCallRequest(payload=zeros(27182)))
    call = stub.duplex(iter(requests), timeout=0.001)
    fails(grpc.StatusCode.DEADLINE_EXCEEDED, lambda: next(call))
    requests.close()


def status_code_and_message(stub):
    status = EchoStatus(code=2, message="test status message")
    fails(grpc.StatusCode.UNKNOWN, lambda: stub.unary(SimpleRequest(response_status=status)), status.message)
    request = StreamingOutputCallRequest(response_status=status)
    fails(grpc.StatusCode.UNKNOWN, lambda: list(stub.duplex(iter((request,)))), status.message)


def special_status_message(stub):
    message = "\t\ntest with whitespace\r\nand Unicode BMP \u263a and non-BMP \U0001f608\t\n"
    fails(grpc.StatusCode.UNKNOWN, lambda: stub.unary(SimpleRequest(response_status=EchoStatus(code=2, message=message))), message)


def custom_metadata(stub):
    metadata = ((INITIAL, "test_initial_metadata_value"), (TRAILING, b"\xab\xab\xab"))

    def check_metadata(call):
        check(dict(call.initial_metadata()).get(INITIAL) == metadata[0][1], "initial: %s" % (call.initial_metadata(),))
        check(dict(call.trailing_metadata()).get(TRAILING) == metadata[1][1], "trailing: %s" % (call.trailing_metadata(),))

    response, call = stub.unary.with_call(large_request(), metadata=metadata)
    check_large(response)
    check_metadata(call)
    call = stub.duplex(iter((output_request(314159),)), metadata=metadata)
    check(len(next(call).payload.body) == 314159, "wrong size")
    check(next(call, None) is None, "a response too many")
    check_metadata(call)


def unimplemented_method(stub):
    fails(grpc.StatusCode.UNIMPLEMENTED, lambda: stub.unimplemented_method(Empty()))


def unimplemented_service(stub):
    fails(grpc.StatusCode.UNIMPLEMENTED, lambda: stub.unimplemented_service(Empty()))


def client_compressed_unary(stub):
    wants, forbids = BoolValue(value=True), BoolValue(value=False)
    fails(grpc.StatusCode.INVALID_ARGUMENT, lambda: stub.unary(large_request(expect_compressed=wants)))
    check_large(stub.unary(large_request(expect_compressed=wants), compression=grpc.Compression.Gzip))
    check_large(stub.unary(large_request(expect_compressed=forbids)))


def client_compressed_streaming(stub):
    print("SKIP grpcio's client compresses a whole stream or nothing; this case compresses single messages")
    sys.exit(0)


def server_compressed_unary(stub):
    check_large(stub.unary(large_request(response_compressed=BoolValue(value=True))))
    check_large(stub.unary(large_request(response_compressed=BoolValue(value=False))))


def server_compressed_streaming(stub):
    request = output_request(31415, 92653)
    request.response_parameters[0].compressed.value = True
    request.response_parameters[1].compressed.value = False
    got = [len(response.payload.body) for response in stub.output(request)]
    check(got == [31415, 92653], "got %s" % got)


def early_status_while_uploading(stub):
    """Not in the list: the server ends the call with a status while the client still sends."""
    stop = time.monotonic() + 20

    def endless():
        yield StreamingOutputCallRequest(response_status=EchoStatus(code=9, message="enough"), payload=zeros(1000))
        while time.monotonic() < stop:
            yield StreamingOutputCallRequest(payload=zeros(64 * 1024))

    fails(grpc.StatusCode.FAILED_PRECONDITION, lambda: list(stub.duplex(endless())), "enough")


def deadline_of_a_hanging_handler(stub):
    """Not in the list: the server sleeps far longer than the deadline."""
    request = output_request(1)
    request.response_parameters[0].interval_us = 30_000_000
    fails(grpc.StatusCode.DEADLINE_EXCEEDED, lambda: list(stub.output(request, timeout=0.2)))


def large_messages_both_ways(stub):
    """Not in the list: messages of 3 MiB, larger than every window's start."""
    request = output_request(3 * MIB)
    request.payload.CopyFrom(zeros(3 * MIB))
    got = [len(response.payload.body) for response in stub.duplex(iter([request] * 8))]
    check(got == [3 * MIB] * 8, "got %s" % got)


def main():
    target, case = sys.argv[1:]
    options = (("grpc.enable_http_proxy", 0),)
    roots = os.environ.get("INTEROP_ROOTS")
    if roots:
        with open(roots, "rb") as file:
            channel = grpc.secure_channel(target, grpc.ssl_channel_credentials(root_certificates=file.read()), options=options)
    else:
        channel = grpc.insecure_channel(target, options=options)
    with channel:
        globals()[case](Stub(channel))
    print("PASS")


main()
