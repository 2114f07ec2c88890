using Grpc.Net.Compression;

namespace Grpc.Net.Client.Calls;

/// <summary>How the messages of a call are written.</summary>
internal readonly record struct CallMessages(int? MaxSendSize, ICompressionProvider? RequestCompression);
