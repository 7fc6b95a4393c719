using Stackflare.Interop;

namespace Stackflare.Capture;

/// <summary>Takes a dump of the current process on a new thread, so that the caller is not blocked and the thread pool is not needed.</summary>
internal static class CaptureThread
{
    internal const string Name = "Stackflare capture";

    public static Task<ThreadDump> Start(CaptureOptions options, CancellationToken cancellationToken)
    {
        if (cancellationToken.IsCancellationRequested)
            return Task.FromCanceled<ThreadDump>(cancellationToken);
        // Continuations run on the thread that completes the task: the pool may have no free thread for them.
        var completion = new TaskCompletionSource<ThreadDump>();
        try
        {
            new Thread(() => Complete(completion, options, cancellationToken)) { IsBackground = true, Name = Name }.UnsafeStart();
        }
        catch (Exception e) when (e is OutOfMemoryException or ThreadStartException)
        {
            // The process may be at its thread limit.
            completion.SetException(e);
        }
        return completion.Task;
    }

    private static void Complete(TaskCompletionSource<ThreadDump> completion, CaptureOptions options, CancellationToken cancellationToken)
    {
        // The task ends at once, even if the capture continues for others that share it.
        CancellationTokenRegistration registration = cancellationToken.UnsafeRegister(
            static (c, token) => ((TaskCompletionSource<ThreadDump>)c!).TrySetCanceled(token), completion);
        ThreadDump? dump = null;
        Exception? error = null;
        try
        {
            dump = Run(options, cancellationToken);
        }
#pragma warning disable CA1031 // The task gets it.
        catch (Exception e)
#pragma warning restore CA1031
        {
            error = e;
        }
        registration.Unregister();
        if (cancellationToken.IsCancellationRequested)
            completion.TrySetCanceled(cancellationToken);
        else if (dump is not null)
            completion.TrySetResult(dump);
        else
            completion.TrySetException(error!);
    }

    /// <summary>
    /// On the stack only while the thread takes the dump. After that, the thread runs the program's continuations and must not be hidden.
    /// </summary>
    private static ThreadDump Run(CaptureOptions options, CancellationToken cancellationToken)
    {
        SelfCapture.EnsureSupported();
        return SelfCapture.Take(options, Posix.CurrentThread(), cancellationToken);
    }
}
