using System.Collections;
using System.IO.Compression;
using System.Reflection;
using System.Text;
using Stackflare.Analysis;
using Stackflare.Tests.Writers;
using Stackflare.Writers;
using Stackflare.Writers.Profiles;

namespace Stackflare.Tests.Redacting;

/// <summary>Nothing of the model is forgotten: each string is replaced or on a list, and everything else is copied.</summary>
public sealed class RedactedGraphTests
{
    /// <summary>Strings that are kept, with the reason.</summary>
    private static readonly HashSet<string> Kept =
    [
        // Stackflare makes it of the kernel's and the processor's names.
        $"{nameof(DumpedProcess)}.{nameof(DumpedProcess.Platform)}",
        // A function of the kernel.
        $"{nameof(RuntimeThread)}.{nameof(RuntimeThread.WaitChannel)}",
        // Written by Stackflare without data of the program. Notes has them and no others.
        $"{nameof(ThreadDump)}.{nameof(ThreadDump.PublicNotes)}",
        $"{nameof(ThreadDump)}.{nameof(ThreadDump.Notes)}",
    ];

    /// <summary>What is not copied, with the reason.</summary>
    private static readonly HashSet<string> Changed =
    [
        // They have sentences, and are made again.
        $"{nameof(ThreadDump)}.{nameof(ThreadDump.Findings)}",
        $"{nameof(ThreadDump)}.{nameof(ThreadDump.Notes)}",
        $"{nameof(ThreadDump)}.{nameof(ThreadDump.IsRedacted)}",
        // It finds the name of a published library.
        $"{nameof(ModuleIdentity)}.{nameof(ModuleIdentity.Mvid)}",
        // There is no text.
        $"{nameof(SourceLocation)}.{nameof(SourceLocation.TextOrigin)}",
    ];

    public static TheoryData<int> Seeds => [.. Enumerable.Range(0, 16)];

    [Theory, MemberData(nameof(Seeds))]
    public void NoStringOfTheModelIsLeft(int seed)
    {
        ThreadDump dump = MarkedDump.Of(seed);
        string[] marked = [.. Strings(dump).Where(static s => s.Text.Contains(MarkedDump.Marker, StringComparison.Ordinal)).Select(static s => s.Where).Distinct()];
        Assert.True(marked.Length > 30, string.Join('\n', marked));
        Assert.DoesNotContain(Strings(dump.Redact(new Redaction())), static s => s.Text.Contains(MarkedDump.Marker, StringComparison.Ordinal) && !Kept.Contains(s.Where));
    }

    [Theory, MemberData(nameof(Seeds))]
    public void NoWriterPrintsOne(int seed)
    {
        ThreadDump dump = MarkedDump.Of(seed);
        dump = dump with { PublicNotes = [], Process = new DumpedProcess { Id = 3, Name = dump.Process.Name, Platform = "linux-x64", RuntimeVersion = null }, RuntimeThreads = [.. dump.RuntimeThreads.Select(static t => t with { WaitChannel = null })] };
        bool isPrinted = false;
        foreach (RenderOptions options in (RenderOptions[])[RenderOptions.Default, Render.All, Render.Flat])
        {
            foreach (DumpFormat format in Enum.GetValues<DumpFormat>())
            {
                isPrinted |= Render.With(dump, format, options).Contains(MarkedDump.Marker, StringComparison.Ordinal);
                Assert.DoesNotContain(MarkedDump.Marker, Render.With(dump, format, options with { Redaction = new Redaction() }), StringComparison.Ordinal);
            }
            foreach (RecordingFormat format in RecordingFormat.All)
                Assert.DoesNotContain(MarkedDump.Marker, Recorded(dump, format, options with { Redaction = new Redaction() }), StringComparison.Ordinal);
        }
        Assert.True(isPrinted);
        ThreadDump redacted = dump.Redact(new Redaction());
        Assert.All((object[])[redacted, .. redacted.Threads, .. redacted.Findings, .. redacted.Deadlocks, .. redacted.RuntimeThreads],
            static part => Assert.DoesNotContain(MarkedDump.Marker, part.ToString(), StringComparison.Ordinal));
    }

    [Theory, MemberData(nameof(Seeds))]
    public void EverythingElseIsCopied(int seed)
    {
        ThreadDump dump = MarkedDump.Of(seed);
        var differences = new List<string>();
        Compare(dump, dump.Redact(new Redaction()), differences, []);
        Assert.Empty(differences);
    }

    /// <summary>A check of the check.</summary>
    [Fact]
    public void ADifferenceIsSeen()
    {
        ThreadDump dump = MarkedDump.Of(0);
        var differences = new List<string>();
        Compare(dump, dump with { HasAsyncStacks = false, Requests = [] }, differences, []);
        Assert.Equal(["ThreadDump.HasAsyncStacks", "ThreadDump.Requests"], differences);
    }

    private static string Recorded(ThreadDump dump, RecordingFormat format, RenderOptions options)
    {
        using var samples = new StackSamples(options, forPeople: true);
        var recording = new Recording(RecordingMode.Wall, samples);
        recording.Add(dump.For(options), TimeSpan.FromSeconds(1));
        recording.End(TimeSpan.FromSeconds(2));
        using var bytes = new PooledBytes();
        format.Write(samples, RecordingMode.Wall, bytes);
        if (bytes.Written is not [0x1f, 0x8b, ..])
            return Encoding.UTF8.GetString(bytes.Written);
        using var unzipped = new GZipStream(new MemoryStream(bytes.Written.ToArray()), CompressionMode.Decompress);
        using var text = new StreamReader(unzipped, Encoding.Latin1);
        return text.ReadToEnd();
    }

    /// <summary>All strings that can be reached, with the property that has each.</summary>
    private static List<(string Where, string Text)> Strings(object root)
    {
        var found = new List<(string, string)>();
        Visit(root, "", found, new HashSet<object>(ReferenceEqualityComparer.Instance));
        return found;
    }

    private static void Visit(object? value, string where, List<(string Where, string Text)> found, HashSet<object> seen)
    {
        if (value is string text)
        {
            found.Add((where, text));
        }
        else if (value is IEnumerable items)
        {
            foreach (object? item in items)
                Visit(item, where, found, seen);
        }
        else if (value is not null && MarkedDump.IsOfModel(value.GetType()) && seen.Add(value))
        {
            // Also what is computed.
            foreach (PropertyInfo property in value.GetType().GetProperties(BindingFlags.Instance | BindingFlags.Public | BindingFlags.NonPublic))
            {
                if (property.GetIndexParameters().Length == 0 && property.Name != "EqualityContract" && property.GetValue(value) is { } inner)
                    Visit(inner, $"{value.GetType().Name}.{property.Name}", found, seen);
            }
        }
    }

    private static void Compare(object one, object other, List<string> differences, HashSet<object> seen)
    {
        if (!seen.Add(one))
            return;
        foreach (PropertyInfo property in MarkedDump.DataOf(one.GetType()))
        {
            string where = $"{one.GetType().Name}.{property.Name}";
            (object? x, object? y) = (property.GetValue(one), property.GetValue(other));
            if (Changed.Contains(where) || MarkedDump.IsCache(property) || x is string)
                continue;
            if (x is null || y is null)
            {
                if (x is not null || y is not null)
                    differences.Add(where);
            }
            else if (MarkedDump.ItemOf(property.PropertyType) is not null)
            {
                (object[] xs, object[] ys) = ([.. ((IEnumerable)x).Cast<object>()], [.. ((IEnumerable)y).Cast<object>()]);
                if (xs.Length != ys.Length)
                    differences.Add(where);
                for (int i = 0; i < Math.Min(xs.Length, ys.Length); i++)
                {
                    if (MarkedDump.IsOfModel(xs[i].GetType()))
                        Compare(xs[i], ys[i], differences, seen);
                }
            }
            else if (MarkedDump.IsOfModel(x.GetType()))
            {
                Compare(x, y, differences, seen);
            }
            else if (!x.Equals(y))
            {
                differences.Add(where);
            }
        }
    }
}
