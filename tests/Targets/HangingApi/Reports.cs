using System.Threading.Channels;

namespace HangingApi;

/// <summary>Hands out reports, which nobody writes.</summary>
internal sealed class Reports(Hanging hanging)
{
    private readonly Channel<string> _channel = Channel.CreateUnbounded<string>();

    public async Task<string> FetchAsync(int number)
    {
        string report = await hanging.Begin().Here<Reports>().Hang(_channel.Reader.ReadAsync());
        return $"{number}: {report}\n";
    }
}
