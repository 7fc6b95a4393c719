namespace Stackflare;

/// <summary>The process uses a C library that no probe is there for.</summary>
public sealed class LibcMismatchException : StackflareException
{
    internal LibcMismatchException(int pid, string libc, string platform)
        : base(
            $"Process {pid} uses {libc}, and there is no probe for that here ({platform}).",
            libc == "musl" ? "Use a build of the tool that carries one: it does if musl-gcc was there when it was built." : $"Use the build of the tool for {platform}.")
    {
    }
}
