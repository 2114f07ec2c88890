"""Messages and methods by name, from the descriptor set that the test wrote."""

import os

from google.protobuf import descriptor_pb2, descriptor_pool, message_factory

_pool = descriptor_pool.DescriptorPool()
_files = descriptor_pb2.FileDescriptorSet()
with open(os.environ["REAPI_DESCRIPTORS"], "rb") as file:
    _files.ParseFromString(file.read())
for _file in _files.file:
    _pool.Add(_file)


def methods_of(service):
    """The names of its methods."""
    return [method.name for method in _pool.FindServiceByName(service).methods]


def parse(service, method):
    """Whether it takes a stream, whether it gives one, and the classes of its requests and responses."""
    for file in _files.file:
        for found in file.service:
            if "%s.%s" % (file.package, found.name) == service:
                one = next(one for one in found.method if one.name == method)
                return one.client_streaming, one.server_streaming, _class(one.input_type), _class(one.output_type)
    raise KeyError(service)


def _class(name):
    descriptor = _pool.FindMessageTypeByName(name.lstrip("."))
    if hasattr(message_factory, "GetMessageClass"):
        return message_factory.GetMessageClass(descriptor)
    return message_factory.MessageFactory(_pool).GetPrototype(descriptor)
