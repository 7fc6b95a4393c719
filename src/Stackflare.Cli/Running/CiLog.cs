using System.Globalization;
using System.Text;
using Stackflare.Interop;
using Stackflare.Model;

namespace Stackflare.Cli.Running;

/// <summary>
/// A log of a build service, or any other output. In GitHub Actions and Azure Pipelines, a dump is a group that can be folded, and nothing in it is
/// taken for a command of the service.
/// </summary>
/// <param name="descriptor">Where it is written.</param>
/// <param name="token">With this word, texts end in which the service looks for no commands.</param>
internal sealed class CiLog(int descriptor, string token)
{
    private const int MaxSummaryLines = 60, PipeBytes = 4096;

    /// <summary>Standard output and standard error.</summary>
    public const int Output = 1, Error = 2;

    private readonly Service _service =
        Environment.GetEnvironmentVariable("GITHUB_ACTIONS") is "true" ? Service.GitHub
        : Environment.GetEnvironmentVariable("TF_BUILD") is "True" ? Service.Azure
        : Service.None;

    private enum Service
    {
        None,
        GitHub,
        Azure,
    }

    /// <summary>A word that no text contains by chance or by intent.</summary>
    public static string NewToken() => RandomId.New().ToString("N");

    /// <summary>Writes one line, which the service shows as a warning.</summary>
    public void Warn(string text) => Write(Warning(text));

    /// <summary>The same without waiting for a reader: if there is no room, the line is lost. So it never blocks.</summary>
    public void TryWarn(string text) => TryWrite(Warning(text));

    /// <summary>Ends what a writer to this log has begun that was killed, without waiting for a reader.</summary>
    public void Recover()
    {
        if (_service is not Service.None)
            TryWrite(_service is Service.GitHub ? $"\n::{token}::\n::endgroup::\n" : "\n##[endgroup]\n");
    }

    private string Warning(string text) => _service switch
    {
        Service.GitHub => $"\n::warning title=stackflare::{Defused(text).Replace("%", "%25", StringComparison.Ordinal)}\n",
        Service.Azure => $"\n##vso[task.logissue type=warning]stackflare: {Defused(text)}\n",
        _ => $"stackflare: {text}\n",
    };

    /// <summary>Writes one line.</summary>
    public void Say(string text) => Write($"stackflare: {Defused(text)}\n");

    /// <summary>Writes a text that the service must not interpret.</summary>
    public void WriteText(ReadOnlySpan<byte> text)
    {
        if (_service is Service.GitHub)
            Write($"\n::stop-commands::{token}\n");
        if (_service is Service.Azure)
            Write(Defused(Encoding.UTF8.GetString(text)));
        else
            Write(text);
        if (_service is Service.GitHub)
            Write($"\n::{token}::\n");
    }

    /// <summary>Writes the dump of a process.</summary>
    /// <param name="title">What the group is called.</param>
    /// <param name="dump">The dump.</param>
    public void WriteDump(string title, ReadOnlySpan<byte> dump)
    {
        Write(_service switch
        {
            Service.GitHub => $"\n::group::{Defused(title)}\n",
            Service.Azure => $"\n##[group]{Defused(title)}\n",
            _ => "\n",
        });
        WriteText(dump);
        if (_service is not Service.None)
            Write(_service is Service.GitHub ? "\n::endgroup::\n" : "\n##[endgroup]\n");
    }

    /// <summary>Adds the first lines of a dump to the summary of the job, if the service has one.</summary>
    /// <param name="title">A heading.</param>
    /// <param name="dump">The dump.</param>
    /// <param name="directory">Where files may be written; null if nowhere.</param>
    public void Summarize(string title, ReadOnlySpan<byte> dump, string? directory)
    {
        string? file = _service switch
        {
            Service.GitHub => Environment.GetEnvironmentVariable("GITHUB_STEP_SUMMARY"),
            Service.Azure when directory is not null => Path.GetFullPath(Path.Combine(directory, string.Create(CultureInfo.InvariantCulture, $"summary-{Environment.ProcessId}.md"))),
            _ => null,
        };
        if (file is not { Length: > 0 })
            return;
        string[] lines = Encoding.UTF8.GetString(dump).Split('\n');
        string fence = new('`', lines.Max(LongestFence) + 3);
        try
        {
            File.AppendAllText(file, $"### {title}\n\n{fence}text\n{string.Join('\n', lines.Take(MaxSummaryLines)).TrimEnd('\n')}\n{fence}\n\n");
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            Say($"The summary was not written: {EscapedText.Plain(e.Message)}");
            return;
        }
        if (_service is Service.Azure)
            Write($"##vso[task.uploadsummary]{file}\n");
    }

    /// <summary>The services look for commands of this kind anywhere in a line.</summary>
    private string Defused(string text) => _service is Service.None ? text : text.Replace("##", "# #", StringComparison.Ordinal).Replace("##", "# #", StringComparison.Ordinal);

    private static int LongestFence(string line)
    {
        int longest = 0, length = 0;
        foreach (char c in line)
            longest = Math.Max(longest, length = c == '`' ? length + 1 : 0);
        return longest;
    }

    private void TryWrite(string text)
    {
        byte[] bytes = Encoding.UTF8.GetBytes(text);
        // A pipe with any room has room for this much.
        if (Posix.PollWritable(descriptor, 0) > 0)
            _ = Posix.Write(descriptor, bytes.AsSpan(0, Math.Min(bytes.Length, PipeBytes)));
    }

    private void Write(string text) => Write(Encoding.UTF8.GetBytes(text));

    /// <summary>An error is ignored: a reader that has gone is no reason to end the command.</summary>
    private void Write(ReadOnlySpan<byte> bytes) => _ = ResultOutput.WriteAll(descriptor, bytes);
}
