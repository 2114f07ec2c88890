namespace Grpc.Core;

/// <summary>A further check of a server's certificate, after the usual ones have passed; false refuses it.</summary>
public delegate bool VerifyPeerCallback(VerifyPeerContext context);
