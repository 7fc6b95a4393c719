using System.Globalization;
using Stackflare.Interop;

namespace Stackflare.Tests.Interop;

public sealed class UnixSocketTests
{
    private static readonly TimeSpan Patience = TimeSpan.FromMinutes(3);

    /// <summary>Its number could be another file's at once, and the wait would be for that.</summary>
    [Fact]
    public void ASocketThatAnotherThreadWaitsForKeepsItsDescriptorUntilThatReturns()
    {
        string name = $"@{Guid.NewGuid():N}";
        UnixSocket socket = UnixSocket.Listen(name);
        string descriptor = DescriptorOf(name)!;
        int waiting = 0;
        using var off = new CancellationTokenSource();
        var thread = new Thread(() =>
        {
            Volatile.Write(ref waiting, Posix.CurrentThread());
            UnixSocket.WaitReadable(socket, null, Deadline.In(Patience, off.Token));
        });
        thread.Start();
        Assert.True(SpinWait.SpinUntil(() => Volatile.Read(ref waiting) is > 0 and var id && Polls(id), Patience));

        socket.Dispose();
        Assert.Equal(descriptor, DescriptorOf(name));

        off.Cancel();
        Assert.True(thread.Join(Patience));
        Assert.Null(DescriptorOf(name));
    }

    [Fact]
    public void WhatNobodyWaitsForIsClosedAtOnce()
    {
        string name = $"@{Guid.NewGuid():N}";
        UnixSocket socket = UnixSocket.Listen(name);
        Assert.NotNull(DescriptorOf(name));
        socket.Dispose();
        socket.Dispose();
        Assert.Null(DescriptorOf(name));
    }

    /// <summary>The descriptor of a listening socket of ours; null for none.</summary>
    private static string? DescriptorOf(string name)
    {
        // Num RefCount Protocol Flags Type St Inode Path
        string[]? socket = File.ReadLines("/proc/net/unix").Select(l => l.Split(' ', StringSplitOptions.RemoveEmptyEntries)).FirstOrDefault(f => f.Length > 7 && f[7] == name);
        return socket is null ? null : Directory.GetFiles("/proc/self/fd").FirstOrDefault(f => new FileInfo(f).LinkTarget == $"socket:[{socket[6]}]");
    }

    /// <summary>Whether a thread is in poll, or in ppoll where there is no other.</summary>
    private static bool Polls(int thread) =>
        File.ReadAllText(string.Create(CultureInfo.InvariantCulture, $"/proc/self/task/{thread}/syscall")).Split(' ')[0] is "7" or "73" or "271";
}
