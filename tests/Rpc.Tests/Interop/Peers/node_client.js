// The client's side of gRPC's interop tests on @grpc/grpc-js. Usage: node_client.js TARGET CASE
'use strict';

const assert = require('assert');
const path = require('path');
const grpc = require('@grpc/grpc-js');
const loader = require('@grpc/proto-loader');

const [target, testCase] = process.argv.slice(2);
const definition = loader.loadSync('grpc/testing/test.proto', { includeDirs: [process.env.INTEROP_PROTOS], keepCase: true, longs: Number });
const { TestService, UnimplementedService } = grpc.loadPackageDefinition(definition).grpc.testing;
const MIB = 1024 * 1024;
const INITIAL = 'x-grpc-test-echo-initial';
const TRAILING = 'x-grpc-test-echo-trailing-bin';
const NO_COMPRESS = 2;
const GZIP = 2;

const connect = (options) => new TestService(target, grpc.credentials.createInsecure(), { 'grpc.enable_http_proxy': 0, ...options });
const zeros = (size) => ({ body: Buffer.alloc(size) });
const largeRequest = (fields) => ({ response_size: 314159, payload: zeros(271828), ...fields });
const outputRequest = (...sizes) => ({ response_parameters: sizes.map((size) => ({ size })) });
const sizeOf = (response) => response.payload.body.length;
const promise = (start) => new Promise((resolve, reject) => start((error, value) => (error ? reject(error) : resolve(value))));
const unary = (client, method, request) => promise((done) => client[method](request, done));

async function fails(code, work, details) {
  try {
    await work();
  } catch (error) {
    assert.strictEqual(error.code, code, error.message);
    if (details !== undefined) assert.strictEqual(error.details, details);
    return;
  }
  assert.fail('expected status ' + code);
}

async function readAll(call) {
  const sizes = [];
  for await (const response of call) sizes.push(sizeOf(response));
  return sizes;
}

const one = (call) => new Promise((resolve, reject) => { call.once('data', resolve); call.once('error', reject); });
const finished = (call) => new Promise((resolve, reject) => { call.on('data', () => {}); call.once('end', resolve); call.once('error', reject); });

const cases = {
  async empty_unary(client) {
    assert.deepStrictEqual({ ...(await unary(client, 'EmptyCall', {})) }, {});
  },
  async large_unary(client) {
    assert.strictEqual(sizeOf(await unary(client, 'UnaryCall', largeRequest())), 314159);
  },
  async client_streaming(client) {
    const response = await promise((done) => {
      const call = client.StreamingInputCall(done);
      for (const size of [27182, 8, 1828, 45904]) call.write({ payload: zeros(size) });
      call.end();
    });
    assert.strictEqual(response.aggregated_payload_size, 74922);
  },
  async server_streaming(client) {
    const sizes = [31415, 9, 2653, 58979];
    assert.deepStrictEqual(await readAll(client.StreamingOutputCall(outputRequest(...sizes))), sizes);
  },
  async ping_pong(client) {
    const call = client.FullDuplexCall();
    for (const [size, sent] of [[31415, 27182], [9, 8], [2653, 1828], [58979, 45904]]) {
      call.write({ ...outputRequest(size), payload: zeros(sent) });
      assert.strictEqual(sizeOf(await one(call)), size);
    }
    call.end();
    await finished(call);
  },
  async empty_stream(client) {
    const call = client.FullDuplexCall();
    call.end();
    assert.deepStrictEqual(await readAll(call), []);
  },
  async cancel_after_begin(client) {
    await fails(grpc.status.CANCELLED, () => promise((done) => client.StreamingInputCall(done).cancel()));
  },
  async cancel_after_first_response(client) {
    const call = client.FullDuplexCall();
    call.write({ ...outputRequest(31415), payload: zeros(27182) });
    assert.strictEqual(sizeOf(await one(call)), 31415);
    call.cancel();
    await fails(grpc.status.CANCELLED, () => finished(call));
  },
  async timeout_on_sleeping_server(client) {
    const call = client.FullDuplexCall({ deadline: Date.now() + 1 });
    call.write({ payload: zeros(27182) });
    await fails(grpc.status.DEADLINE_EXCEEDED, () => finished(call));
  },
  async status_code_and_message(client) {
    const response_status = { code: 2, message: 'test status message' };
    await fails(2, () => unary(client, 'UnaryCall', { response_status }), response_status.message);
    const call = client.FullDuplexCall();
    call.write({ response_status });
    await fails(2, () => finished(call), response_status.message);
  },
  async special_status_message(client) {
    const message = '\t\ntest with whitespace\r\nand Unicode BMP \u263a and non-BMP \u{1f608}\t\n';
    await fails(2, () => unary(client, 'UnaryCall', { response_status: { code: 2, message } }), message);
  },
  async custom_metadata(client) {
    const metadata = new grpc.Metadata();
    metadata.set(INITIAL, 'test_initial_metadata_value');
    metadata.set(TRAILING, Buffer.from('ababab', 'hex'));
    const seen = (call) => Promise.all([
      new Promise((resolve) => call.once('metadata', resolve)), new Promise((resolve) => call.once('status', resolve)),
    ]).then(([headers, status]) => {
      assert.deepStrictEqual(headers.get(INITIAL), ['test_initial_metadata_value']);
      assert.deepStrictEqual(status.metadata.get(TRAILING), [Buffer.from('ababab', 'hex')]);
    });
    let observed;
    const response = await promise((done) => { observed = seen(client.UnaryCall(largeRequest(), metadata, done)); });
    assert.strictEqual(sizeOf(response), 314159);
    await observed;
    const call = client.FullDuplexCall(metadata);
    observed = seen(call);
    call.write(outputRequest(314159));
    call.end();
    assert.deepStrictEqual(await readAll(call), [314159]);
    await observed;
  },
  async unimplemented_method(client) {
    await fails(grpc.status.UNIMPLEMENTED, () => unary(client, 'UnimplementedCall', {}));
  },
  async unimplemented_service() {
    const client = new UnimplementedService(target, grpc.credentials.createInsecure());
    await fails(grpc.status.UNIMPLEMENTED, () => unary(client, 'UnimplementedCall', {}));
    client.close();
  },
  async client_compressed_unary(client) {
    const compressing = connect({ 'grpc.default_compression_algorithm': GZIP });
    await fails(grpc.status.INVALID_ARGUMENT, () => unary(client, 'UnaryCall', largeRequest({ expect_compressed: { value: true } })));
    assert.strictEqual(sizeOf(await unary(compressing, 'UnaryCall', largeRequest({ expect_compressed: { value: true } }))), 314159);
    assert.strictEqual(sizeOf(await unary(client, 'UnaryCall', largeRequest({ expect_compressed: { value: false } }))), 314159);
    compressing.close();
  },
  async client_compressed_streaming(client) {
    const compressing = connect({ 'grpc.default_compression_algorithm': GZIP });
    await fails(grpc.status.INVALID_ARGUMENT, () => promise((done) => {
      const call = client.StreamingInputCall(done);
      call.write({ expect_compressed: { value: true }, payload: zeros(27182) });
      call.end();
    }));
    const response = await promise((done) => {
      const call = compressing.StreamingInputCall(done);
      call.write({ expect_compressed: { value: true }, payload: zeros(27182) });
      call.write({ expect_compressed: { value: false }, payload: zeros(45904) }, NO_COMPRESS);
      call.end();
    });
    assert.strictEqual(response.aggregated_payload_size, 73086);
    compressing.close();
  },
  async server_compressed_unary(client) {
    for (const value of [true, false]) {
      assert.strictEqual(sizeOf(await unary(client, 'UnaryCall', largeRequest({ response_compressed: { value } }))), 314159);
    }
  },
  async server_compressed_streaming(client) {
    const request = { response_parameters: [{ size: 31415, compressed: { value: true } }, { size: 92653, compressed: { value: false } }] };
    assert.deepStrictEqual(await readAll(client.StreamingOutputCall(request)), [31415, 92653]);
  },
  // Not in the list: the server ends the call with a status while the client still sends.
  async early_status_while_uploading(client) {
    const call = client.FullDuplexCall();
    let open = true;
    const pump = () => { while (open && call.write({ payload: zeros(64 * 1024) })); };
    call.write({ response_status: { code: 9, message: 'enough' }, payload: zeros(1000) });
    call.on('drain', pump);
    pump();
    await fails(9, () => finished(call), 'enough');
    open = false;
  },
  // Not in the list: the server sleeps far longer than the deadline.
  async deadline_of_a_hanging_handler(client) {
    const request = { response_parameters: [{ size: 1, interval_us: 30000000 }] };
    await fails(grpc.status.DEADLINE_EXCEEDED, () => readAll(client.StreamingOutputCall(request, { deadline: Date.now() + 200 })));
  },
  // Not in the list: messages of 3 MiB, larger than every window's start.
  async large_messages_both_ways(client) {
    const call = client.FullDuplexCall();
    for (let i = 0; i < 8; i++) call.write({ ...outputRequest(3 * MIB), payload: zeros(3 * MIB) });
    call.end();
    assert.deepStrictEqual(await readAll(call), Array(8).fill(3 * MIB));
  },
};

const client = connect();
cases[testCase](client).then(() => { console.log('PASS'); client.close(); process.exit(0); }, (error) => { console.error(error); process.exit(1); });
