using System.Threading.Channels;

namespace Stackflare.Targets.Shapes.Awaits;

/// <summary>Channels: with nothing to read, with no room to write.</summary>
internal sealed class Channels
{
    private const string Write = "Write";

#if NET10_0_OR_GREATER
    private const string? Read = "Read", Room = Write;
#else
    // The types do not tell.
    private const string? Read = null, Room = null;
#endif

    public static void Begin(AsyncCases cases)
    {
        cases.Begin("channel, read", track => OnRead(track, Channel.CreateUnbounded<string>()));
        cases.Begin("channel, read by one", track => OnRead(track, Channel.CreateUnbounded<string>(new UnboundedChannelOptions { SingleReader = true })));
        cases.Begin("channel, read of a bounded one", track => OnRead(track, Channel.CreateBounded<string>(1)));
        cases.Begin("channel, read with token", OnReadWithToken);
        cases.Begin("channel, write", OnWrite);
        cases.Begin("channel, something to read", OnSomethingToRead);
        cases.Begin("channel, room to write", OnRoomToWrite);
        cases.Begin("channel, read all", OnAll);
        cases.Begin("channel, completion", OnCompletion);
    }

    private static async Task<string> OnRead(AsyncTrack track, Channel<string> channel) =>
        await track.Here<Channels>().On(AsyncWaitKind.Channel, channel.Reader.ReadAsync(), Read);

    private static async Task<int> OnReadWithToken(AsyncTrack track)
    {
        using var off = new CancellationTokenSource();
        var channel = AsyncTrack.Keep(Channel.CreateUnbounded<int>());
        return await track.Here<Channels>().On(AsyncWaitKind.Channel, channel.Reader.ReadAsync(off.Token), Read);
    }

    private static async Task OnWrite(AsyncTrack track)
    {
        var channel = AsyncTrack.Keep(Channel.CreateBounded<int>(2));
        for (var i = 0; i < 2; i++)
            await channel.Writer.WriteAsync(i);
        await track.Here<Channels>().On(AsyncWaitKind.Channel, channel.Writer.WriteAsync(3), Write);
    }

    private static async Task OnSomethingToRead(AsyncTrack track)
    {
        var channel = AsyncTrack.Keep(Channel.CreateUnbounded<int>());
        while (await track.Here<Channels>().On(AsyncWaitKind.Channel, channel.Reader.WaitToReadAsync(), Read))
            GC.KeepAlive(channel);
    }

    private static async Task OnRoomToWrite(AsyncTrack track)
    {
        var channel = AsyncTrack.Keep(Channel.CreateBounded<int>(1));
        await channel.Writer.WriteAsync(1);
        await track.Here<Channels>().On(AsyncWaitKind.Channel, channel.Writer.WaitToWriteAsync(), Room);
    }

    // What is awaited is the platform's iterator, which awaits the channel.
    private static async Task OnAll(AsyncTrack track)
    {
        var channel = AsyncTrack.Keep(Channel.CreateUnbounded<int>());
        track.Next<Channels>();
        await foreach (var item in track.On(AsyncWaitKind.Channel, channel, Read).Reader.ReadAllAsync())
            GC.KeepAlive(item);
    }

    private static async Task OnCompletion(AsyncTrack track)
    {
        var channel = AsyncTrack.Keep(Channel.CreateUnbounded<int>());
        await track.Here<Channels>().On(AsyncWaitKind.TaskCompletionSource, channel.Reader.Completion);
    }
}
