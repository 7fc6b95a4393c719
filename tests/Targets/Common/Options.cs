using System.Globalization;

namespace Stackflare.Targets.Common;

/// <summary>The command line: a shape's name, then <c>--key value</c> pairs; a key may come more than once.</summary>
public sealed class Options
{
    private readonly List<(string Key, string Value)> _pairs = [];

    private Options(string shape) => Shape = shape;

    /// <summary>The name of the shape.</summary>
    public string Shape { get; }

    /// <summary>Reads a command line.</summary>
    /// <param name="args">The arguments.</param>
    public static Options Parse(string[] args)
    {
        if (args.Length % 2 != 1)
            throw new ArgumentException("usage: <shape> [--key value]...", nameof(args));

        var options = new Options(args[0]);
        for (var i = 1; i < args.Length; i += 2)
            options._pairs.Add((args[i], args[i + 1]));
        return options;
    }

    /// <summary>Every value given for a key.</summary>
    /// <param name="key">The key, with its dashes.</param>
    public IEnumerable<string> All(string key) => _pairs.Where(p => p.Key == key).Select(p => p.Value);

    /// <summary>The last value given for a key, or a default.</summary>
    /// <param name="key">The key, with its dashes.</param>
    /// <param name="fallback">The default.</param>
    public string Get(string key, string fallback) => All(key).LastOrDefault(fallback);

    /// <summary>The last number given for a key, or a default.</summary>
    /// <param name="key">The key, with its dashes.</param>
    /// <param name="fallback">The default.</param>
    public int Number(string key, int fallback) => All(key).LastOrDefault() is { } value ? int.Parse(value, CultureInfo.InvariantCulture) : fallback;
}
