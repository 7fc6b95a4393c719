using Stackflare.Interop;

namespace Stackflare.Http;

/// <summary>
/// A client of the listener, from its first byte to the last one of its response. Never blocks. Each state has a time limit, so that a slow or silent
/// client goes away. Used by one thread.
/// </summary>
internal sealed class HttpConnection(int descriptor, long now)
{
    /// <summary>Time limits in milliseconds: until the head of the request is complete, until the response is sent, and until the client has closed after that.</summary>
    public const int ReadLimit = 5_000, WriteLimit = 30_000, DrainLimit = 1_000;

    private byte[] _received = [];
    private int _length, _sent;
    private HttpResponse? _response;
    private State _state = State.Reading;
    private long _deadline = now + ReadLimit;

    private enum State
    {
        Reading,
        Waiting,
        Writing,
        Draining,
        Closed,
    }

    public int Descriptor => descriptor;

    /// <summary>When it was accepted, in milliseconds.</summary>
    public long Since { get; } = now;

    public bool IsClosed => _state == State.Closed;

    /// <summary>Whether nothing is lost if it is closed for another client: no complete request has come, or the response was sent.</summary>
    public bool IsIdle => _state is State.Reading or State.Draining;

    /// <summary>
    /// Whether a client that has closed its end is gone. A client may close its sending end after a request and wait for the response; but during
    /// a series, it has more likely gone, and the series should end.
    /// </summary>
    public bool GoesWithItsEnd { get; set; }

    /// <summary>What to wait for.</summary>
    public short Events => _state switch
    {
        State.Waiting => GoesWithItsEnd ? Posix.POLLRDHUP : (short)0,
        State.Writing => Posix.POLLOUT,
        _ => Posix.POLLIN,
    };

    /// <summary>How long to wait at most, in milliseconds; null for no limit, while the dump is taken.</summary>
    public long? Left(long now) => _state == State.Waiting ? null : Math.Max(0, _deadline - now);

    /// <summary>Goes on after the kernel has reported something.</summary>
    /// <param name="happened">What was reported.</param>
    /// <param name="now">The time in milliseconds.</param>
    /// <param name="received">Called with a complete request. It must end with <see cref="Wait"/> or <see cref="Respond"/>.</param>
    public void Continue(short happened, long now, Action<HttpConnection, HttpHead> received)
    {
        switch (_state)
        {
            case State.Reading:
                Read(now, received);
                break;
            case State.Waiting when (happened & (Posix.POLLHUP | Posix.POLLERR | Posix.POLLNVAL)) != 0 || (GoesWithItsEnd && (happened & Posix.POLLRDHUP) != 0):
                Close();
                break;
            case State.Writing:
                Send(now);
                break;
            case State.Draining:
                Drain();
                break;
        }
    }

    /// <summary>Closes it if its time is up. A client that has sent a part of a request is told so.</summary>
    public void Expire(long now)
    {
        if (Left(now) is not 0)
            return;
        if (_state == State.Reading && _length > 0)
            Respond(HttpResponse.Of(new HttpProblem(408, "The request did not arrive in time.")), now);
        else
            Close();
    }

    /// <summary>The response comes later.</summary>
    public void Wait()
    {
        if (_state == State.Reading)
            _state = State.Waiting;
    }

    /// <summary>Begins to send a response. Has no effect if there was one, or if the connection is closed.</summary>
    public void Respond(HttpResponse response, long now)
    {
        if (_state is not (State.Reading or State.Waiting))
            return;
        (_response, _received, _state, _deadline) = (response, [], State.Writing, now + WriteLimit);
        Send(now);
    }

    public void Close()
    {
        if (_state == State.Closed)
            return;
        (_response, _received, _state) = (null, [], State.Closed);
        Posix.Close(descriptor);
    }

    private void Read(long now, Action<HttpConnection, HttpHead> received)
    {
        if (_received.Length == 0)
            _received = new byte[HttpHead.LargestHead];
        nint count = Posix.Read(descriptor, _received.AsSpan(_length));
        if (count == -Posix.EAGAIN)
            return;
        if (count <= 0)
        {
            Close();
            return;
        }
        _length += (int)count;
        if (HttpHead.Parse(_received.AsSpan(0, _length), out HttpProblem? problem) is { } head)
            received(this, head);
        else if (problem is not null)
            Respond(HttpResponse.Of(problem), now);
    }

    private void Send(long now)
    {
        while (true)
        {
            int head = _response!.Head.Length, total = head + _response.Body.Length;
            if (_sent == total)
                break;
            nint count = Posix.Send(descriptor, _sent < head ? _response.Head.AsSpan(_sent) : _response.Body.AsSpan(_sent - head));
            if (count == -Posix.EAGAIN)
                return;
            if (count < 0)
            {
                Close();
                return;
            }
            _sent += (int)count;
        }
        // If the client has sent something that was not read, closing now would make the kernel discard the response.
        Posix.EndSending(descriptor);
        (_response, _state, _deadline) = (null, State.Draining, now + DrainLimit);
    }

    private void Drain()
    {
        Span<byte> discarded = stackalloc byte[1024];
        nint count = Posix.Read(descriptor, discarded);
        if (count != -Posix.EAGAIN && count <= 0)
            Close();
    }
}
