namespace Stackflare;

/// <summary>Limits for the files of <see cref="DumpOutput.File(string, FileRotation)"/>. Immutable.</summary>
public sealed record FileRotation
{
    /// <summary>
    /// How many files are kept, with the current one; 10 by default. If the pattern contains <c>{time}</c> or <c>{pid}</c>, these are all files with a
    /// name that fits, also those of earlier processes; the oldest are deleted. Otherwise, earlier files are called <c>dump.txt.1</c> to <c>dump.txt.9</c>,
    /// and the first is the newest. Only regular files of the process's own user are renamed or deleted.
    /// </summary>
    public int MaxFiles
    { get; init => field = OptionValue.Positive(value, nameof(MaxFiles)); } = 10;

    /// <summary>
    /// How many bytes a file has before the next dump goes to a new one; 16 MiB by default. A dump is never split, so a file with one dump can be larger.
    /// </summary>
    public long MaxFileBytes
    {
        get;
        init
        {
            ArgumentOutOfRangeException.ThrowIfNegativeOrZero(value, nameof(MaxFileBytes));
            field = value;
        }
    } = 16 << 20;
}
