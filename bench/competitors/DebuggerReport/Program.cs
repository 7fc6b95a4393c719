using System.Globalization;
using Microsoft.Diagnostics.Runtime;

// Prints the stack of every managed thread of a process as a debugger reads it: the process is stopped by ptrace, its memory
// read from outside with the library that knows the runtime's data. Argument: the process, or a core file.
using DataTarget target = int.TryParse(args[0], CultureInfo.InvariantCulture, out int process)
    ? DataTarget.AttachToProcess(process, suspend: true)
    : DataTarget.LoadDump(args[0]);

// That library lies beside the runtime. It is named, because a runtime that a distribution has built may not be told from its file.
ClrInfo version = target.ClrVersions.Single();
string library = Path.Combine(Path.GetDirectoryName(version.ModuleInfo.FileName)!, "libmscordaccore.so");
using ClrRuntime runtime = version.CreateRuntime(library, ignoreMismatch: true);

using StreamWriter output = new(Console.OpenStandardOutput());
foreach (ClrThread thread in runtime.Threads.Where(thread => thread.IsAlive))
{
    output.WriteLine(string.Create(CultureInfo.InvariantCulture, $"Thread {thread.ManagedThreadId} ({thread.OSThreadId})"));
    foreach (ClrStackFrame frame in thread.EnumerateStackTrace())
    {
        if (frame.Kind == ClrStackFrameKind.ManagedMethod)
            output.WriteLine($"  {frame.Method?.Signature ?? "?"}");
    }

    output.WriteLine();
}
