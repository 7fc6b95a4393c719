using System.Buffers.Text;
using System.Text;
using Stackflare.Interop;

namespace Stackflare.Processes;

/// <summary>Reads the kernel's information about a process and its threads from /proc.</summary>
internal static class ProcessFiles
{
    /// <summary>The unit of times in /proc: USER_HZ, which is 100 on every architecture that .NET runs on.</summary>
    private const int TicksPerSecond = 100;

    /// <summary>Room for /proc/…/status: a user can be in thousands of groups, which are listed before other fields.</summary>
    public const int StatusBytes = 64 << 10;

    /// <summary>One thread of a process; null if it has ended.</summary>
    public static TaskStat? Task(int pid, int id)
    {
        Span<byte> buffer = stackalloc byte[1024];
        return ParseStat(ProcFile.Read($"/proc/{pid}/task/{id}/stat", buffer));
    }

    /// <summary>
    /// The kernel function in which a thread waits; null if it does not wait. The kernel returns "0" in that case, and also if
    /// access is denied.
    /// </summary>
    public static string? WaitChannel(int pid, int id)
    {
        Span<byte> buffer = stackalloc byte[128];
        string name = Encoding.UTF8.GetString(ProcFile.Read($"/proc/{pid}/task/{id}/wchan", buffer));
        return name is "" or "0" ? null : name;
    }

    /// <summary>The id of a thread in its innermost pid namespace, which it uses itself. Null if it has ended.</summary>
    /// <param name="task">Its directory in /proc.</param>
    public static int? InnermostId(string task)
    {
        Span<byte> buffer = stackalloc byte[4096];
        ReadOnlySpan<byte> status = ProcFile.Read(task + "/status", buffer);
        int at = status.IndexOf("\nNSpid:"u8);
        if (at < 0)
            return null;
        ReadOnlySpan<byte> line = status[(at + 1)..];
        int end = line.IndexOf((byte)'\n');
        line = end < 0 ? line : line[..end];
        return Utf8Parser.TryParse(line[(line.LastIndexOf((byte)'\t') + 1)..], out int id, out _) ? id : null;
    }

    /// <summary>How much memory of a process is on a swap device; 0 if the kernel does not say.</summary>
    public static long SwappedBytes(int pid)
    {
        Span<byte> buffer = stackalloc byte[StatusBytes];
        return (long)(StatusNumber(ProcFile.Read($"/proc/{pid}/status", buffer), "\nVmSwap:"u8) ?? 0) << 10;
    }

    /// <summary>The number in a field of /proc/…/status; null if it is missing.</summary>
    /// <param name="status">The text.</param>
    /// <param name="name">The name of the field, with the line break before it and the colon.</param>
    public static ulong? StatusNumber(ReadOnlySpan<byte> status, ReadOnlySpan<byte> name) => Utf8Parser.TryParse(StatusField(status, name), out ulong number, out _) ? number : null;

    /// <summary>The rest of the text from the value of a field on; empty if the field is missing.</summary>
    public static ReadOnlySpan<byte> StatusField(ReadOnlySpan<byte> status, ReadOnlySpan<byte> name)
    {
        int at = status.IndexOf(name);
        return at < 0 ? default : status[(at + name.Length)..].TrimStart(" \t"u8);
    }

    /// <summary>The start time of a process in ticks since boot. Together with the id, it is unique.</summary>
    public static long StartTicks(int pid)
    {
        Span<byte> buffer = stackalloc byte[1024];
        return ParseStat(ProcFile.Read($"/proc/{pid}/stat", buffer))?.StartTicks ?? 0;
    }

    /// <summary>How long a process has run; null if the kernel does not provide it.</summary>
    public static TimeSpan? Uptime(int pid)
    {
        if (SinceBoot() is not { } sinceBoot || StartTicks(pid) is not (> 0 and var start))
            return null;
        TimeSpan uptime = sinceBoot - FromTicks(start);
        return uptime > TimeSpan.Zero ? uptime : TimeSpan.Zero;
    }

    /// <summary>Time since the machine, or the container, was started; null if the kernel does not provide it.</summary>
    public static TimeSpan? SinceBoot()
    {
        Span<byte> buffer = stackalloc byte[128];
        return Utf8Parser.TryParse(ProcFile.Read("/proc/uptime", buffer), out double seconds, out _) ? TimeSpan.FromSeconds(seconds) : null;
    }

    /// <summary>Converts a time in ticks.</summary>
    public static TimeSpan FromTicks(long ticks) => TimeSpan.FromSeconds((double)ticks / TicksPerSecond);

    /// <summary>A process's command line, with arguments separated by spaces; empty if it cannot be read.</summary>
    public static string CommandLine(int pid)
    {
        Span<byte> buffer = stackalloc byte[4096];
        return Encoding.UTF8.GetString(ProcFile.Read($"/proc/{pid}/cmdline", buffer)).TrimEnd('\0').Replace('\0', ' ');
    }

    /// <summary>A program's name from its command line: the assembly's for <c>dotnet app.dll</c>, otherwise the executable's.</summary>
    public static string ProgramName(int pid)
    {
        Span<byte> buffer = stackalloc byte[4096];
        return ProgramName(Encoding.UTF8.GetString(ProcFile.Read($"/proc/{pid}/cmdline", buffer)).Split('\0'));
    }

    /// <summary>The program's name by its command line; "?" if there is none.</summary>
    public static string ProgramName(ReadOnlySpan<string> arguments)
    {
        if (arguments.IsEmpty)
            return "?";
        string name = Path.GetFileName(arguments[0]);
        foreach (string argument in name == "dotnet" ? arguments[1..] : [])
        {
            if (argument.EndsWith(".dll", StringComparison.OrdinalIgnoreCase))
                return Path.GetFileNameWithoutExtension(argument);
        }
        return name.Length > 0 ? name : "?";
    }

    /// <summary>
    /// Parses a line of /proc/…/stat: <c>id (name) state …</c>. The name can contain spaces and parentheses; it ends at the last parenthesis.
    /// </summary>
    internal static TaskStat? ParseStat(ReadOnlySpan<byte> line)
    {
        int open = line.IndexOf((byte)'('), close = line.LastIndexOf((byte)')');
        if (open < 0 || close < open || close + 2 >= line.Length)
            return null;
        string name = Encoding.UTF8.GetString(line[(open + 1)..close]);
        ReadOnlySpan<byte> rest = line[(close + 2)..];
        char state = (char)rest[0];
        long user = 0, system = 0, start = 0;
        // After the name, the third field follows. Fields 14 and 15 are the processor times, 22 is the start.
        for (int field = 3; !rest.IsEmpty && field <= 22; field++)
        {
            long value = Utf8Parser.TryParse(rest, out long number, out _) ? number : 0;
            switch (field)
            {
                case 14: user = value; break;
                case 15: system = value; break;
                case 22: start = value; break;
            }
            int space = rest.IndexOf((byte)' ');
            rest = space < 0 ? default : rest[(space + 1)..];
        }
        return new TaskStat(name, state, FromTicks(user + system), start);
    }

    /// <summary>The processor on which a thread last ran, from a line of /proc/…/stat; null if it is not there.</summary>
    internal static int? LastProcessor(ReadOnlySpan<byte> line)
    {
        const int FirstAfterName = 3, Processor = 39;
        int close = line.LastIndexOf((byte)')');
        ReadOnlySpan<byte> rest = close < 0 || close + 2 >= line.Length ? default : line[(close + 2)..];
        for (int field = FirstAfterName; field < Processor; field++)
        {
            int space = rest.IndexOf((byte)' ');
            rest = space < 0 ? default : rest[(space + 1)..];
        }
        return Utf8Parser.TryParse(rest, out int processor, out _) ? processor : null;
    }
}
