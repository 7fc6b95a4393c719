namespace Stackflare;

/// <summary>The process was compiled ahead of time: it has no runtime that could be asked for stacks.</summary>
public sealed class NativeAotException : StackflareException
{
    internal NativeAotException(int pid)
        : base($"Process {pid} was compiled with NativeAOT, and has no runtime that could be asked for stacks.", "A native debugger shows its threads: gdb -p or eu-stack -p.")
    {
    }
}
