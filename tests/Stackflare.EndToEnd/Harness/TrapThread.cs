using System.Globalization;

namespace Stackflare.EndToEnd.Harness;

/// <summary>The target's thread that is parked until the signal comes, as the kernel sees it.</summary>
internal sealed class TrapThread
{
    private readonly string _folder;
    private readonly Func<string> _describe;

    public TrapThread(int pid, Func<string> describe)
    {
        _describe = describe;
        Pid = pid;
        // A thread that the runtime starts from this one bears its name for a moment, and is younger.
        _folder = $"/proc/{pid}/task/{KernelThreads.Of(pid).Where(t => t.Name.StartsWith("Stackflare USR", StringComparison.Ordinal)).MinBy(t => t.Id).Id}";
    }

    /// <summary>How often the thread has gone to sleep of its own will.</summary>
    public long Wakes => long.Parse(
        File.ReadAllLines(_folder + "/status").Single(l => l.StartsWith("voluntary_ctxt_switches:", StringComparison.Ordinal)).Split('\t')[1],
        CultureInfo.InvariantCulture);

    private int Pid { get; }

    /// <summary>Sends SIGUSR1 and waits until the thread has done something and sleeps again.</summary>
    public async Task WakeAsync()
    {
        await WaitUntilParkedAsync();
        var before = Wakes;
        Kernel.Send(Pid, Kernel.Usr1);
        await Poll.UntilAsync(() => Wakes > before && IsParked, "the trap to wake and park again", _describe);
    }

    public Task WaitUntilParkedAsync() => Poll.UntilAsync(() => IsParked, "the trap to park", _describe);

    /// <summary>In the trap's own wait (FUTEX_WAIT_PRIVATE for as long as the word is 0), rather than in some other wait on the way: those of libc wait for another value, or otherwise.</summary>
    private bool IsParked => File.ReadAllText(_folder + "/syscall").Split(' ') is ["202", _, "0x80", "0x0", "0x0", ..];
}
