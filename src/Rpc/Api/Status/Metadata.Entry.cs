using System.Buffers;
using System.Text;

namespace Grpc.Core;

public sealed partial class Metadata
{
    /// <summary>One header or trailer.</summary>
    public class Entry
    {
        private static readonly SearchValues<char> KeyCharacters = SearchValues.Create("abcdefghijklmnopqrstuvwxyz0123456789-_.");

        private readonly string? _text;
        private readonly byte[]? _bytes;

        /// <summary>A binary entry.</summary>
        /// <exception cref="ArgumentException">The key is not a header name, or does not end with <c>-bin</c>.</exception>
        public Entry(string key, byte[] valueBytes)
        {
            ArgumentNullException.ThrowIfNull(valueBytes);
            Key = Normalize(key);
            if (!IsBinary)
            {
                throw new ArgumentException($"Metadata key '{key}' must end with '{BinaryHeaderSuffix}' to carry bytes.", nameof(key));
            }

            _bytes = [.. valueBytes];
        }

        /// <summary>A text entry.</summary>
        /// <exception cref="ArgumentException">The key is not a header name, or ends with <c>-bin</c>.</exception>
        public Entry(string key, string value)
        {
            ArgumentNullException.ThrowIfNull(value);
            Key = Normalize(key);
            if (IsBinary)
            {
                throw new ArgumentException($"Metadata key '{key}' ends with '{BinaryHeaderSuffix}' and so carries bytes, not text.", nameof(key));
            }

            _text = value;
        }

        private Entry(string key, string? text, byte[]? bytes)
        {
            Key = key;
            _text = text;
            _bytes = bytes;
        }

        /// <summary>The key, lower-case.</summary>
        public string Key { get; }

        /// <summary>The bytes; of a text entry, its ASCII encoding.</summary>
        public byte[] ValueBytes => _bytes is null ? Encoding.ASCII.GetBytes(_text!) : [.. _bytes];

        /// <summary>The text.</summary>
        /// <exception cref="InvalidOperationException">The entry is binary.</exception>
        public string Value => _text ?? throw new InvalidOperationException($"Metadata entry '{Key}' is binary; read ValueBytes.");

        /// <summary>Whether the entry carries bytes.</summary>
        public bool IsBinary => HasBinarySuffix(Key);

        /// <summary>The bytes of a binary entry without a copy; nobody may change them.</summary>
        internal ReadOnlySpan<byte> BinaryValue => _bytes;

        /// <inheritdoc />
        public override string ToString() => _bytes is null
            ? $"[Entry: key={Key}, value={_text}]"
            : $"[Entry: key={Key}, valueBytes={Convert.ToHexStringLower(_bytes)}]";

        /// <summary>An entry from the wire: the key is lower-case and valid, and the array is the entry's to keep.</summary>
        internal static Entry FromWire(string key, byte[] valueBytes) => new(key, null, valueBytes);

        /// <summary>An entry from the wire: the key is lower-case and valid.</summary>
        internal static Entry FromWire(string key, string value) => new(key, value, null);

        internal static bool HasBinarySuffix(string key) => key.EndsWith(BinaryHeaderSuffix, StringComparison.Ordinal);

        internal bool HasKey(string key) => string.Equals(Key, key, StringComparison.OrdinalIgnoreCase);

        private static string Normalize(string key)
        {
            ArgumentNullException.ThrowIfNull(key);
            if (key.Length > 0 && !key.AsSpan().ContainsAnyExcept(KeyCharacters))
            {
                return key;
            }

#pragma warning disable CA1308 // HTTP/2 field names are lower-case.
            var lower = key.ToLowerInvariant();
#pragma warning restore CA1308
            return key.Length > 0 && !lower.AsSpan().ContainsAnyExcept(KeyCharacters)
                ? lower
                : throw new ArgumentException($"Metadata key '{key}' must be letters, digits, '-', '_' and '.'.", nameof(key));
        }
    }
}
