using System.Threading.Channels;
using Stackflare.Targets.Common;

namespace Stackflare.Targets.Shapes.Problems;

/// <summary>Channels that are full or empty, and async methods that wait to write or to read: four writers, two readers, and one reader each of three other channels.</summary>
internal sealed class Parcels : Shape
{
    private const int Capacity = 100;

    public override void Start(Host host)
    {
        var full = Channel.CreateBounded<string>(Capacity);
        for (var i = 0; i < Capacity; i++)
            full.Writer.TryWrite("parcel");
        for (var i = 0; i < 4; i++)
            _ = SendAsync(full.Writer);
        var empty = Channel.CreateBounded<string>(Capacity);
        for (var i = 0; i < 2; i++)
            _ = ReceiveAsync(empty.Reader);
        _ = ListenAsync(Channel.CreateUnbounded<string>().Reader);
        _ = WatchAsync(Channel.CreateUnbounded<string>(new UnboundedChannelOptions { SingleReader = true }).Reader);
    }

    private static async Task SendAsync(ChannelWriter<string> writer)
    {
        await writer.WriteAsync("parcel");
        GC.KeepAlive(writer);
    }

    private static async Task ReceiveAsync(ChannelReader<string> reader)
    {
        await reader.ReadAsync();
        GC.KeepAlive(reader);
    }

    private static async Task ListenAsync(ChannelReader<string> reader)
    {
        await reader.WaitToReadAsync();
        GC.KeepAlive(reader);
    }

    private static async Task WatchAsync(ChannelReader<string> reader)
    {
        await foreach (var parcel in reader.ReadAllAsync())
            GC.KeepAlive(parcel);
    }
}
