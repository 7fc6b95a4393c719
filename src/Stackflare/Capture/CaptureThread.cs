using Stackflare.Interop;

namespace Stackflare.Capture;

/// <summary>A dump of one's own process that is taken on a thread of its own, so that nobody is kept waiting and the thread pool is not needed.</summary>
internal static class CaptureThread
{
    internal const string Name = "Stackflare capture";

    public static Task<ThreadDump> Start(CaptureOptions options, CancellationToken cancellationToken)
    {
        if (cancellationToken.IsCancellationRequested)
            return Task.FromCanceled<ThreadDump>(cancellationToken);
        // Continuations run on the thread that completes it: the pool, where they would be queued otherwise, may have no thread to run them.
        var completion = new TaskCompletionSource<ThreadDump>();
        try
        {
            new Thread(() => Complete(completion, options, cancellationToken)) { IsBackground = true, Name = Name }.UnsafeStart();
        }
        catch (Exception e) when (e is OutOfMemoryException or ThreadStartException)
        {
            // The process may have no more threads.
            completion.SetException(e);
        }
        return completion.Task;
    }

    private static void Complete(TaskCompletionSource<ThreadDump> completion, CaptureOptions options, CancellationToken cancellationToken)
    {
        // Not only when the capture has been called off: others may share it, and it goes on for them.
        CancellationTokenRegistration registration = cancellationToken.UnsafeRegister(
            static (c, token) => ((TaskCompletionSource<ThreadDump>)c!).TrySetCanceled(token), completion);
        ThreadDump? dump = null;
        Exception? error = null;
        try
        {
            dump = Run(options, cancellationToken);
        }
#pragma warning disable CA1031 // It is the task's.
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

    /// <summary>What is on the stack while the thread is Stackflare's own, and not any more when it runs what the program does with the dump.</summary>
    private static ThreadDump Run(CaptureOptions options, CancellationToken cancellationToken)
    {
        SelfCapture.EnsureSupported();
        return SelfCapture.Take(options, Posix.CurrentThread(), cancellationToken);
    }
}
