using System.Runtime.InteropServices;
using Stackflare.Processes;

namespace Stackflare.Capture.Probe;

/// <summary>
/// The probe, loaded into this process for its signal handler. For each capture, the runtime loads the same file again and gets the
/// loaded copy. It stays loaded until the process ends, because a signal handler must not be unmapped.
/// </summary>
internal sealed partial class ProbeLibrary
{
    public const string FileName = "libstackflare_probe.so";
    private const string Name = "stackflare_probe";

    private static readonly Lazy<ProbeLibrary> Shared = new(Load);

    private ProbeLibrary(nint handle, string path)
    {
        Path = path;
        NativeLibrary.SetDllImportResolver(typeof(ProbeLibrary).Assembly, (name, _, _) => name == Name ? handle : 0);
    }

    /// <summary>Full path of the loaded file.</summary>
    public string Path { get; }

    /// <exception cref="StackflareException">The file is missing or cannot be loaded.</exception>
    public static ProbeLibrary Instance => Shared.Value;

    private static StackflareException Unavailable(string problem, string remedy) => new(StackflareError.ProbeUnavailable, problem, remedy);

    private static ProbeLibrary Load()
    {
        string? failure = null;
        foreach (string path in Candidates())
        {
            if (!File.Exists(path))
                continue;
            try
            {
                return new ProbeLibrary(NativeLibrary.Load(path), System.IO.Path.GetFullPath(path));
            }
            catch (DllNotFoundException e)
            {
                failure = e.Message;
            }
        }

        // A single-file program can contain the probe. Its host extracts it to a folder that only the runtime's loader knows.
        if (failure is null
            && NativeLibrary.TryLoad(FileName, typeof(ProbeLibrary).Assembly, DllImportSearchPath.AssemblyDirectory, out nint unpacked)
            && MappedPath() is { } mapped)
        {
            return new ProbeLibrary(unpacked, mapped);
        }

        throw failure is null
            ? Unavailable($"The probe '{FileName}' was not found in {AppContext.BaseDirectory}.", "Deploy it next to Stackflare.dll.")
            : Unavailable($"The probe cannot be loaded: {failure}", "Make sure that it is built for this operating system and processor.");
    }

    /// <summary>
    /// Next to the library (a publish for one platform), by platform (a portable build), in the package of
    /// the library, and where the host searches for native libraries.
    /// </summary>
    private static IEnumerable<string> Candidates()
    {
        var directories = new List<string> { AppContext.BaseDirectory };
#pragma warning disable IL3000 // Empty in a single-file program, which is the check here.
        if (System.IO.Path.GetDirectoryName(typeof(ProbeLibrary).Assembly.Location) is { Length: > 0 } own)
            directories.Insert(0, own);
#pragma warning restore IL3000
        else
            own = "";
        if (AppContext.GetData("NATIVE_DLL_SEARCH_DIRECTORIES") is string search)
            directories.AddRange(search.Split(':', StringSplitOptions.RemoveEmptyEntries));
        foreach (string directory in directories)
            yield return System.IO.Path.Combine(directory, FileName);

        bool isMusl = TargetRuntime.Inspect(Environment.ProcessId).IsMusl;
        string byPlatform = System.IO.Path.Combine("runtimes", ProbePlatform.For(isMusl), "native", FileName);
        foreach (string directory in directories)
            yield return System.IO.Path.Combine(directory, byPlatform);
        // lib/<framework> of the package, and runtimes/<platform>/lib/<framework> for the library as machine code.
        if (System.IO.Path.GetDirectoryName(own) is { } parent && System.IO.Path.GetFileName(parent) == "lib")
        {
            yield return System.IO.Path.Combine(parent, "..", byPlatform);
            yield return System.IO.Path.Combine(parent, "..", "..", "..", byPlatform);
        }
    }

    /// <summary>The path that the probe is mapped from, according to the kernel.</summary>
    private static string? MappedPath() => File.ReadLines("/proc/self/maps")
        .Where(static line => line.EndsWith("/" + FileName, StringComparison.Ordinal))
        .Select(static line => line[line.IndexOf('/')..])
        .FirstOrDefault();

    /// <summary>Sets the signal handler and returns the trap, or a negative errno. <see cref="Instance"/> must be loaded.</summary>
    public static int TrapOpen(Signal signal, bool chain) => OpenTrap(signal.Number, chain ? 1 : 0);

    /// <summary>
    /// Blocks the calling thread until a signal arrives (true) or the trap is closed (false). The waiting thread must call this until the result is
    /// false, which frees a closed trap.
    /// </summary>
    public static bool TrapWait(int trap) => WaitTrap(trap) != 0;

    /// <summary>Restores the previous handler and wakes the waiting thread.</summary>
    public static void TrapClose(int trap) => CloseTrap(trap);

    [LibraryImport(Name, EntryPoint = "stackflare_trap_open")]
    private static partial int OpenTrap(int signal, int chain);

    [LibraryImport(Name, EntryPoint = "stackflare_trap_wait")]
    private static partial int WaitTrap(int trap);

    [LibraryImport(Name, EntryPoint = "stackflare_trap_close")]
    private static partial void CloseTrap(int trap);
}
