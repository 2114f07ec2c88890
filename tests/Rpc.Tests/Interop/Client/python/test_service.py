"""grpc.testing.TestService on grpcio, from descriptors instead of generated code.

Usage: test_service.py DESCRIPTOR_SET. Prints "listening PORT", and ends when its standard input does.
"""
import sys
import time
from concurrent import futures

import grpc
from google.protobuf import descriptor_pb2, descriptor_pool, message_factory

SERVICE = "grpc.testing.TestService"
CODES = {code.value[0]: code for code in grpc.StatusCode}


def load_messages(path):
    files = descriptor_pb2.FileDescriptorSet()
    with open(path, "rb") as source:
        files.ParseFromString(source.read())
    pool = descriptor_pool.DescriptorPool()
    for file in files.file:
        pool.Add(file)

    def message_class(name):
        descriptor = pool.FindMessageTypeByName("grpc.testing." + name)
        if hasattr(message_factory, "GetMessageClass"):
            return message_factory.GetMessageClass(descriptor)
        return message_factory.MessageFactory(pool).GetPrototype(descriptor)

    return message_class


message = load_messages(sys.argv[1])
Empty = message("Empty")
SimpleResponse = message("SimpleResponse")
StreamingInputCallResponse = message("StreamingInputCallResponse")
StreamingOutputCallResponse = message("StreamingOutputCallResponse")


def echo_metadata(context):
    for key, value in context.invocation_metadata():
        if key == "x-grpc-test-echo-initial":
            context.send_initial_metadata(((key, value),))
        elif key == "x-grpc-test-echo-trailing-bin":
            context.set_trailing_metadata(((key, value),))


def end_as_asked(request, context):
    if request.HasField("response_status") and request.response_status.code != 0:
        context.abort(CODES[request.response_status.code], request.response_status.message)


def empty_call(request, context):
    echo_metadata(context)
    return Empty()


def unary_call(request, context):
    echo_metadata(context)
    end_as_asked(request, context)
    if request.response_compressed.value:
        context.set_compression(grpc.Compression.Gzip)
    response = SimpleResponse()
    response.payload.body = bytes(request.response_size)
    return response


def outputs(request, context):
    for parameters in request.response_parameters:
        if parameters.interval_us:
            time.sleep(parameters.interval_us / 1e6)
        if not parameters.compressed.value:
            context.disable_next_message_compression()
        response = StreamingOutputCallResponse()
        response.payload.body = bytes(parameters.size)
        yield response


def streaming_output_call(request, context):
    echo_metadata(context)
    if any(parameters.compressed.value for parameters in request.response_parameters):
        context.set_compression(grpc.Compression.Gzip)
    yield from outputs(request, context)
    end_as_asked(request, context)


def streaming_input_call(requests, context):
    echo_metadata(context)
    return StreamingInputCallResponse(aggregated_payload_size=sum(len(request.payload.body) for request in requests))


def full_duplex_call(requests, context):
    echo_metadata(context)
    for request in requests:
        end_as_asked(request, context)
        yield from outputs(request, context)


def handler(make, behaviour, request):
    return make(behaviour, request_deserializer=message(request).FromString, response_serializer=lambda m: m.SerializeToString())


def main():
    server = grpc.server(futures.ThreadPoolExecutor(max_workers=16), options=(("grpc.so_reuseport", 0),))
    server.add_generic_rpc_handlers((grpc.method_handlers_generic_handler(SERVICE, {
        "EmptyCall": handler(grpc.unary_unary_rpc_method_handler, empty_call, "Empty"),
        "UnaryCall": handler(grpc.unary_unary_rpc_method_handler, unary_call, "SimpleRequest"),
        "StreamingOutputCall": handler(grpc.unary_stream_rpc_method_handler, streaming_output_call, "StreamingOutputCallRequest"),
        "StreamingInputCall": handler(grpc.stream_unary_rpc_method_handler, streaming_input_call, "StreamingInputCallRequest"),
        "FullDuplexCall": handler(grpc.stream_stream_rpc_method_handler, full_duplex_call, "StreamingOutputCallRequest"),
    }),))
    port = server.add_insecure_port("127.0.0.1:0")
    server.start()
    print(f"listening {port}", flush=True)
    sys.stdin.read()
    server.stop(None)


main()
