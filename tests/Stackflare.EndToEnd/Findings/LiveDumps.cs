using Stackflare.Capture;
using Stackflare.EndToEnd.Harness;
using Stackflare.Snapshots;
using Stackflare.Writers;
using TargetProcess = Stackflare.EndToEnd.Harness.TargetProcess;

namespace Stackflare.EndToEnd.Findings;

/// <summary>Dumps of a process as the model, taken from outside.</summary>
internal sealed class LiveDumps(int pid, Func<string> describe, CaptureOptions? options = null) : IDisposable
{
    private static readonly byte[] Probe = File.ReadAllBytes(TestPaths.Probe);

    private readonly TargetProcess? _target;

    public LiveDumps(TargetProcess target)
        : this(target.Pid, target.Describe) => _target = target;

    public ProcessCapture Capture { get; } = new(Stackflare.Processes.TargetProcess.Inspect(pid), _ => Probe, (options ?? new CaptureOptions()).WithPatience(), []);

    /// <summary>What the last dump was made of.</summary>
    public Snapshot Sample { get; private set; } = null!;

    public ThreadDump Take()
    {
        Sample = Capture.TakeSnapshot(TestContext.Current.CancellationToken);
        return Capture.Symbolicate(Sample);
    }

    /// <summary>A dump in which every thread waits that said it would: they said so right before.</summary>
    public Task<ThreadDump> WhenAllWaitAsync() => UntilAsync("all threads to wait", dump => _target!.Truth.Threads.Where(t => t.Wanted is not null).All(
        t => dump.Threads.SingleOrDefault(d => d.OsId.Value == t.OsId)?.WaitingFor is { } wait && (wait.Lock ?? (object?)wait.Joined) is not null));

    /// <summary>The first dump of which something is so.</summary>
    public async Task<ThreadDump> UntilAsync(string what, Func<ThreadDump, bool> condition)
    {
        ThreadDump? dump = null;
        await Poll.UntilAsync(
            () =>
            {
                try
                {
                    return condition(dump = Take());
                }
                catch (SuspensionBlockedException e) when (e.StoodStill is not null)
                {
                    // On a busy machine, a thread in the collector's code may get no processor for as long as a program may stand still.
                    return false;
                }
            },
            what,
            () => $"{describe()}\n{(dump is null ? "" : Text(dump, new RenderOptions { ShowHidden = true }))}");
        return dump!;
    }

    public void Dispose() => Capture.Dispose();

    public static string Text(ThreadDump dump, RenderOptions options)
    {
        using var writer = new StringWriter();
        DumpRenderer.Write(dump, DumpFormat.Text, options, writer);
        return writer.ToString();
    }
}
