using System.Threading.Channels;

namespace Shop;

/// <summary>What the auditor has to write down.</summary>
internal sealed class AuditTrail
{
    private readonly Channel<string> _entries = Channel.CreateBounded<string>(16);

    public ChannelReader<string> Entries => _entries.Reader;

    public async Task AddAsync(string entry)
    {
        await _entries.Writer.WriteAsync(entry); // full channel
    }
}

/// <summary>Writes the trail.</summary>
internal sealed class AuditWriter(AuditTrail trail, Faults faults) : BackgroundService
{
    private long _written;

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        await foreach (string entry in trail.Entries.ReadAllAsync(stoppingToken))
        {
            _written += entry.Length;
            if (faults.Is("full channel"))
                await faults.Never; // full channel: the reader
        }
    }
}
