using System.Collections.Concurrent;
using System.Runtime.CompilerServices;
using System.Text;
using System.Text.Json;

namespace Stackflare.Targets.Common;

/// <summary>
/// A target program: it speaks with the test in lines. On standard output: <c>READY {truth}</c> once every thread has parked, the main one too,
/// <c>REFUSED {error}</c> and whatever shapes <see cref="Say"/>. On standard input: one command a line, each answered by
/// a line <c>DONE command answer</c>; the end of the input ends the program, so that no target outlives its test.
/// </summary>
public sealed class Host : IDisposable
{
    /// <summary>Of a method that only calls another one optimized code makes a jump, so that threads that start later have other stacks.</summary>
    public const MethodImplOptions NoJump = MethodImplOptions.NoOptimization;

    private readonly StreamWriter _output = new(Console.OpenStandardOutput(), new UTF8Encoding(false)) { AutoFlush = true };
    private readonly ConcurrentDictionary<string, Func<string, string>> _commands = new();
    private readonly ConcurrentQueue<ThreadTruth> _parked = new();
    private readonly ConcurrentQueue<Thread> _waiting = new();
    private readonly SemaphoreSlim _arrivals = new(0);
    private readonly ManualResetEventSlim _exit = new(initialState: false, spinCount: 0);
    private int _expected, _arrived;
    private volatile Thread? _main;

    /// <summary>Makes the program for a command line.</summary>
    /// <param name="options">The command line.</param>
    public Host(Options options)
    {
        Options = options;
        OnCommand("ping", _ => "pong");
        OnCommand("collect", _ =>
        {
            GC.Collect();
            GC.WaitForPendingFinalizers();
            GC.Collect();
            return "collected";
        });
    }

    /// <summary>The command line.</summary>
    public Options Options { get; }

    /// <summary>Starts a named thread that will park; READY waits for it.</summary>
    /// <param name="name">The thread's name, or null.</param>
    /// <param name="body">What it does; it ends in <see cref="Park"/> or <see cref="Arrive(Track, bool)"/>.</param>
    /// <param name="stackBytes">Size of its stack; zero for the default.</param>
    public void StartThread(string? name, Action<Track> body, int stackBytes = 0)
    {
        Expect(1);
        new Thread([MethodImpl(NoJump)] () => body(new Track()), stackBytes) { Name = name, IsBackground = true }.Start();
    }

    /// <summary>Makes READY wait for further threads.</summary>
    /// <param name="threads">How many.</param>
    public void Expect(int threads) => Interlocked.Add(ref _expected, threads);

    /// <summary>Takes down the calling thread's truth and waits for ever.</summary>
    /// <param name="track">The thread's marks; the innermost is the caller's.</param>
    /// <param name="exception">The exception that the thread is handling.</param>
    [MethodImpl(MethodImplOptions.NoInlining)]
    public void Park(Track track, Exception? exception = null)
    {
        Parking.Park(this, track, exception);
        GC.KeepAlive(track);
    }

    /// <summary>Takes down the truth of the calling thread, which is about to wait by itself.</summary>
    /// <param name="truth">The truth.</param>
    /// <param name="inManagedCode">Whether the runtime knows of the wait, so that READY can wait for it.</param>
    public void Arrive(ThreadTruth truth, bool inManagedCode = true)
    {
        if (inManagedCode)
            _waiting.Enqueue(Thread.CurrentThread);
        _parked.Enqueue(truth);
        _arrivals.Release();
    }

    /// <summary>Takes down the truth of the calling thread, which is about to wait by itself.</summary>
    /// <param name="track">The thread's marks; the innermost is the line that waits.</param>
    /// <param name="inManagedCode">Whether the runtime knows of the wait, so that READY can wait for it.</param>
    public void Arrive(Track track, bool inManagedCode = true) => Arrive(ThreadTruth.OfThisThread(track, "", null), inManagedCode);

    /// <summary>Waits until every thread that was started up to now has taken down its truth. Only the main thread may.</summary>
    public void WaitForArrivals()
    {
        for (; _arrived < Volatile.Read(ref _expected); _arrived++)
            _arrivals.Wait();
    }

    /// <summary>Writes a line to the test.</summary>
    /// <param name="line">The line.</param>
    public void Say(string line)
    {
        lock (_output)
            _output.WriteLine(line);
    }

    /// <summary>Sets what a command does.</summary>
    /// <param name="name">The first word of the line.</param>
    /// <param name="action">From the rest of the line to the answer, one line.</param>
    public void OnCommand(string name, Func<string, string> action) => _commands[name] = action;

    /// <summary>Waits until the test says <c>exit</c>.</summary>
    public void WaitForExit() => _exit.Wait();

    /// <summary>Runs a shape until the test ends it.</summary>
    /// <param name="shape">The shape.</param>
    public void Run(Shape shape)
    {
        new Thread(() => Listen(shape)) { Name = "stdin", IsBackground = true }.Start();
        shape.Start(this);
        WaitForArrivals();
        foreach (var thread in _waiting)
            SpinWait.SpinUntil(() => (thread.ThreadState & ThreadState.WaitSleepJoin) != 0);
        _main = Thread.CurrentThread;
        shape.OnMain(this);
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        _output.Dispose();
        _arrivals.Dispose();
        _exit.Dispose();
    }

    private void Listen(Shape shape)
    {
        // The main thread cannot say of itself that it stands still.
        SpinWait.SpinUntil(() => _main is { } main && shape.IsStill(main));
        Say("READY " + TruthJson.Write(_parked));
        using var input = new StreamReader(Console.OpenStandardInput());
        while (input.ReadLine() is { } line)
        {
            var words = line.Split(' ', 2);
            if (words[0] == "exit")
            {
                _exit.Set();
                return;
            }

            Say($"DONE {words[0]} {Answer(words[0], words.ElementAtOrDefault(1) ?? "")}");
        }

        // The test is gone. Nothing orderly: other threads may be deadlocked by design.
        Libc.Die();
    }

    private string Answer(string command, string argument)
    {
        try
        {
            return _commands.TryGetValue(command, out var action) ? action(argument) : "unknown command";
        }
        catch (Exception e)
        {
            return $"failed: {JsonEncodedText.Encode(e.ToString())}";
        }
    }
}
