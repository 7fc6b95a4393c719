namespace Stackflare.EndToEnd.Harness;

/// <summary>What a target has written to one of its streams so far; tests wait for conditions on it.</summary>
internal sealed class Feed
{
    private readonly Lock _gate = new();
    private readonly string _name;
    private readonly Func<string> _describe;
    private byte[] _bytes = new byte[64 << 10];
    private int _length;
    private bool _ended;
    private TaskCompletionSource _change = NewChange();

    /// <param name="name">The stream's name, for failures.</param>
    /// <param name="describe">Everything known about the target, for failures.</param>
    public Feed(string name, Func<string> describe) => (_name, _describe) = (name, describe);

    /// <summary>A copy of everything so far.</summary>
    public byte[] Bytes
    {
        get
        {
            lock (_gate)
                return _bytes.AsSpan(0, _length).ToArray();
        }
    }

    public bool HasEnded
    {
        get
        {
            lock (_gate)
                return _ended;
        }
    }

    public string Text => System.Text.Encoding.UTF8.GetString(Bytes);

    public async Task ReadAsync(Stream stream)
    {
        var chunk = new byte[64 << 10];
        try
        {
            for (int read; (read = await stream.ReadAsync(chunk)) > 0;)
                Append(chunk.AsSpan(0, read));
        }
        catch (Exception e) when (e is IOException or ObjectDisposedException or OperationCanceledException)
        {
            Append(System.Text.Encoding.UTF8.GetBytes($"<<reading ended: {e.Message}>>"));
        }
        finally
        {
            lock (_gate)
                _ended = true;
            Changed();
        }
    }

    /// <summary>Waits until a condition on the bytes gives a result, or fails with all that is known of the target.</summary>
    /// <param name="condition">Called at first and on every change with everything so far; null means not yet.</param>
    /// <param name="what">What is waited for, to end "waited for".</param>
    /// <param name="time">The deadline.</param>
    public async Task<T> WaitAsync<T>(Func<ReadOnlyMemory<byte>, T?> condition, string what, TimeSpan? time = null)
        where T : class
    {
        var deadline = Deadline.In(time);
        for (; ; )
        {
            Task change;
            bool ended;
            ReadOnlyMemory<byte> bytes;
            lock (_gate)
            {
                change = _change.Task;
                ended = _ended;
                bytes = _bytes.AsMemory(0, _length);
            }

            // The buffer only grows, and is replaced rather than moved: what was handed out stays as it was.
            if (condition(bytes) is { } result)
                return result;
            if (ended)
                throw new TargetException($"{_name} ended while the test waited for {what}.", _describe());

            try
            {
                await change.WaitAsync(deadline.Left, TestContext.Current.CancellationToken);
            }
            catch (TimeoutException)
            {
                throw new TargetException($"Nothing came in {time ?? Deadline.Usual} while the test waited for {what} on {_name}.", _describe());
            }
        }
    }

    /// <summary>Drops the first bytes, which the test has done with.</summary>
    public void Discard(int count)
    {
        lock (_gate)
        {
            _bytes = _bytes.AsSpan(count, _length - count).ToArray();
            _length -= count;
        }
    }

    private static TaskCompletionSource NewChange() => new(TaskCreationOptions.RunContinuationsAsynchronously);

    private void Append(ReadOnlySpan<byte> chunk)
    {
        lock (_gate)
        {
            if (_length + chunk.Length > _bytes.Length)
            {
                var larger = new byte[Math.Max(64 << 10, Math.Max(_bytes.Length * 2, _length + chunk.Length))];
                _bytes.AsSpan(0, _length).CopyTo(larger);
                _bytes = larger;
            }

            chunk.CopyTo(_bytes.AsSpan(_length));
            _length += chunk.Length;
        }

        Changed();
    }

    private void Changed()
    {
        TaskCompletionSource change;
        lock (_gate)
            (change, _change) = (_change, NewChange());
        change.SetResult();
    }
}
