using System.Buffers;
using System.Globalization;
using System.Text.RegularExpressions;

namespace Stackflare.Outputs;

/// <summary>A file path that contains <c>{pid}</c> and <c>{time}</c>.</summary>
internal sealed class PathPattern
{
    private const string Pid = "{pid}";
    private const string Time = "{time}";

    private static readonly SearchValues<char> Letters = SearchValues.Create("abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ");

    private readonly string _pattern;

    public PathPattern(string pattern)
    {
        ArgumentException.ThrowIfNullOrWhiteSpace(pattern);
        if (UnknownWord(pattern) is { } word)
            throw new ArgumentException($"The pattern has {word}; only {Pid} and {Time} are known.", nameof(pattern));
        // Resolved now and not for each dump: the program may change its directory.
        _pattern = Path.GetFullPath(pattern);
    }

    /// <summary>Whether dumps go to different files by themselves.</summary>
    public bool HasWord => _pattern.Contains(Pid, StringComparison.Ordinal) || _pattern.Contains(Time, StringComparison.Ordinal);

    /// <summary>The files that earlier dumps may have been written to, in no order. A word in the name of a directory counts as that of this dump.</summary>
    /// <param name="path">The path for this dump.</param>
    public IEnumerable<string> Earlier(string path)
    {
        string name = Path.GetFileName(_pattern);
        // Digits only for an id, digits and letters for a time: no other file of the directory fits.
        var names = new Regex(
            $"^{Regex.Escape(name).Replace(Regex.Escape(Pid), "[0-9]+", StringComparison.Ordinal).Replace(Regex.Escape(Time), "[0-9]{8}T[0-9]{6}[.][0-9]{3}Z", StringComparison.Ordinal)}$",
            RegexOptions.CultureInvariant);
        return Directory.EnumerateFiles(Path.GetDirectoryName(path)!).Where(f => names.IsMatch(Path.GetFileName(f)));
    }

    public override string ToString() => _pattern;

    /// <summary>The path for a dump.</summary>
    public string For(int processId, DateTimeOffset time) => _pattern
        .Replace(Pid, processId.ToString(CultureInfo.InvariantCulture), StringComparison.Ordinal)
        .Replace(Time, time.UtcDateTime.ToString("yyyyMMdd'T'HHmmss.fff'Z'", CultureInfo.InvariantCulture), StringComparison.Ordinal);

    /// <summary>
    /// The first unknown word in braces. It is more likely a typing error, such as <c>{PID}</c>, than an intended file name.
    /// </summary>
    private static string? UnknownWord(string pattern)
    {
        for (int open = pattern.IndexOf('{', StringComparison.Ordinal); open >= 0; open = pattern.IndexOf('{', open + 1))
        {
            int close = pattern.IndexOf('}', open);
            if (close < 0)
                return null;
            string word = pattern[open..(close + 1)];
            if (word is not (Pid or Time) && word.Length > 2 && word.AsSpan(1, word.Length - 2).IndexOfAnyExcept(Letters) < 0)
                return word;
        }
        return null;
    }
}
