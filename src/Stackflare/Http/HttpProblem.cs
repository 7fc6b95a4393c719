namespace Stackflare.Http;

/// <summary>A response that is no dump.</summary>
/// <param name="Status">The status code.</param>
/// <param name="Sentence">What is wrong, for the client. Contains nothing of the process but what the request itself had.</param>
/// <param name="Header">An additional header as <c>Name: value</c>; null for none.</param>
internal sealed record HttpProblem(int Status, string Sentence, string? Header = null)
{
    public static HttpProblem Bad(string sentence) => new(400, sentence);

    /// <param name="sentence">Why not now.</param>
    /// <param name="after">When to try again.</param>
    public static HttpProblem TooMany(string sentence, TimeSpan after) => new(429, sentence, RetryAfter(after));

    public static HttpProblem Unavailable(string sentence) => new(503, sentence, RetryAfter(TimeSpan.FromSeconds(1)));

    /// <summary>The problem that a failed capture is. Its message stays here: it can name paths and settings of the process.</summary>
    public static HttpProblem Of(Exception error) => error is StackflareException known
        ? Unavailable($"No thread dump could be taken: {known.Error}.")
        : new HttpProblem(500, "No thread dump could be taken.");

    /// <summary>The name of the header, and its value; null if there is none.</summary>
    public (string Name, string Value)? HeaderParts => Header?.Split(": ", 2) is [var name, var value] ? (name, value) : null;

    private static string RetryAfter(TimeSpan time) => $"Retry-After: {(int)Math.Max(1, Math.Ceiling(time.TotalSeconds))}";
}
