using System.Runtime.InteropServices;
using System.Text;
using Stackflare.Interop;

namespace Stackflare.Cli.Terminal;

/// <summary>
/// A terminal with a screen that is drawn again and again. It is as before on every way out: at the end, on an error, on a signal that ends or stops the tool. Thread-safe.
/// </summary>
internal sealed class LiveTerminal : IDisposable
{
    private const int StandardInput = 0, StandardOutput = 1;

    private const byte Escape = 27;

    // The alternate screen, so that what was on the terminal stays; no cursor; no line that goes on in the next one.
    private const string Enter = "\e[?1049h\e[?25l\e[?7l\e[2J", Exit = "\e[?7h\e[?25h\e[?1049l";

    private static readonly TimeSpan Patience = TimeSpan.FromMilliseconds(500);

    /// <summary>The terminal that is drawn on; null if there is none.</summary>
    private static LiveTerminal? _current;

    private readonly Lock _gate = new();
    private readonly List<PosixSignalRegistration> _registrations = [];
    private Posix.TerminalSettings? _before;
    private bool _isDrawn, _isOver;

    public LiveTerminal()
    {
        foreach (PosixSignal signal in (ReadOnlySpan<PosixSignal>)[PosixSignal.SIGINT, PosixSignal.SIGTERM, PosixSignal.SIGHUP, PosixSignal.SIGQUIT])
            _registrations.Add(PosixSignalRegistration.Create(signal, _ => Restore()));
        _registrations.Add(PosixSignalRegistration.Create(PosixSignal.SIGTSTP, Stop));
        AppDomain.CurrentDomain.ProcessExit += LeaveAtEnd;
        AppDomain.CurrentDomain.UnhandledException += LeaveAtEnd;
        _current = this;
    }

    /// <summary>The size; of a terminal that does not say it, the usual one.</summary>
    public static (int Columns, int Rows) Size => Posix.TerminalSize(StandardOutput) is { Columns: > 0, Rows: > 0 } size ? size : (80, 24);

    /// <summary>Restores the terminal for good, if there is one that is drawn on.</summary>
    public static void Leave() => _current?.Restore();

    /// <summary>Draws the screen.</summary>
    /// <param name="lines">The lines: no more, and none wider, than the terminal has room for.</param>
    /// <returns>False if the terminal has gone, or is not to be drawn on any more.</returns>
    public bool Draw(IReadOnlyList<string> lines)
    {
        lock (_gate)
        {
            if (_isOver)
                return false;
            var text = new StringBuilder();
            if (!_isDrawn)
            {
                _before ??= Posix.ReadKeysFrom(StandardInput);
                text.Append(Enter);
                _isDrawn = true;
            }
            // Each line is erased before it is written: after it, the last character of a full line would be erased.
            text.Append("\e[H\e[K").AppendJoin("\r\n\e[K", lines);
            if (lines.Count < Size.Rows)
                text.Append("\r\n\e[J");
            return TryWrite(text.ToString());
        }
    }

    /// <summary>Waits for keys.</summary>
    /// <returns>The keys; empty if there were none.</returns>
    public string ReadKeys(TimeSpan time)
    {
        Span<PollRequest> requests = [new PollRequest { Descriptor = _before is null ? -1 : StandardInput, Events = Posix.POLLIN }];
        Span<byte> keys = stackalloc byte[64];
        int count = Posix.Poll(requests, (int)time.TotalMilliseconds) > 0 ? (int)Math.Max(0, Posix.Read(StandardInput, keys)) : 0;
        // A function key is several bytes, of which the first is Escape: its letters are no keys.
        int escape = keys[..count].IndexOf(Escape);
        return Encoding.ASCII.GetString(keys[..(escape < 0 ? count : escape)]);
    }

    public void Dispose()
    {
        Restore();
        foreach (PosixSignalRegistration registration in _registrations)
            registration.Dispose();
        AppDomain.CurrentDomain.ProcessExit -= LeaveAtEnd;
        AppDomain.CurrentDomain.UnhandledException -= LeaveAtEnd;
        _current = null;
    }

    private static void LeaveAtEnd(object? sender, EventArgs e) => Leave();

    /// <summary>Ctrl+Z. While the tool is stopped, nothing may be drawn: what continues it draws again.</summary>
    private void Stop(PosixSignalContext context)
    {
        // With a handler, the signal itself does not stop the tool.
        context.Cancel = true;
        lock (_gate)
        {
            if (_isDrawn)
                _ = TryWrite(Undraw());
            Posix.StopThisProcess();
        }
    }

    private void Restore()
    {
        // A terminal that does not take what is drawn on it must not keep the tool from ending.
        bool isHeld = _gate.TryEnter(Patience);
        try
        {
            _isOver = true;
            if (!_isDrawn)
                return;
            string exit = Undraw();
            if (isHeld)
                _ = TryWrite(exit);
            else
                _ = Posix.WriteNow(StandardOutput, Encoding.ASCII.GetBytes(exit));
        }
        finally
        {
            if (isHeld)
                _gate.Exit();
        }
    }

    /// <summary>Changes the terminal's settings back, and returns what must be written.</summary>
    private string Undraw()
    {
        _isDrawn = false;
        if (_before is { } before)
            Posix.SetTerminal(StandardInput, before);
        _before = null;
        return Exit;
    }

    private static bool TryWrite(string text)
    {
        try
        {
            return ResultOutput.Write(null, [Encoding.UTF8.GetBytes(text)]);
        }
        catch (OutputException)
        {
            return false;
        }
    }
}
