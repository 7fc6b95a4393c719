using System.Text;

namespace Stackflare.Writers.Text;

/// <summary>Describes exceptions as .NET prints them, in one line. Not escaped.</summary>
internal static class ExceptionText
{
    private const int MaxMessage = 200;

    /// <summary>What all threads of a group handle: the type alone, if their exceptions say different things.</summary>
    public static string Describe(DumpException first, IReadOnlyList<DumpThread> threads)
    {
        string text = Describe(first);
        return threads.All(t => t.CurrentException is { } other && Describe(other) == text) ? text : first.Type;
    }

    /// <summary>For example <c>System.InvalidOperationException: No seat left. ---> System.TimeoutException: No answer.</c></summary>
    public static string Describe(DumpException exception)
    {
        var text = new StringBuilder();
        for (DumpException? at = exception; at is not null; at = at.Inner)
        {
            text.Append(text.Length == 0 ? "" : " ---> ").Append(at.Type);
            if (at.Message is { Length: > 0 } message)
                text.Append(": ").Append(message.Length <= MaxMessage ? message : string.Concat(message.AsSpan(0, MaxMessage), "..."));
        }
        return text.ToString();
    }
}
