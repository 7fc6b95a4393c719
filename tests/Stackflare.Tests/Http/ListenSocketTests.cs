using System.Net.Sockets;
using System.Runtime.Versioning;
using Stackflare.Http;
using Stackflare.Tests.Outputs;
using Stackflare.Tests.Writers;

namespace Stackflare.Tests.Http;

/// <summary>What can be at the path of a socket, and what is done with it.</summary>
[SupportedOSPlatform("linux")]
public sealed class ListenSocketTests : IDisposable
{
    private readonly TemporaryDirectory _directory = new();

    public void Dispose() => _directory.Dispose();

    [Fact]
    public void OnlyTheOwnerCanUseTheSocket()
    {
        using ListenSocket socket = Open();
        Assert.Equal(UnixFileMode.UserRead | UnixFileMode.UserWrite, File.GetUnixFileMode(_directory["s"]));
    }

    [Fact]
    public void ASocketAtWhichNobodyListensIsReplaced()
    {
        LeaveStale();
        using ListenSocket socket = Open();
        using var client = new Socket(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified);
        client.Connect(new UnixDomainSocketEndPoint(_directory["s"]));
    }

    [Fact]
    public void ASocketAtWhichSomebodyListensIsLeftAlone()
    {
        using ListenSocket first = Open();
        Refused("another process listens there");
        using var client = new Socket(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified);
        client.Connect(new UnixDomainSocketEndPoint(_directory["s"]));
    }

    [Fact]
    public void AnythingElseIsLeftAlone()
    {
        File.WriteAllText(_directory["s"], "mine");
        Refused("not a socket");
        Assert.Equal("mine", File.ReadAllText(_directory["s"]));
        File.Delete(_directory["s"]);

        File.CreateSymbolicLink(_directory["s"], _directory["elsewhere"]);
        Refused("not a socket");
        File.Delete(_directory["s"]);

        Directory.CreateDirectory(_directory["s"]);
        Refused("not a socket");
    }

    [RootFact]
    public void ASocketOfAnotherUserIsLeftAlone()
    {
        using (ListenSocket socket = Open())
        {
            Assert.Equal(0, Native.ChangeOwner(_directory["s"], 65534, 65534));
            Refused("another user");
        }
    }

    [Fact]
    public void TheDirectoryMustBeThere()
    {
        var error = Assert.Throws<StackflareException>(() => ListenSocket.Open(ListenAddress.Parse($"unix:{_directory["no"]}/s")));
        Assert.Equal(StackflareError.ListenFailed, error.Error);
        Assert.Contains("directory", error.Problem, StringComparison.Ordinal);
    }

    [Fact]
    public void TheFileOfAnotherSocketIsNotRemoved()
    {
        ListenSocket socket = Open();
        File.Delete(_directory["s"]);
        using ListenSocket next = Open();
        socket.Dispose();
        Assert.True(File.Exists(_directory["s"]));
        next.Dispose();
        Assert.False(File.Exists(_directory["s"]));
    }

    [Fact]
    public void APortInUseIsRefused()
    {
        using ListenSocket first = ListenSocket.Open(ListenAddress.Parse("http://127.0.0.1:0"));
        Assert.NotEqual(0, first.Address.Port);
        var error = Assert.Throws<StackflareException>(() => ListenSocket.Open(first.Address));
        Assert.Equal(StackflareError.ListenFailed, error.Error);
        Assert.Contains("port", error.Remedy, StringComparison.Ordinal);
    }

    /// <summary>Of many that find a stale socket at once, one has it in the end, and it can be reached.</summary>
    [Fact]
    public void OneOfManyWins()
    {
        for (int round = 0; round < 20; round++)
        {
            LeaveStale();
            var won = new List<DumpListener>();
            Thread[] threads = [.. Enumerable.Range(0, 4).Select(_ => new Thread(() =>
            {
                try
                {
                    var listener = new DumpListener(new ListenOptions { Address = $"unix:{_directory["s"]}" }, static (_, _) => SampleDumps.Get("ordinary"), warmsUp: false);
                    lock (won)
                        won.Add(listener);
                }
                catch (StackflareException)
                {
                }
            }))];
            foreach (Thread thread in threads)
                thread.Start();
            foreach (Thread thread in threads)
                thread.Join();
            Assert.Equal(200, HttpExchange.Get(Assert.Single(won)).Status);
            won[0].Dispose();
        }
    }

    /// <summary>A killed process closes its socket without removing the file.</summary>
    private void LeaveStale()
    {
        using (var dead = new Socket(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified))
        {
            dead.Bind(new UnixDomainSocketEndPoint(_directory["dead"]));
            dead.Listen();
            File.Move(_directory["dead"], _directory["s"]);
        }
        Assert.True(File.Exists(_directory["s"]));
    }

    private ListenSocket Open() => ListenSocket.Open(ListenAddress.Parse($"unix:{_directory["s"]}"));

    private void Refused(string reason)
    {
        var error = Assert.Throws<StackflareException>(Open);
        Assert.Equal(StackflareError.ListenFailed, error.Error);
        Assert.Contains(reason, error.Problem, StringComparison.Ordinal);
    }
}
