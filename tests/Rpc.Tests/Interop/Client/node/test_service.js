// grpc.testing.TestService on @grpc/grpc-js.
// Usage: test_service.js PROTO_ROOT. Prints "listening PORT", and ends when its standard input does.
'use strict';
const grpc = require('@grpc/grpc-js');
const loader = require('@grpc/proto-loader');

const definition = loader.loadSync('grpc/testing/test.proto', { includeDirs: [process.argv[2]], keepCase: true, longs: Number });
const { TestService } = grpc.loadPackageDefinition(definition).grpc.testing;

function echoMetadata(call) {
  const initial = call.metadata.get('x-grpc-test-echo-initial');
  if (initial.length > 0) {
    const headers = new grpc.Metadata();
    headers.set('x-grpc-test-echo-initial', initial[0]);
    call.sendMetadata(headers);
  }
  const trailers = new grpc.Metadata();
  const trailing = call.metadata.get('x-grpc-test-echo-trailing-bin');
  if (trailing.length > 0) {
    trailers.set('x-grpc-test-echo-trailing-bin', trailing[0]);
  }
  return trailers;
}

function failureOf(request) {
  const status = request.response_status;
  return status && status.code !== 0 ? { code: status.code, details: status.message } : null;
}

async function writeOutputs(call, request) {
  for (const parameters of request.response_parameters || []) {
    if (parameters.interval_us) {
      await new Promise((resolve) => setTimeout(resolve, parameters.interval_us / 1000));
    }
    if (!call.write({ payload: { body: Buffer.alloc(parameters.size) } })) {
      await new Promise((resolve) => call.once('drain', resolve));
    }
  }
}

const service = {
  EmptyCall(call, callback) {
    callback(null, {}, echoMetadata(call));
  },
  UnaryCall(call, callback) {
    const trailers = echoMetadata(call);
    const failure = failureOf(call.request);
    if (failure) {
      callback(failure);
      return;
    }
    callback(null, { payload: { body: Buffer.alloc(call.request.response_size) } }, trailers);
  },
  async StreamingOutputCall(call) {
    const trailers = echoMetadata(call);
    await writeOutputs(call, call.request);
    call.end(trailers);
  },
  StreamingInputCall(call, callback) {
    const trailers = echoMetadata(call);
    let size = 0;
    call.on('data', (request) => { size += request.payload ? request.payload.body.length : 0; });
    call.on('end', () => callback(null, { aggregated_payload_size: size }, trailers));
    call.on('error', () => {});
  },
  FullDuplexCall(call) {
    const trailers = echoMetadata(call);
    let work = Promise.resolve();
    call.on('data', (request) => {
      const failure = failureOf(request);
      work = work.then(() => (failure ? call.emit('error', failure) : writeOutputs(call, request)));
    });
    call.on('end', () => { work = work.then(() => call.end(trailers)); });
    call.on('error', () => {});
  },
};

const implemented = Object.fromEntries(Object.entries(TestService.service).filter(([name]) => name in service));
const server = new grpc.Server({ 'grpc.max_receive_message_length': -1 });
server.addService(implemented, service);
server.bindAsync('127.0.0.1:0', grpc.ServerCredentials.createInsecure(), (error, port) => {
  if (error) {
    throw error;
  }
  console.log(`listening ${port}`);
});
process.stdin.resume();
process.stdin.on('end', () => process.exit(0));
