using System.Text;
using Stackflare.Interop;

namespace Stackflare.Processes;

/// <summary>The initial environment of a process: what its runtime has read, without later changes.</summary>
internal sealed class ProcessEnvironment
{
    // A process can claim that gigabytes of its memory are its environment. The kernel allows a few megabytes.
    private const int FirstBytes = 4 << 10, MaxBytes = 6 << 20;

    private readonly string _block;

    private ProcessEnvironment(string block) => _block = block;

    /// <summary>An environment without variables.</summary>
    public static ProcessEnvironment Empty { get; } = new("");

    /// <summary>Empty if it cannot be read.</summary>
    public static ProcessEnvironment Read(int pid)
    {
        int room = FirstBytes;
        ReadOnlySpan<byte> block = ProcFile.Read($"/proc/{pid}/environ", new byte[room]);
        while (block.Length == room && room < MaxBytes)
        {
            room = Math.Min(room * 16, MaxBytes);
            block = ProcFile.Read($"/proc/{pid}/environ", new byte[room]);
        }
        return new ProcessEnvironment("\0" + Encoding.UTF8.GetString(block));
    }

    /// <summary>A variable's value; null if it is not set.</summary>
    public string? Get(string name)
    {
        int at = _block.IndexOf($"\0{name}=", StringComparison.Ordinal);
        if (at < 0)
            return null;
        int start = at + name.Length + 2, end = _block.IndexOf('\0', start);
        return end < 0 ? _block[start..] : _block[start..end];
    }
}
