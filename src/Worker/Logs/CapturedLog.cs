using BuildFarm.Digests;
using Google.Protobuf;

namespace BuildFarm.Worker.Logs;

/// <summary>All that a task wrote to one stream, stored where others read it.</summary>
/// <param name="Digest">Of the whole.</param>
/// <param name="Inline">The whole too when it is short; empty otherwise.</param>
/// <param name="Tail">The last bytes as text.</param>
internal sealed record CapturedLog(Digest Digest, ByteString Inline, string Tail);
