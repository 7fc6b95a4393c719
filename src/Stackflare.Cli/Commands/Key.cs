using Stackflare.Model;

namespace Stackflare.Cli.Commands;

/// <summary>Reads the key of a redaction.</summary>
internal static class Key
{
    private const int MostBytes = 1 << 20;

    /// <param name="file">A file, or a pipe.</param>
    /// <param name="addError">Gets what is wrong.</param>
    /// <returns>Null if there was an error.</returns>
    public static Redaction? Read(string file, Action<string> addError)
    {
        try
        {
            using FileStream stream = File.OpenRead(file);
            byte[] bytes = new byte[MostBytes];
            int length = stream.ReadAtLeast(bytes, MostBytes, throwOnEndOfStream: false);
            if (length >= Redaction.LeastKeyBytes)
                return new Redaction(bytes.AsSpan(0, length));
            addError($"--redact-key: '{EscapedText.Plain(file)}' has {length} bytes. A key needs at least {Redaction.LeastKeyBytes}.");
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            addError($"--redact-key: {EscapedText.Plain(e.Message.TrimEnd('.'))}.");
        }
        return null;
    }
}
