using Stackflare.Capture;
using Stackflare.Interop;
using Stackflare.Triggers;

namespace Stackflare.Http;

/// <summary>
/// Serves dumps over HTTP with one thread of its own. It needs no thread pool, no timer and no lock of the program, so it answers when the program does
/// not. Nothing that clients do takes more than a bounded amount of memory, descriptors and time.
/// </summary>
internal sealed class DumpListener : IDisposable
{
    /// <summary>How many clients are served at the same time.</summary>
    internal const int MaxClients = 64;

    // Clients that have come first are looked at before many others are accepted.
    private const int AcceptedAtOnce = 16;

    // For example, the process has no free descriptors. A poll would return at once, again and again.
    private const int PauseAfterTrouble = 100;

    private readonly DumpRequest _usual;
    private readonly Func<CaptureOptions, int, ThreadDump> _capture;
    private readonly ListenSocket _socket;
    private readonly List<HttpConnection> _clients = [];
    private readonly Thread _thread;
    private readonly int _wake;
    private readonly bool _warmsUp;
    private DumpDesk _desk = null!;
    private long _acceptsAgainAt;
    private int _disposed;

    /// <exception cref="StackflareException">It cannot listen, or this process cannot be dumped; the error says why.</exception>
    public DumpListener(ListenOptions options)
        : this(options, static (capture, thread) => SelfCapture.Take(capture, thread), options.WarmUp)
    {
    }

    /// <param name="options">Where and what.</param>
    /// <param name="capture">Takes a dump; gets the kernel's id of the calling thread.</param>
    /// <param name="warmsUp">Whether a dump is taken and discarded at first.</param>
    internal DumpListener(ListenOptions options, Func<CaptureOptions, int, ThreadDump> capture, bool warmsUp)
    {
        var address = ListenAddress.Parse(options.Address);
        SelfCapture.EnsureSupported();
        _usual = DumpRequest.Usual(options.Format, options.Capture, options.Render);
        _capture = capture;
        _warmsUp = warmsUp;
        _socket = ListenSocket.Open(address);
        _wake = Posix.CreateEvent();
        _thread = new Thread(Run) { IsBackground = true, Name = "Stackflare listener" };
        try
        {
            _thread.UnsafeStart();
        }
        catch (Exception)
        {
            // No thread could be created.
            CloseAll();
            Posix.Close(_wake);
            throw;
        }
    }

    /// <summary>Where it listens, as <see cref="ListenOptions.Address"/>, with the port that the system has chosen.</summary>
    public override string ToString() => _socket.Address.ToString();

    /// <summary>Closes the socket and the connections, and returns when that is done: after the dump that is being taken.</summary>
    public void Dispose()
    {
        if (Interlocked.Exchange(ref _disposed, 1) != 0)
            return;
        Posix.SetEvent(_wake);
        // Only then, because a file that is opened meanwhile could get its number.
        if (_thread.Join(SelfCapture.LongestDump(_usual.Capture)))
            Posix.Close(_wake);
    }

    private static long Now() => Environment.TickCount64;

    private void Run()
    {
        int thread = Posix.CurrentThread();
        _desk = new DumpDesk(options => _capture(options, thread));
        if (_warmsUp)
            WarmUp(thread);
        while (TryServe())
        {
        }
        CloseAll();
    }

    /// <summary>As <see cref="Serve"/>. If something goes wrong, for example because there is no memory, the clients are gone, and the service goes on.</summary>
    private bool TryServe()
    {
        try
        {
            return Serve();
        }
#pragma warning disable CA1031 // An unhandled exception would end the program.
        catch (Exception)
#pragma warning restore CA1031
        {
            foreach (HttpConnection client in _clients)
                client.Close();
            _clients.Clear();
            // It may go wrong again at once.
            _ = Posix.Poll([], PauseAfterTrouble);
            return true;
        }
    }

    /// <summary>
    /// Takes a dump and discards it, so that the first real one is fast in a process that has problems by then. A failure is not reported here, because
    /// a client will get it.
    /// </summary>
    private void WarmUp(int thread)
    {
        try
        {
            _ = HttpHead.Parse("GET /?format=text HTTP/1.1\r\nHost: localhost\r\nAccept: */*\r\n\r\n"u8, out _);
            DumpRequest request = DumpRequest.Parse(_usual, "format=text", "*/*", out _)!;
            using var document = new DumpDocument(request);
            // Nobody has requested this dump, so it must not affect other profilers.
            document.Add(_capture(_usual.Capture with { AllowMainProfiler = false }, thread));
            document.Add(WarmUpDump.Dump());
            _ = HttpResponse.Of(request.ContentType, document.End());
        }
#pragma warning disable CA1031 // An unhandled exception would end the program.
        catch (Exception)
#pragma warning restore CA1031
        {
        }
    }

    /// <summary>Waits for something to do, and does it. False at the end.</summary>
    private bool Serve()
    {
        var requests = new PollRequest[_clients.Count + 2];
        requests[0] = new PollRequest { Descriptor = _wake, Events = Posix.POLLIN };
        requests[1] = new PollRequest { Descriptor = Now() < _acceptsAgainAt ? -1 : _socket.Descriptor, Events = Posix.POLLIN };
        for (int i = 0; i < _clients.Count; i++)
            requests[i + 2] = new PollRequest { Descriptor = _clients[i].Descriptor, Events = _clients[i].Events };
        int ready = Posix.Poll(requests, TimeLeft());
        // If the program has closed our descriptors, there is nothing left to serve.
        if (ready is < 0 and not -Posix.EINTR || requests[0].Happened != 0 || (requests[1].Happened & (Posix.POLLNVAL | Posix.POLLERR)) != 0)
            return false;
        if (ready < 0)
            return true;
        for (int i = requests.Length - 1; i >= 2; i--)
            Continue(_clients[i - 2], requests[i].Happened);
        _clients.RemoveAll(static c => c.IsClosed);
        if (requests[1].Happened != 0)
            Accept();
        _desk.Work(Now);
        return true;
    }

    private int TimeLeft()
    {
        long now = Now();
        long? left = _desk.Left(now);
        foreach (HttpConnection client in _clients)
            left = client.Left(now) is { } time && !(time > left) ? time : left;
        if (_acceptsAgainAt > now)
            left = Math.Min(left ?? long.MaxValue, _acceptsAgainAt - now);
        return (int)Math.Min(left ?? -1, int.MaxValue);
    }

    private void Continue(HttpConnection client, short happened)
    {
        try
        {
            if (happened != 0)
                client.Continue(happened, Now(), Received);
            client.Expire(Now());
        }
#pragma warning disable CA1031 // One client must not end the service for the others.
        catch (Exception)
#pragma warning restore CA1031
        {
            client.Close();
        }
    }

    private void Accept()
    {
        for (int i = 0; i < AcceptedAtOnce; i++)
        {
            int descriptor = Posix.Accept(_socket.Descriptor);
            if (descriptor == -Posix.EAGAIN)
                return;
            if (descriptor < 0)
            {
                _acceptsAgainAt = Now() + PauseAfterTrouble;
                return;
            }
            var client = new HttpConnection(descriptor, Now());
            HttpProblem? problem = IsAllowed(descriptor) ? null : new HttpProblem(403, "Only the user of this process and root get dumps.");
            if (problem is null && !MakeRoom())
                problem = HttpProblem.Unavailable("Too many clients are connected.");
            if (problem is not null)
                client.Respond(HttpResponse.Of(problem), Now());
            // A client that was refused still sends its request. If the connection were closed now, it might not see the reason.
            if (_clients.Count < MaxClients)
                _clients.Add(client);
            else
                client.Close();
        }
    }

    /// <summary>The file of a socket is closed to other users, but a descriptor can be passed on, or the permissions changed.</summary>
    private bool IsAllowed(int descriptor) =>
        _socket.Address.Path is null || (Posix.PeerUser(descriptor) is { } user && (user == 0 || user == Posix.EffectiveUser()));

    /// <summary>A full table loses its oldest client without a complete request: silent clients must not keep others out.</summary>
    private bool MakeRoom()
    {
        if (_clients.Count < MaxClients)
            return true;
        HttpConnection? oldest = _clients.Where(static c => c.IsIdle).MinBy(static c => c.Since);
        oldest?.Close();
        return oldest is not null && _clients.Remove(oldest);
    }

    private void Received(HttpConnection client, HttpHead head)
    {
        bool isHead = head.Method == "HEAD";
        if (ProblemOf(head) is { } problem)
            client.Respond(HttpResponse.Of(problem, isHead), Now());
        else if (DumpRequest.Parse(_usual, head.Query, head.Accept, out HttpProblem? bad) is not { } request)
            client.Respond(HttpResponse.Of(bad!, isHead), Now());
        else if (isHead)
            client.Respond(HttpResponse.HeadOnly(request.ContentType), Now());
        else
            _desk.Add(client, request, Now());
    }

    private HttpProblem? ProblemOf(HttpHead head) =>
        head.Method is not ("GET" or "HEAD") ? new HttpProblem(405, "Use GET or HEAD.", "Allow: GET, HEAD")
        : head.HasBody ? new HttpProblem(413, "A request has no body here.")
        : _socket.Address.Path is null && !IsOfThisMachine(head) ? new HttpProblem(403, "Requests of other sites are not served. Use the address as http://127.0.0.1.")
        : head.Path != "/" ? new HttpProblem(404, "There is only '/' here.")
        : null;

    /// <summary>
    /// A page of another site can make a browser on this machine send requests to a loopback port: under a name of its own that resolves to it, which
    /// the Host header shows; or directly, which the browser says in Origin or Sec-Fetch-Site.
    /// </summary>
    private static bool IsOfThisMachine(HttpHead head) =>
        (head.Host is not { } host || ListenAddress.Loopback(ListenAddress.Split(host).Host) is not null)
        && (head.Origin is not { } origin || string.Equals(origin, "http://" + head.Host, StringComparison.OrdinalIgnoreCase))
        && head.FetchSite is null or "none" or "same-origin";

    private void CloseAll()
    {
        _socket.Dispose();
        foreach (HttpConnection client in _clients)
            client.Close();
        _desk?.Dispose();
    }
}
