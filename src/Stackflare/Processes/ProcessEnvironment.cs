using System.Text;
using Stackflare.Interop;

namespace Stackflare.Processes;

/// <summary>The environment that a process began with: what its runtime read, whatever the program has set since.</summary>
internal sealed class ProcessEnvironment
{
    // A process can claim that gigabytes of its memory are its environment. The kernel starts no process with more than a few megabytes.
    private const int FirstBytes = 4 << 10, MostBytes = 6 << 20;

    private readonly string _block;

    private ProcessEnvironment(string block) => _block = block;

    /// <summary>Empty when it may not be read.</summary>
    public static ProcessEnvironment Of(int pid)
    {
        int room = FirstBytes;
        ReadOnlySpan<byte> block = ProcFile.Read($"/proc/{pid}/environ", new byte[room]);
        while (block.Length == room && room < MostBytes)
        {
            room = Math.Min(room * 16, MostBytes);
            block = ProcFile.Read($"/proc/{pid}/environ", new byte[room]);
        }
        return new ProcessEnvironment("\0" + Encoding.UTF8.GetString(block));
    }

    /// <summary>A variable's value; null when it is not set.</summary>
    public string? Get(string name)
    {
        int at = _block.IndexOf($"\0{name}=", StringComparison.Ordinal);
        if (at < 0)
            return null;
        int start = at + name.Length + 2, end = _block.IndexOf('\0', start);
        return end < 0 ? _block[start..] : _block[start..end];
    }
}
