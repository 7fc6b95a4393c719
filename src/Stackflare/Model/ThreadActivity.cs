namespace Stackflare;

/// <summary>What a thread was doing when the dump was taken, judged by its innermost frames and by the kernel.</summary>
public enum ThreadActivity
{
    /// <summary>Not known.</summary>
    Unknown,

    /// <summary>On a processor, or ready to run.</summary>
    Running,

    /// <summary>Waiting for an event, a task, input or output.</summary>
    Waiting,

    /// <summary>In <see cref="Thread.Sleep(int)"/>.</summary>
    Sleeping,

    /// <summary>Waiting for a lock that another thread holds.</summary>
    Blocked,

    /// <summary>Stopped by SIGSTOP or a debugger.</summary>
    Stopped,
}
