namespace Stackflare.Cli.Terminal;

/// <summary>
/// Shows the last screen of a program that is watched, on a thread of its own: also while the program does not answer, it fits when the terminal's size changes, and keys work. Thread-safe.
/// </summary>
internal sealed class LiveDisplay : IDisposable
{
    /// <summary>A terminal does not say that its size has changed; a key is noticed at once.</summary>
    private static readonly TimeSpan BetweenLooks = TimeSpan.FromMilliseconds(100);

    private readonly LiveTerminal _terminal = new();
    private readonly Interrupt _interrupt;
    private readonly Thread _thread;
    private volatile Func<int, int, IReadOnlyList<string>> _lines;
    private volatile bool _isChanged = true, _isOver;

    /// <param name="interrupt">What the key q requests.</param>
    /// <param name="lines">Returns the lines for a number of columns and rows.</param>
    public LiveDisplay(Interrupt interrupt, Func<int, int, IReadOnlyList<string>> lines)
    {
        (_interrupt, _lines) = (interrupt, lines);
        _thread = new Thread(Run) { IsBackground = true, Name = "display" };
        _thread.Start();
    }

    /// <summary>Shows other lines.</summary>
    public void Show(Func<int, int, IReadOnlyList<string>> lines) => (_lines, _isChanged) = (lines, true);

    public void Dispose()
    {
        _isOver = true;
        _thread.Join();
        _terminal.Dispose();
    }

    private void Run()
    {
        (int, int) size = default;
        DateTime drawn = default;
        while (!_isOver && !_interrupt.Happened)
        {
            // Once a second anyway, because a stopped tool that continues finds the terminal as others have left it.
            if (_isChanged || size != LiveTerminal.Size || DateTime.UtcNow - drawn >= TimeSpan.FromSeconds(1))
            {
                _isChanged = false;
                (int columns, int rows) = LiveTerminal.Size;
                (size, drawn) = ((columns, rows), DateTime.UtcNow);
                if (!_terminal.Draw(_lines(columns, rows)))
                    _interrupt.Request();
            }
            if (_terminal.ReadKeys(BetweenLooks).Contains('q', StringComparison.OrdinalIgnoreCase))
                _interrupt.Request();
        }
    }
}
