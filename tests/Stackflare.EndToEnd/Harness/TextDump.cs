namespace Stackflare.EndToEnd.Harness;

/// <summary>A dump as text, cut at its empty lines.</summary>
internal sealed class TextDump(string text)
{
    private readonly string[] _blocks = text.Split("\n\n");

    public string Text => text;

    /// <summary>Whether the thread's block has come to its end.</summary>
    public bool HasWhole(string name) => Array.FindIndex(_blocks, b => IsOf(b, name)) is var i and >= 0 && i < _blocks.Length - 1;

    /// <summary>The thread's line and those below it.</summary>
    public IReadOnlyList<string> BlockOf(string name) => [.. _blocks.Single(b => IsOf(b, name)).Split('\n').SkipWhile(l => !l.StartsWith('"'))];

    /// <summary>The lines below the thread's own.</summary>
    public IReadOnlyList<string> LinesOf(string name) => [.. _blocks.Single(b => IsOf(b, name)).Split('\n').SkipWhile(l => !l.StartsWith('"')).Skip(1)];

    /// <summary>The frame lines, from the first that is not the harness's parking.</summary>
    public IReadOnlyList<string> FramesOf(string name)
    {
        string[] frames = [.. LinesOf(name).Where(l => l.StartsWith("   at ", StringComparison.Ordinal))];
        var parking = Array.FindLastIndex(frames, f => f.Contains("Stackflare.Targets.Common.Host.Park(", StringComparison.Ordinal));
        return frames[(parking + 1)..];
    }

    private static bool IsOf(string block, string name) => !block.StartsWith("Deadlock: ", StringComparison.Ordinal) && block.Split('\n').Any(l => l.StartsWith($"\"{name}\" ", StringComparison.Ordinal));
}
