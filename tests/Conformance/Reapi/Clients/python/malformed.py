"""Malformed requests from grpcio, which knows nothing of the server. Usage: malformed.py TARGET INSTANCE SERVICE

Prints a line for each request that was not answered as it must be, and PASS when there is none and the server still serves."""

import hashlib
import os
import sys
import uuid

import grpc

from messages import methods_of, parse

INVALID, NOT_FOUND = grpc.StatusCode.INVALID_ARGUMENT, grpc.StatusCode.NOT_FOUND
OUT_OF_RANGE, FAILED = grpc.StatusCode.OUT_OF_RANGE, grpc.StatusCode.FAILED_PRECONDITION
CAS = "build.bazel.remote.execution.v2.ContentAddressableStorage"
RESULTS = "build.bazel.remote.execution.v2.ActionCache"
EXECUTION = "build.bazel.remote.execution.v2.Execution"
STREAMS = "google.bytestream.ByteStream"
OPERATIONS = "google.longrunning.Operations"
PATIENCE = 60

GOOD = hashlib.sha256(b"good").hexdigest()
BAD_DIGESTS = {
    "empty": ("", 4),
    "short": (GOOD[1:], 4),
    "long": (GOOD + "00", 4),
    "upper case": (GOOD.upper(), 4),
    "no hexadecimal": ("g" + GOOD[1:], 4),
    "not ASCII": ("\u00e9" * 64, 4),
    "with a zero byte": (GOOD[:63] + "\0", 4),
    "negative size": (GOOD, -1),
    "lowest size": (GOOD, -(2**63)),
}
# A length that runs beyond the end, a varint that never ends, field number zero, a group that never ends.
UNREADABLE = [b"\x0a\x7fab", b"\xff" * 11, b"\x02\x00", b"\x0b\x0b\x0b"]

target, instance, service = sys.argv[1:]
channel = grpc.insecure_channel(target, options=(("grpc.enable_http_proxy", 0),))
faults = []


def named(resource):
    return "%s/%s" % (instance, resource) if instance else resource


def digest(hash, size):
    return {"hash": hash, "size_bytes": size}


def call(method, *requests, raw=None):
    """The responses. Requests are fields of the method's own message, or bytes as they are."""
    wants_many, gives_many, request, response = parse(service, method)
    kind = ("stream" if wants_many else "unary") + "_" + ("stream" if gives_many else "unary")
    stub = getattr(channel, kind)("/%s/%s" % (service, method), lambda sent: sent, response.FromString)
    sent = raw if raw is not None else [request(**fields).SerializeToString() for fields in requests]
    answer = stub(iter(sent) if wants_many else sent[0], timeout=PATIENCE)
    return list(answer) if gives_many else [answer]


def refused(what, codes, method, *requests, raw=None):
    try:
        faults.append("%s %s: accepted, %s" % (method, what, call(method, *requests, raw=raw)))
    except grpc.RpcError as e:
        if e.code() not in codes:
            faults.append("%s %s: %s %s" % (method, what, e.code(), e.details()))


def refused_in_the_batch(what, method, **fields):
    """For its one blob, or as a whole."""
    try:
        for response in call(method, dict(instance_name=instance, **fields))[0].responses:
            if response.status.code != INVALID.value[0]:
                faults.append("%s %s: %s" % (method, what, response))
    except grpc.RpcError as e:
        if e.code() != INVALID:
            faults.append("%s %s: %s %s" % (method, what, e.code(), e.details()))


def of_cas():
    for what, bad in BAD_DIGESTS.items():
        refused(what, [INVALID], "FindMissingBlobs", dict(instance_name=instance, blob_digests=[digest(GOOD, 4), digest(*bad)]))
        refused(what, [INVALID], "GetTree", dict(instance_name=instance, root_digest=digest(*bad)))
        refused_in_the_batch(what, "BatchUpdateBlobs", requests=[dict(digest=digest(*bad), data=b"good")])
        refused_in_the_batch(what, "BatchReadBlobs", digests=[digest(*bad)])
    refused("without a digest", [INVALID], "GetTree", dict(instance_name=instance))
    refused("a page of nobody's", [INVALID, NOT_FOUND], "GetTree", dict(instance_name=instance, root_digest=digest(GOOD, 4), page_token="nobody's"))
    refused("a negative page", [INVALID, NOT_FOUND], "GetTree", dict(instance_name=instance, root_digest=digest(GOOD, 4), page_size=-1))
    for data in (b"", b"goo", b"goods", b"evil"):
        refused_in_the_batch("other content", "BatchUpdateBlobs", requests=[dict(digest=digest(GOOD, 4), data=data)])


def of_streams():
    spelled = lambda blob: "%s/%d" % (hashlib.sha256(blob).hexdigest(), len(blob))
    upload = lambda blob: named("uploads/%s/blobs/%s" % (uuid.uuid4(), spelled(blob)))
    part = lambda name, offset, data, finish=False: dict(resource_name=name, write_offset=offset, data=data, finish_write=finish)
    bad_names = ["", "/", "blobs", "blobs/", "blobs//4", "blobs/%s" % GOOD, "blobs/%s/" % GOOD, "blobs/%s/four" % GOOD, "blobs/%s/-4" % GOOD,
                 "blobs/%s/99999999999999999999" % GOOD, "blobs/%s/4" % GOOD[1:], "blobs/%s/4" % GOOD.upper(), "../blobs/%s/4" % GOOD[2:],
                 "compressed-blobs/%s/4" % GOOD, "compressed-blobs/none-such/%s/4" % GOOD, "a" * 5000, "\u00e9/\0/blobs"]
    for name in bad_names:
        refused(repr(name[:90]), [INVALID, NOT_FOUND, grpc.StatusCode.UNIMPLEMENTED], "Read", dict(resource_name=named(name)))
        for what in (named(name), named("uploads/%s/%s" % (uuid.uuid4(), name))):
            refused(repr(what[:90]), [INVALID, NOT_FOUND, grpc.StatusCode.UNIMPLEMENTED], "Write", part(what, 0, b"good", True))
            refused(repr(what[:90]), [INVALID, NOT_FOUND, grpc.StatusCode.UNIMPLEMENTED], "QueryWriteStatus", dict(resource_name=what))

    refused("nothing at all", [INVALID], "Write")
    # Each of a blob of its own: what is stored already is taken as soon as its name is heard.
    for what, codes, parts in (
        ("begins in the middle", [INVALID, OUT_OF_RANGE, FAILED], lambda name, blob: [part(name, 500, blob[500:], True)]),
        ("begins before the beginning", [INVALID, OUT_OF_RANGE], lambda name, blob: [part(name, -1, blob, True)]),
        ("a hole", [INVALID, OUT_OF_RANGE, FAILED], lambda name, blob: [part(name, 0, blob[:100]), part("", 200, blob[200:], True)]),
        ("another name", [INVALID], lambda name, blob: [part(name, 0, blob[:100]), part(upload(os.urandom(1000)), 100, blob[100:], True)]),
        ("too little", [INVALID], lambda name, blob: [part(name, 0, blob[:999], True)]),
        ("too much", [INVALID], lambda name, blob: [part(name, 0, blob + b"x", True)]),
        ("other bytes", [INVALID], lambda name, blob: [part(name, 0, bytes(1000), True)]),
        ("more after its end", [INVALID], lambda name, blob: [part(name, 0, blob[:999], True), part("", 999, blob[999:], True)]),
    ):
        blob = os.urandom(1000)
        refused(what, codes, "Write", *parts(upload(blob), blob))

    blob = os.urandom(1000)
    stored = call("Write", part(upload(blob), 0, blob[:100]), part("", 100, blob[100:], True))[0].committed_size
    if stored != len(blob):
        faults.append("Write: %d of %d bytes are stored" % (stored, len(blob)))
    for offset, limit in ((-1, 0), (1001, 0), (2**63 - 1, 0), (-(2**63), 0), (0, -1)):
        refused("%d, %d" % (offset, limit), [INVALID, OUT_OF_RANGE], "Read", dict(resource_name=named("blobs/" + spelled(blob)), read_offset=offset, read_limit=limit))
    refused("another size", [NOT_FOUND, INVALID], "Read", dict(resource_name=named("blobs/%s/999" % spelled(blob).split("/")[0])))
    if b"".join(response.data for response in call("Read", dict(resource_name=named("blobs/" + spelled(blob))))) != blob:
        faults.append("Read: other bytes than were written")


def of_results():
    for what, bad in BAD_DIGESTS.items():
        refused(what, [INVALID], "GetActionResult", dict(instance_name=instance, action_digest=digest(*bad)))
        refused(what, [INVALID], "UpdateActionResult", dict(instance_name=instance, action_digest=digest(*bad), action_result={}))
        refused("an output " + what, [INVALID, FAILED], "UpdateActionResult",
                dict(instance_name=instance, action_digest=digest(GOOD, 4), action_result=dict(output_files=[dict(path="a", digest=digest(*bad))])))
    refused("without a digest", [INVALID], "GetActionResult", dict(instance_name=instance))
    refused("without a result", [INVALID], "UpdateActionResult", dict(instance_name=instance, action_digest=digest(GOOD, 4)))


def of_execution():
    for what, bad in BAD_DIGESTS.items():
        refused(what, [INVALID], "Execute", dict(instance_name=instance, action_digest=digest(*bad)))
    refused("without a digest", [INVALID], "Execute", dict(instance_name=instance))
    refused("an action of nobody's", [FAILED], "Execute", dict(instance_name=instance, action_digest=digest(hashlib.sha256(os.urandom(9)).hexdigest(), 9)))
    for name in ("", "nobody's", "operations/", "operations/../x", "\0", "a" * 5000):
        refused(repr(name[:40]), [INVALID, NOT_FOUND], "WaitExecution", dict(name=name))


def of_operations():
    for name in ("", "nobody's", "operations/", "operations/../x", "\0", "a" * 5000):
        refused(repr(name[:40]), [INVALID, NOT_FOUND], "GetOperation", dict(name=name))
        refused(repr(name[:40]), [INVALID, NOT_FOUND], "CancelOperation", dict(name=name))
    refused("a negative page", [INVALID], "ListOperations", dict(name=named("operations"), page_size=-1))


def unreadable():
    """What cannot be read is the client's fault; gRPC's own servers say that it is theirs."""
    codes = [INVALID, grpc.StatusCode.UNIMPLEMENTED] + ([grpc.StatusCode.INTERNAL] if os.environ.get("REAPI_ADDRESS") else [])
    for method in methods_of(service):
        for sent in UNREADABLE:
            refused(repr(sent), codes, method, raw=[sent])


with channel:
    {CAS: of_cas, STREAMS: of_streams, RESULTS: of_results, EXECUTION: of_execution, OPERATIONS: of_operations}[service]()
    unreadable()
print("\n".join(faults) if faults else "PASS")
