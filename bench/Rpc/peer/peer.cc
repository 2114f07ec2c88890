// The peer of `bench rpc`: client and server in one process on gRPC's C++ library, callback API on both sides.
// Arguments: seconds of unary calls, calls in flight, bytes to stream each way. Prints one line of JSON.
#include <algorithm>
#include <atomic>
#include <chrono>
#include <condition_variable>
#include <cstdio>
#include <cstdlib>
#include <memory>
#include <mutex>
#include <string>
#include <vector>

#include <grpcpp/grpcpp.h>

#include "bench.grpc.pb.h"

using buildfarm::bench::Bench;
using buildfarm::bench::DownloadRequest;
using buildfarm::bench::Payload;
using buildfarm::bench::UploadResponse;
using Clock = std::chrono::steady_clock;

namespace {

constexpr int kMessageBytes = 256 * 1024;

class DownloadReactor final : public grpc::ServerWriteReactor<Payload> {
 public:
  explicit DownloadReactor(const DownloadRequest& request) : left_(request.total_bytes()) {
    payload_.mutable_body()->assign(request.message_bytes(), 'd');
    Next();
  }
  void OnWriteDone(bool ok) override { ok ? Next() : Finish(grpc::Status::CANCELLED); }
  void OnDone() override { delete this; }

 private:
  void Next() {
    if (left_ <= 0) return Finish(grpc::Status::OK);
    left_ -= static_cast<int64_t>(payload_.body().size());
    StartWrite(&payload_);
  }
  int64_t left_;
  Payload payload_;
};

class UploadReactor final : public grpc::ServerReadReactor<Payload> {
 public:
  explicit UploadReactor(UploadResponse* response) : response_(response) { StartRead(&payload_); }
  void OnReadDone(bool ok) override {
    if (!ok) {
      response_->set_total_bytes(total_);
      return Finish(grpc::Status::OK);
    }
    total_ += static_cast<int64_t>(payload_.body().size());
    StartRead(&payload_);
  }
  void OnDone() override { delete this; }

 private:
  UploadResponse* response_;
  int64_t total_ = 0;
  Payload payload_;
};

class Service final : public Bench::CallbackService {
  grpc::ServerUnaryReactor* Echo(grpc::CallbackServerContext* context, const Payload* request, Payload* response) override {
    *response->mutable_body() = request->body();
    auto* reactor = context->DefaultReactor();
    reactor->Finish(grpc::Status::OK);
    return reactor;
  }
  grpc::ServerWriteReactor<Payload>* Download(grpc::CallbackServerContext*, const DownloadRequest* request) override {
    return new DownloadReactor(*request);
  }
  grpc::ServerReadReactor<Payload>* Upload(grpc::CallbackServerContext*, UploadResponse* response) override {
    return new UploadReactor(response);
  }
};

// Keeps a fixed number of unary calls in flight until the time is over.
class UnaryLoad {
 public:
  UnaryLoad(Bench::Stub* stub, double seconds, int in_flight) : stub_(stub), seconds_(seconds), active_(in_flight) {
    request_.mutable_body()->assign(100, 'u');
  }

  void Run(int in_flight) {
    start_ = Clock::now();
    end_ = start_ + std::chrono::duration_cast<Clock::duration>(std::chrono::duration<double>(seconds_));
    for (int i = 0; i < in_flight; i++) Call();
    std::unique_lock<std::mutex> lock(mutex_);
    done_.wait(lock, [this] { return active_ == 0; });
    elapsed_ = std::chrono::duration<double>(Clock::now() - start_).count();
    std::sort(micros_.begin(), micros_.end());
  }

  double PerSecond() const { return static_cast<double>(micros_.size()) / elapsed_; }
  double Percentile(double p) const { return micros_.empty() ? 0 : micros_[static_cast<size_t>(p * static_cast<double>(micros_.size() - 1))]; }

 private:
  struct InFlight {
    grpc::ClientContext context;
    Payload response;
    Clock::time_point started;
  };

  void Call() {
    auto* call = new InFlight;
    call->started = Clock::now();
    stub_->async()->Echo(&call->context, &request_, &call->response, [this, call](grpc::Status status) {
      if (!status.ok()) {
        std::fprintf(stderr, "peer: %s\n", status.error_message().c_str());
        std::exit(1);
      }
      const auto now = Clock::now();
      const double micros = std::chrono::duration<double, std::micro>(now - call->started).count();
      delete call;
      {
        std::lock_guard<std::mutex> lock(mutex_);
        micros_.push_back(micros);
        if (now >= end_) {
          if (--active_ == 0) done_.notify_all();
          return;
        }
      }
      Call();
    });
  }

  Bench::Stub* stub_;
  double seconds_;
  int active_;
  Payload request_;
  Clock::time_point start_, end_;
  double elapsed_ = 0;
  std::mutex mutex_;
  std::condition_variable done_;
  std::vector<double> micros_;
};

double Download(Bench::Stub* stub, int64_t bytes) {
  grpc::ClientContext context;
  DownloadRequest request;
  request.set_total_bytes(bytes);
  request.set_message_bytes(kMessageBytes);
  const auto start = Clock::now();
  auto reader = stub->Download(&context, request);
  Payload payload;
  int64_t got = 0;
  while (reader->Read(&payload)) got += static_cast<int64_t>(payload.body().size());
  if (!reader->Finish().ok() || got != bytes) std::exit(1);
  return static_cast<double>(bytes) / std::chrono::duration<double>(Clock::now() - start).count();
}

double Upload(Bench::Stub* stub, int64_t bytes) {
  grpc::ClientContext context;
  UploadResponse response;
  Payload payload;
  payload.mutable_body()->assign(kMessageBytes, 'u');
  const auto start = Clock::now();
  auto writer = stub->Upload(&context, &response);
  for (int64_t left = bytes; left > 0; left -= kMessageBytes) {
    if (!writer->Write(payload)) std::exit(1);
  }
  writer->WritesDone();
  if (!writer->Finish().ok() || response.total_bytes() != bytes) std::exit(1);
  return static_cast<double>(bytes) / std::chrono::duration<double>(Clock::now() - start).count();
}

}  // namespace

int main(int argc, char** argv) {
  if (argc != 4) {
    std::fprintf(stderr, "usage: peer SECONDS IN_FLIGHT BYTES\n");
    return 2;
  }
  const double seconds = std::atof(argv[1]);
  const int in_flight = std::atoi(argv[2]);
  const int64_t bytes = std::atoll(argv[3]);

  Service service;
  int port = 0;
  grpc::ServerBuilder builder;
  builder.AddListeningPort("127.0.0.1:0", grpc::InsecureServerCredentials(), &port);
  builder.RegisterService(&service);
  auto server = builder.BuildAndStart();
  auto stub = Bench::NewStub(grpc::CreateChannel("127.0.0.1:" + std::to_string(port), grpc::InsecureChannelCredentials()));

  UnaryLoad(stub.get(), 1, in_flight).Run(in_flight);
  UnaryLoad load(stub.get(), seconds, in_flight);
  load.Run(in_flight);
  Download(stub.get(), bytes / 8);
  const double down = Download(stub.get(), bytes);
  Upload(stub.get(), bytes / 8);
  const double up = Upload(stub.get(), bytes);
  std::printf("{\"unary_per_second\":%.0f,\"p50_us\":%.0f,\"p99_us\":%.0f,\"download_bytes_per_second\":%.0f,\"upload_bytes_per_second\":%.0f}\n",
              load.PerSecond(), load.Percentile(0.5), load.Percentile(0.99), down, up);
  server->Shutdown();
  return 0;
}
