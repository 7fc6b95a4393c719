using System.Buffers;
using System.Runtime.CompilerServices;
using Stackflare.Capture;
using Stackflare.Http;
using Stackflare.Triggers;
using Stackflare.Writers;

namespace Stackflare;

/// <summary>
/// Takes thread dumps of the current process, on a signal or immediately. All members are thread-safe. Dumps are taken one at a time. Calls that
/// arrive during a dump wait; those with equal options share the next dump, which begins after all of them. Any number of simultaneous calls with
/// equal options cause two or three captures.
/// </summary>
/// <example>
/// <code>
/// using IDisposable trap = Flare.OnSignal();   // kill -USR1 {pid} prints every thread to standard error; the program continues
/// </code>
/// </example>
public static class Flare
{
    /// <summary>
    /// Prints every thread of this process with its stack each time a signal arrives. The program continues. A separate thread takes the dumps
    /// and sleeps otherwise. It first takes one dump and discards it, so that later dumps are fast.
    /// </summary>
    /// <param name="options">Signal, output and format; null for SIGUSR1, standard error and text.</param>
    /// <returns>
    /// Restores the previous signal handler when it is disposed. A signal that arrived before still gets its dump.
    /// Never null. The handler stays set until this object is disposed.
    /// </returns>
    /// <exception cref="StackflareException">
    /// The signal cannot be handled, the output cannot be written, or this process cannot be dumped. The error and the message say
    /// which, and what to do.
    /// </exception>
    public static IDisposable OnSignal(SignalOptions? options = null)
    {
        options ??= new SignalOptions();
        return options.Signal == Signal.Term ? new TerminationTrap(options) : new SignalTrap(options);
    }

    /// <summary>
    /// Takes dumps while the thread pool is starved: while a queued work item waits longer than a threshold for a thread. Looks from time to time,
    /// once a second at most, on a thread that all triggers of this class share; no capture is taken without an incident. When the pool runs queued work
    /// again, it says how long the incident lasted.
    /// </summary>
    /// <param name="options">Threshold, number of dumps and output; null for 5 seconds, three dumps and standard error.</param>
    /// <returns>Ends the watch when it is disposed. Never null. The watch continues until then.</returns>
    /// <exception cref="StackflareException">This process cannot be dumped, or the output cannot be written; the error says why and what to do.</exception>
    public static IDisposable WatchThreadPool(ThreadPoolWatchOptions? options = null) => new PoolWatch(options ?? new ThreadPoolWatchOptions());

    /// <summary>
    /// Takes a dump unless the result is disposed within a time. For a scope that must not hang: <c>using (Flare.DumpAfter(timeout))</c>. Costs about
    /// a microsecond, so each request of a server can have one. Simultaneous scopes of one place cause one dump.
    /// </summary>
    /// <param name="timeout">How long the scope may last.</param>
    /// <param name="options">Whether to repeat the dump or to end the process, and the output; null for one dump to standard error. Use one object for all scopes.</param>
    /// <param name="member">The method that has the scope. The compiler passes it.</param>
    /// <param name="file">Its source file. The compiler passes it.</param>
    /// <param name="line">Its line. The compiler passes it.</param>
    /// <returns>Must be disposed at the end of the scope. Never null.</returns>
    /// <exception cref="ArgumentOutOfRangeException"><paramref name="timeout"/> is zero or negative.</exception>
    /// <exception cref="StackflareException">This process cannot be dumped, or the output cannot be written; the error says why and what to do.</exception>
    public static IDisposable DumpAfter(
        TimeSpan timeout, DumpAfterOptions? options = null,
        [CallerMemberName] string member = "", [CallerFilePath] string file = "", [CallerLineNumber] int line = 0)
    {
        ArgumentOutOfRangeException.ThrowIfLessThanOrEqual(timeout, TimeSpan.Zero);
        return DeadlineScope.Begin(timeout, options, member, file, line);
    }

    /// <summary>
    /// Looks for deadlocks from time to time, and takes a dump of each new one. Each look pauses the program, for as long as a dump of its threads does.
    /// Deadlocks through async methods are found only if <see cref="CaptureOptions.AsyncStacks"/> is <see cref="AsyncStackMode.Always"/>.
    /// </summary>
    /// <param name="options">How often to look, and the output; null for once a minute and standard error.</param>
    /// <returns>Ends the watch when it is disposed. Never null. The watch continues until then.</returns>
    /// <exception cref="StackflareException">This process cannot be dumped, or the output cannot be written; the error says why and what to do.</exception>
    public static IDisposable OnDeadlock(DeadlockWatchOptions? options = null) => new DeadlockWatch(options ?? new DeadlockWatchOptions());

    /// <summary>
    /// Takes a dump when the process was told to end (SIGTERM, SIGINT, <see cref="Environment.Exit"/>, the end of <c>Main</c>) and has not ended in time.
    /// It shows what the process waits for. Also works if a handler of <see cref="AppDomain.ProcessExit"/> does not return. Costs one descriptor and
    /// nothing else until then.
    /// </summary>
    /// <param name="options">How long the process may take, and the output; null for 30 seconds, of which 24 pass before the dump, and standard error.</param>
    /// <returns>Ends the watch when it is disposed. Never null. Do not dispose it during the shutdown.</returns>
    /// <exception cref="StackflareException">This process cannot be dumped, or the output cannot be written; the error says why and what to do.</exception>
    public static IDisposable OnSlowShutdown(SlowShutdownOptions? options = null) => new SlowShutdown(options ?? new SlowShutdownOptions());

    /// <summary>
    /// Takes a dump of all threads when an unhandled exception ends the process, before it ends: on any thread, in a finalizer and in <c>async void</c>
    /// methods. The runtime tells nobody of <see cref="Environment.FailFast(string)"/>, of a stack overflow, or of a fatal signal in native code.
    /// </summary>
    /// <param name="options">What to collect, and the output; null for the defaults and standard error.</param>
    /// <returns>Ends the watch when it is disposed. Never null. The watch continues until then.</returns>
    /// <exception cref="StackflareException">This process cannot be dumped, or the output cannot be written; the error says why and what to do.</exception>
    public static IDisposable OnUnhandledException(UnhandledExceptionOptions? options = null) => new UnhandledExceptionTrigger(options ?? new UnhandledExceptionOptions());

    /// <summary>
    /// Serves thread dumps of this process over HTTP, at a Unix socket or a loopback port. A separate thread serves them and sleeps otherwise. It needs
    /// no thread pool and no timer, so it answers while the program's own server does not. It first takes one dump and discards it, so that later
    /// dumps are fast. <c>GET /</c> returns a dump; docs/hosting.md describes the parameters.
    /// </summary>
    /// <param name="options">Where the listener is, and the defaults for requests.</param>
    /// <returns>
    /// Closes the listener when it is disposed. Its <see cref="object.ToString"/> returns the address. Never null. Open until this object is disposed.
    /// </returns>
    /// <exception cref="StackflareException">
    /// Nothing can listen at the address (<see cref="StackflareError.ListenFailed"/>), or this process cannot be dumped. The message says why, and what
    /// to do.
    /// </exception>
    public static IDisposable Listen(ListenOptions options)
    {
        ArgumentNullException.ThrowIfNull(options);
        return new DumpListener(options);
    }

    /// <summary>
    /// Takes a dump of this process now. All threads are paused meanwhile: less than 1 ms for ten threads, about 2 ms for a hundred threads of 50
    /// frames, 35 ms for a thousand of 100; longer if async methods are included (<see cref="CaptureOptions.AsyncStacks"/>).
    /// </summary>
    /// <param name="options">What to collect, and limits; null for the defaults.</param>
    /// <returns>The dump. Callers that share a dump get the same object.</returns>
    /// <exception cref="StackflareException">No dump could be taken; the error and message say why and what to do.</exception>
    public static ThreadDump Capture(CaptureOptions? options = null)
    {
        SelfCapture.EnsureSupported();
        return SelfCapture.Take(options ?? CaptureOptions.Default, ownThread: null);
    }

    /// <summary>
    /// Takes a dump of this process now, like <see cref="Capture"/>, without blocking the caller. A new thread takes the dump, and ends afterwards.
    /// The thread pool is not used, so that this works when all pool threads are blocked. Without a synchronization context, code after an
    /// <c>await</c> runs on the new thread.
    /// </summary>
    /// <param name="options">What to collect, and limits; null for the defaults.</param>
    /// <param name="cancellationToken">
    /// Ends the wait immediately. If no other caller shares the capture, it is cancelled within about 50 ms, and the program continues.
    /// </param>
    /// <returns>
    /// The dump. Callers that share a dump get the same object. The task fails with a <see cref="StackflareException"/> if no dump could be taken.
    /// </returns>
    /// <exception cref="OperationCanceledException">The token was cancelled. Thrown by the task.</exception>
    public static Task<ThreadDump> CaptureAsync(CaptureOptions? options = null, CancellationToken cancellationToken = default) =>
        CaptureThread.Start(options ?? CaptureOptions.Default, cancellationToken);

    /// <summary>Takes a dump of this process now and writes it.</summary>
    /// <param name="writer">The destination. It is not flushed or closed.</param>
    /// <param name="format">The format.</param>
    /// <param name="capture">What to collect, and limits; null for the defaults.</param>
    /// <param name="render">How much is shown; null for the defaults.</param>
    /// <exception cref="StackflareException">No dump could be taken; the error and message say why and what to do.</exception>
    public static void Dump(
        TextWriter writer, DumpFormat format = DumpFormat.Text, CaptureOptions? capture = null, RenderOptions? render = null)
    {
        ArgumentNullException.ThrowIfNull(writer);
        Write(Capture(capture), writer, format, render);
    }

    /// <summary>
    /// Writes a dump that was taken before, for example in <see cref="DumpOutput.To"/>. The dump is first rendered to pooled memory; if that fails,
    /// nothing is written. May be called from any thread.
    /// </summary>
    /// <param name="dump">The dump.</param>
    /// <param name="writer">The destination. It is not flushed or closed.</param>
    /// <param name="format">The format.</param>
    /// <param name="render">How much is shown; null for the defaults.</param>
    /// <exception cref="ArgumentNullException"><paramref name="dump"/> or <paramref name="writer"/> is null.</exception>
    /// <exception cref="ArgumentOutOfRangeException"><paramref name="format"/> is not a value of <see cref="DumpFormat"/>.</exception>
    /// <exception cref="OutputException">The dump would be larger than 2 GiB.</exception>
    /// <remarks>Exceptions of <paramref name="writer"/> are passed on. A part of the dump may have been written before.</remarks>
    public static void Write(ThreadDump dump, TextWriter writer, DumpFormat format = DumpFormat.Text, RenderOptions? render = null)
    {
        ArgumentNullException.ThrowIfNull(dump);
        ArgumentNullException.ThrowIfNull(writer);
        DumpRenderer.Write(dump, format, render ?? RenderOptions.Default, writer);
    }

    /// <summary>Writes a dump to a stream as UTF-8, without a byte order mark. Otherwise as <see cref="Write(ThreadDump, TextWriter, DumpFormat, RenderOptions)"/>.</summary>
    /// <param name="dump">The dump.</param>
    /// <param name="stream">The destination. It is not flushed or closed.</param>
    /// <param name="format">The format.</param>
    /// <param name="render">How much is shown; null for the defaults.</param>
    /// <exception cref="ArgumentNullException"><paramref name="dump"/> or <paramref name="stream"/> is null.</exception>
    /// <exception cref="ArgumentOutOfRangeException"><paramref name="format"/> is not a value of <see cref="DumpFormat"/>.</exception>
    /// <exception cref="OutputException">The dump would be larger than 2 GiB.</exception>
    /// <remarks>Exceptions of <paramref name="stream"/> are passed on. A part of the dump may have been written before.</remarks>
    public static void Write(ThreadDump dump, Stream stream, DumpFormat format = DumpFormat.Text, RenderOptions? render = null)
    {
        ArgumentNullException.ThrowIfNull(dump);
        ArgumentNullException.ThrowIfNull(stream);
        DumpRenderer.Write(dump, format, render ?? RenderOptions.Default, stream);
    }

    /// <summary>
    /// Writes a dump to a buffer as UTF-8, without a byte order mark: for example to the <c>PipeWriter</c> of a response, which the caller flushes.
    /// Otherwise as <see cref="Write(ThreadDump, TextWriter, DumpFormat, RenderOptions)"/>.
    /// </summary>
    /// <param name="dump">The dump.</param>
    /// <param name="buffer">The destination. It is advanced past the written bytes, but not flushed.</param>
    /// <param name="format">The format.</param>
    /// <param name="render">How much is shown; null for the defaults.</param>
    /// <exception cref="ArgumentNullException"><paramref name="dump"/> or <paramref name="buffer"/> is null.</exception>
    /// <exception cref="ArgumentOutOfRangeException"><paramref name="format"/> is not a value of <see cref="DumpFormat"/>.</exception>
    /// <exception cref="OutputException">The dump would be larger than 2 GiB.</exception>
    public static void Write(ThreadDump dump, IBufferWriter<byte> buffer, DumpFormat format = DumpFormat.Text, RenderOptions? render = null)
    {
        ArgumentNullException.ThrowIfNull(dump);
        ArgumentNullException.ThrowIfNull(buffer);
        DumpRenderer.Write(dump, format, render ?? RenderOptions.Default, buffer);
    }

    /// <summary>
    /// Writes a dump to a stream as UTF-8, without a byte order mark. Uses asynchronous calls only, because an ASP.NET Core response body refuses
    /// synchronous ones. The dump is rendered on the calling thread before this method returns; if that fails, nothing is written. May be called from
    /// any thread.
    /// </summary>
    /// <param name="dump">The dump.</param>
    /// <param name="stream">The destination. It is not flushed or closed.</param>
    /// <param name="format">The format.</param>
    /// <param name="render">How much is shown; null for the defaults.</param>
    /// <param name="cancellationToken">Cancels the write. A part of the dump may have been written before.</param>
    /// <returns>Completes when the last byte is written.</returns>
    /// <exception cref="ArgumentNullException"><paramref name="dump"/> or <paramref name="stream"/> is null. Thrown by the call itself.</exception>
    /// <exception cref="ArgumentOutOfRangeException"><paramref name="format"/> is not a value of <see cref="DumpFormat"/>.</exception>
    /// <exception cref="OutputException">The dump would be larger than 2 GiB.</exception>
    /// <exception cref="OperationCanceledException"><paramref name="cancellationToken"/> was cancelled.</exception>
    /// <remarks>Exceptions of <paramref name="stream"/> are passed on. A part of the dump may have been written before.</remarks>
    public static Task WriteAsync(
        ThreadDump dump, Stream stream, DumpFormat format = DumpFormat.Text, RenderOptions? render = null, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(dump);
        ArgumentNullException.ThrowIfNull(stream);
        return DumpRenderer.WriteAsync(dump, format, render ?? RenderOptions.Default, stream, cancellationToken);
    }

    /// <summary>
    /// Writes a dump to a writer with asynchronous calls only. Otherwise as
    /// <see cref="WriteAsync(ThreadDump, Stream, DumpFormat, RenderOptions, CancellationToken)"/>.
    /// </summary>
    /// <param name="dump">The dump.</param>
    /// <param name="writer">The destination. It is not flushed or closed.</param>
    /// <param name="format">The format.</param>
    /// <param name="render">How much is shown; null for the defaults.</param>
    /// <param name="cancellationToken">Cancels the write. A part of the dump may have been written before.</param>
    /// <returns>Completes when the last character is written.</returns>
    /// <exception cref="ArgumentNullException"><paramref name="dump"/> or <paramref name="writer"/> is null. Thrown by the call itself.</exception>
    /// <exception cref="ArgumentOutOfRangeException"><paramref name="format"/> is not a value of <see cref="DumpFormat"/>.</exception>
    /// <exception cref="OutputException">The dump would be larger than 2 GiB.</exception>
    /// <exception cref="OperationCanceledException"><paramref name="cancellationToken"/> was cancelled.</exception>
    /// <remarks>Exceptions of <paramref name="writer"/> are passed on. A part of the dump may have been written before.</remarks>
    public static Task WriteAsync(
        ThreadDump dump, TextWriter writer, DumpFormat format = DumpFormat.Text, RenderOptions? render = null, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(dump);
        ArgumentNullException.ThrowIfNull(writer);
        return DumpRenderer.WriteAsync(dump, format, render ?? RenderOptions.Default, writer, cancellationToken);
    }
}
