using System.Buffers;
using Stackflare.Capture;
using Stackflare.Signals;
using Stackflare.Writers;

namespace Stackflare;

/// <summary>
/// Thread dumps of the own process: on a signal, or now. Every member may be called from any thread. One dump is taken at a time: calls that come meanwhile wait, and those with equal
/// options share the next dump, which begins after all of them were made. However many threads ask at once, with equal options they cause two or three captures.
/// </summary>
/// <example>
/// <code>
/// using IDisposable trap = Flare.OnSignal();   // kill -USR1 {pid} prints every thread to standard error; the program goes on
/// </code>
/// </example>
public static class Flare
{
    /// <summary>
    /// Prints every thread of this process with its stack whenever a signal comes. The program goes on. Dumps are taken on a thread
    /// of their own, which is parked otherwise; it first takes one dump and throws it away, so that later ones are quick.
    /// </summary>
    /// <param name="options">Which signal, where to, in which format; null for SIGUSR1 to standard error as text.</param>
    /// <returns>
    /// Puts back the handler that was there before when it is disposed; a signal that came until then still gets its dump.
    /// Never null. Keep it: a trap that is not disposed stays set.
    /// </returns>
    /// <exception cref="StackflareException">
    /// The signal cannot be handled, the output cannot be written, or no dump can be taken in this process; the error and message say
    /// which and what to do.
    /// </exception>
    public static IDisposable OnSignal(SignalOptions? options = null) => new SignalTrap(options ?? new SignalOptions());

    /// <summary>Takes a dump of this process now. The program stands still meanwhile: for less than a millisecond with ten threads, some 2 ms with a hundred threads of 50 frames, 35 ms
    /// with a thousand of 100; longer where async methods are looked for (<see cref="CaptureOptions.AsyncStacks"/>).</summary>
    /// <param name="options">What to look for, and limits; null for the defaults.</param>
    /// <returns>The dump; the same object for all who share it.</returns>
    /// <exception cref="StackflareException">No dump could be taken; the error and message say why and what to do.</exception>
    public static ThreadDump Capture(CaptureOptions? options = null)
    {
        SelfCapture.EnsureSupported();
        return SelfCapture.Take(options ?? CaptureOptions.Default, ownThread: null);
    }

    /// <summary>
    /// Takes a dump of this process now, like <see cref="Capture"/>, without blocking the caller. It is taken on a thread that is made for it and ends with it. The thread pool is not
    /// needed, so that this works when all of its threads are blocked: an <c>await</c> without a synchronization context goes on, on that very thread.
    /// </summary>
    /// <param name="options">What to look for, and limits; null for the defaults.</param>
    /// <param name="cancellationToken">
    /// Ends the wait at once. A capture that nobody waits for any more is called off within some 50 ms, and the program goes on; one that others share goes on for them.
    /// </param>
    /// <returns>The dump; the same object for all who share it. Errors are the task's: a <see cref="StackflareException"/> if no dump could be taken.</returns>
    /// <exception cref="OperationCanceledException">The token was cancelled (the task's).</exception>
    public static Task<ThreadDump> CaptureAsync(CaptureOptions? options = null, CancellationToken cancellationToken = default) =>
        CaptureThread.Start(options ?? CaptureOptions.Default, cancellationToken);

    /// <summary>Takes a dump of this process now and writes it.</summary>
    /// <param name="writer">Where to; it is neither flushed nor closed.</param>
    /// <param name="format">How.</param>
    /// <param name="capture">What to look for, and limits; null for the defaults.</param>
    /// <param name="render">How much is shown; null for the defaults.</param>
    /// <exception cref="StackflareException">No dump could be taken; the error and message say why and what to do.</exception>
    public static void Dump(
        TextWriter writer, DumpFormat format = DumpFormat.Text, CaptureOptions? capture = null, RenderOptions? render = null)
    {
        ArgumentNullException.ThrowIfNull(writer);
        Write(Capture(capture), writer, format, render);
    }

    /// <summary>
    /// Writes a dump that was taken before: in <see cref="DumpOutput.To"/>, for instance. The dump is rendered to pooled memory first; nothing is written if that fails.
    /// May be called from any thread.
    /// </summary>
    /// <param name="dump">The dump.</param>
    /// <param name="writer">Where to; it is neither flushed nor closed.</param>
    /// <param name="format">How.</param>
    /// <param name="render">How much is shown; null for the defaults.</param>
    /// <exception cref="ArgumentNullException"><paramref name="dump"/> or <paramref name="writer"/> is null.</exception>
    /// <exception cref="ArgumentOutOfRangeException"><paramref name="format"/> is not one of <see cref="DumpFormat"/>.</exception>
    /// <exception cref="OutputException">The dump would be larger than 2 GiB.</exception>
    /// <remarks>What <paramref name="writer"/> throws is passed on; a part of the dump may have been written then.</remarks>
    public static void Write(ThreadDump dump, TextWriter writer, DumpFormat format = DumpFormat.Text, RenderOptions? render = null)
    {
        ArgumentNullException.ThrowIfNull(dump);
        ArgumentNullException.ThrowIfNull(writer);
        DumpRenderer.Write(dump, format, render ?? RenderOptions.Default, writer);
    }

    /// <summary>Writes a dump to a stream as UTF-8, without a byte order mark. Otherwise as <see cref="Write(ThreadDump, TextWriter, DumpFormat, RenderOptions)"/>.</summary>
    /// <param name="dump">The dump.</param>
    /// <param name="stream">Where to; it is neither flushed nor closed.</param>
    /// <param name="format">How.</param>
    /// <param name="render">How much is shown; null for the defaults.</param>
    /// <exception cref="ArgumentNullException"><paramref name="dump"/> or <paramref name="stream"/> is null.</exception>
    /// <exception cref="ArgumentOutOfRangeException"><paramref name="format"/> is not one of <see cref="DumpFormat"/>.</exception>
    /// <exception cref="OutputException">The dump would be larger than 2 GiB.</exception>
    /// <remarks>What <paramref name="stream"/> throws is passed on; a part of the dump may have been written then.</remarks>
    public static void Write(ThreadDump dump, Stream stream, DumpFormat format = DumpFormat.Text, RenderOptions? render = null)
    {
        ArgumentNullException.ThrowIfNull(dump);
        ArgumentNullException.ThrowIfNull(stream);
        DumpRenderer.Write(dump, format, render ?? RenderOptions.Default, stream);
    }

    /// <summary>
    /// Writes a dump to a buffer as UTF-8, without a byte order mark: to the <c>PipeWriter</c> of a response, for instance, which is flushed afterwards. Otherwise as
    /// <see cref="Write(ThreadDump, TextWriter, DumpFormat, RenderOptions)"/>.
    /// </summary>
    /// <param name="dump">The dump.</param>
    /// <param name="buffer">Where to; the bytes are advanced over, and nothing else is done with it.</param>
    /// <param name="format">How.</param>
    /// <param name="render">How much is shown; null for the defaults.</param>
    /// <exception cref="ArgumentNullException"><paramref name="dump"/> or <paramref name="buffer"/> is null.</exception>
    /// <exception cref="ArgumentOutOfRangeException"><paramref name="format"/> is not one of <see cref="DumpFormat"/>.</exception>
    /// <exception cref="OutputException">The dump would be larger than 2 GiB.</exception>
    public static void Write(ThreadDump dump, IBufferWriter<byte> buffer, DumpFormat format = DumpFormat.Text, RenderOptions? render = null)
    {
        ArgumentNullException.ThrowIfNull(dump);
        ArgumentNullException.ThrowIfNull(buffer);
        DumpRenderer.Write(dump, format, render ?? RenderOptions.Default, buffer);
    }

    /// <summary>
    /// Writes a dump to a stream as UTF-8, without a byte order mark, by asynchronous calls alone: a response body of ASP.NET Core refuses the others. The dump is rendered on the
    /// calling thread before this returns; nothing is written if that fails. May be called from any thread.
    /// </summary>
    /// <param name="dump">The dump.</param>
    /// <param name="stream">Where to; it is neither flushed nor closed.</param>
    /// <param name="format">How.</param>
    /// <param name="render">How much is shown; null for the defaults.</param>
    /// <param name="cancellationToken">Calls it off; a part of the dump may have been written then.</param>
    /// <returns>Completes when the stream has taken the last byte.</returns>
    /// <exception cref="ArgumentNullException"><paramref name="dump"/> or <paramref name="stream"/> is null. Thrown by the call itself.</exception>
    /// <exception cref="ArgumentOutOfRangeException"><paramref name="format"/> is not one of <see cref="DumpFormat"/>.</exception>
    /// <exception cref="OutputException">The dump would be larger than 2 GiB.</exception>
    /// <exception cref="OperationCanceledException"><paramref name="cancellationToken"/> was cancelled.</exception>
    /// <remarks>What <paramref name="stream"/> throws is passed on; a part of the dump may have been written then.</remarks>
    public static Task WriteAsync(
        ThreadDump dump, Stream stream, DumpFormat format = DumpFormat.Text, RenderOptions? render = null, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(dump);
        ArgumentNullException.ThrowIfNull(stream);
        return DumpRenderer.WriteAsync(dump, format, render ?? RenderOptions.Default, stream, cancellationToken);
    }

    /// <summary>Writes a dump to a writer by asynchronous calls alone. Otherwise as <see cref="WriteAsync(ThreadDump, Stream, DumpFormat, RenderOptions, CancellationToken)"/>.</summary>
    /// <param name="dump">The dump.</param>
    /// <param name="writer">Where to; it is neither flushed nor closed.</param>
    /// <param name="format">How.</param>
    /// <param name="render">How much is shown; null for the defaults.</param>
    /// <param name="cancellationToken">Calls it off; a part of the dump may have been written then.</param>
    /// <returns>Completes when the writer has taken the last character.</returns>
    /// <exception cref="ArgumentNullException"><paramref name="dump"/> or <paramref name="writer"/> is null. Thrown by the call itself.</exception>
    /// <exception cref="ArgumentOutOfRangeException"><paramref name="format"/> is not one of <see cref="DumpFormat"/>.</exception>
    /// <exception cref="OutputException">The dump would be larger than 2 GiB.</exception>
    /// <exception cref="OperationCanceledException"><paramref name="cancellationToken"/> was cancelled.</exception>
    /// <remarks>What <paramref name="writer"/> throws is passed on; a part of the dump may have been written then.</remarks>
    public static Task WriteAsync(
        ThreadDump dump, TextWriter writer, DumpFormat format = DumpFormat.Text, RenderOptions? render = null, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(dump);
        ArgumentNullException.ThrowIfNull(writer);
        return DumpRenderer.WriteAsync(dump, format, render ?? RenderOptions.Default, writer, cancellationToken);
    }
}
