using System.Text;

namespace Stackflare.Capture;

/// <summary>The environment that a process began with: what its runtime read, whatever the program has set since.</summary>
internal sealed class ProcessEnvironment
{
    private readonly string _block;

    private ProcessEnvironment(string block) => _block = block;

    /// <summary>Empty when it may not be read.</summary>
    public static ProcessEnvironment Of(int pid)
    {
        try
        {
            return new ProcessEnvironment("\0" + Encoding.UTF8.GetString(File.ReadAllBytes($"/proc/{pid}/environ")));
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            return new ProcessEnvironment("");
        }
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
