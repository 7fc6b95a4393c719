using System.Runtime.CompilerServices;
using Stackflare.Targets.Common;

namespace Stackflare.Targets.Shapes.Problems;

/// <summary>
/// A front page that is loaded once for all of its twenty readers. The load has awaited, and then blocks the thread that runs it. An archive page has a load
/// of its own kind with one reader. One thread waits for a reader, another for the load itself.
/// </summary>
internal sealed class NewsFeed : Shape
{
    private const int Readers = 20;

    private readonly ManualResetEvent _partner = new(false);
    private readonly List<Task> _readers = [];
    private Task<string>? _frontPage;

    public override void Start(Host host)
    {
        host.Expect(2);
        var go = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        _frontPage = RefreshAsync(host, go.Task);
        for (var reader = 0; reader < Readers; reader++)
            _readers.Add(ReadAsync(reader));
        _readers.Add(ReadBothAsync());
        _readers.Add(ReadArchiveAsync(host, go.Task));
        host.StartThread("printer", track =>
        {
            host.Arrive(track);
            Print();
        });
        host.StartThread("editor", track =>
        {
            host.Arrive(track);
            Edit();
        });
        go.SetResult();
    }

    private async Task<string> RefreshAsync(Host host, Task go) => await LoadAsync(host, go);

    private async Task<string> LoadAsync(Host host, Task go)
    {
        await go;
        var page = Ask(host, new Track().Here<NewsFeed>());
        return page + ".";
    }

    private async Task<string> LoadArchiveAsync(Host host, Task go)
    {
        await go;
        var page = Ask(host, new Track().Here<NewsFeed>());
        return page + "!";
    }

    [MethodImpl(MethodImplOptions.NoInlining)]
    private string Ask(Host host, Track track)
    {
        host.Arrive(track.Next<NewsFeed>());
        _partner.WaitOne();
        GC.KeepAlive(track);
        return "page";
    }

    private async Task<int> ReadAsync(int reader)
    {
        var page = await _frontPage!;
        return page.Length + reader;
    }

    private async Task<int> ReadBothAsync()
    {
        var pages = await Task.WhenAll(_frontPage!, new TaskCompletionSource<string>().Task);
        return pages.Length;
    }

    private async Task<int> ReadArchiveAsync(Host host, Task go)
    {
        var page = await LoadArchiveAsync(host, go);
        return page.Length;
    }

    private void Print() => _readers[0].Wait();

    private void Edit() => _frontPage!.Wait();
}
