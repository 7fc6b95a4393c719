using Stackflare.Model;
using Stackflare.Processes;
using Stackflare.Runtime;
using Stackflare.Runtime.Heap;
using Stackflare.Snapshots;
using static System.FormattableString;

namespace Stackflare.Capture.CoreFiles;

/// <summary>Makes a snapshot of the process of a core file. Nothing but the core and the files that it names is needed; the process need not exist any more.</summary>
internal static class CoreCapture
{
    private const string Library = "/libcoreclr.so", ProgramBefore9 = "DotNetRuntimeInfo";
    private const int MaxPrograms = 64, MaxCommand = 79;

    /// <summary>Signals that end a process with a core. The numbers are those of x64.</summary>
    private static readonly Dictionary<int, string> FatalSignals = new()
    {
        [3] = "SIGQUIT",
        [4] = "SIGILL",
        [6] = "SIGABRT",
        [7] = "SIGBUS",
        [8] = "SIGFPE",
        [11] = "SIGSEGV",
        [31] = "SIGSYS",
    };

    /// <summary>Reads a core.</summary>
    /// <param name="path">The file.</param>
    /// <param name="limits">Limits on threads, frames and bytes.</param>
    /// <param name="executable">The program's executable, which contains the assemblies of a single-file program; null if it is not known.</param>
    /// <param name="asyncStacks">Whether the heap is read for async methods, and for how long.</param>
    /// <exception cref="StackflareException">The file is no core, is damaged, lacks what is needed, or is of a process whose stacks cannot be read.</exception>
    public static Snapshot Take(string path, DumpLimits limits, out string? executable, AsyncStackMode asyncStacks = AsyncStackMode.Auto)
    {
        using CoreFile core = CoreFile.Open(path);
        using var source = new CoreMemory(core);
        var memory = new ProcessMemory(source);
        var images = MappedImages.Of(core.Notes.Mappings.Select(static m => (m.Start, m.End, m.Position, m.Path)));
        MappedImage? program = images.At(core.Notes.ProgramHeaders);
        (MappedImage runtime, ContractDescriptor descriptor) = FindRuntime(core, source, memory, images, program);
        executable = program is not null && source.IsProved(program.Start) ? program.Path : null;
        var reader = RuntimeReader.Open(memory, descriptor, runtime.Path, images);
        CoreThread[] threads = [.. core.Notes.Threads.DistinctBy(static t => t.Id)];
        var outside = new OutsideFacts(Facts(core, reader.ProgramName()), threads.ToDictionary(static t => t.Id, static t => t.State), core.WrittenAt);
        return reader.Read(outside, limits, () => (Notes(core), FileNotes(source)), HeapBudget.For(asyncStacks, limits));
    }

    /// <summary>The runtime's library, or the program that contains the runtime.</summary>
    private static (MappedImage Runtime, ContractDescriptor Descriptor) FindRuntime(CoreFile core, CoreMemory source, ProcessMemory memory, MappedImages images, MappedImage? program)
    {
        MappedImage? without = null;
        bool isFound = false;
        IEnumerable<MappedImage> libraries = images.All.Where(static i => i.Path.EndsWith(Library, StringComparison.Ordinal)).Take(MaxPrograms);
        foreach (MappedImage image in libraries.Concat(images.All.Where(static i => !i.Path.EndsWith(".so", StringComparison.Ordinal)).Take(MaxPrograms)))
        {
            isFound |= image.Path.EndsWith(Library, StringComparison.Ordinal);
            if (ElfImage.Open(memory, image.Start) is not { } elf)
                continue;
            if (elf.Export(ContractDescriptor.Symbol) is var address and not 0)
            {
                return ContractDescriptor.Read(memory, address) is { } descriptor
                    ? (image, descriptor)
                    : throw core.Damaged("it lacks what the runtime says of its data, and its library is not here any more, or not the same");
            }
            if (image.Path.EndsWith(Library, StringComparison.Ordinal) || elf.Export(ProgramBefore9) != 0)
                without = image;
        }
        if (without is { } runtime)
        {
            throw new StackflareException(
                StackflareError.Unsupported,
                TargetRuntime.VersionIn(runtime.Path) is { } version ? Invariant($"The process ran .NET {version}.") : "The process ran .NET 8 or an earlier version.",
                "Stacks can be read from cores of .NET 10 and 11.");
        }
        if (isFound || core.MissingBytes > 0)
            throw core.Damaged(core.MissingBytes > 0 ? Invariant($"it is cut short: {core.MissingBytes:N0} bytes are missing") : "it lacks the runtime's library, and the library is not here any more, or not the same");
        if (program is not null && source.MissingFiles.Contains(program.Path))
            throw core.Damaged("it lacks parts of the program, whose file is not here any more, or not the same, so the runtime in it cannot be found");
        // Each of these files is searched, and a core can name a large one any number of times.
        if (images.All.Select(static i => i.Path).Where(Path.IsPathRooted).Distinct().Take(MaxPrograms).Any(static p => ExecutableSymbols.RuntimeIn(p) == RuntimeKind.NativeAot))
            throw new StackflareException(StackflareError.NativeAot, "The process was compiled with NativeAOT, so it has no runtime that describes its stacks.", "Use a native debugger.");
        throw new StackflareException(StackflareError.NotDotNet, "The process did not run .NET.", "Name the core of a .NET process.");
    }

    private static ProcessFacts Facts(CoreFile core, string? assembly)
    {
        CoreNotes notes = core.Notes;
        string command = notes.Process?.Command ?? "", program = ProcessFiles.ProgramName(command.Split(' '));
        bool isKnown = program is not ("?" or "dotnet") && (command.Length < MaxCommand || command.Contains(' ', StringComparison.Ordinal));
        return new ProcessFacts
        {
            ProcessId = notes.Process?.Id ?? notes.Threads[0].Id,
            // createdump leaves out the command line, and the kernel cuts it.
            ProgramName = isKnown || assembly is not { Length: > 0 } ? program : assembly,
            Platform = "linux-x64",
            Tasks = KernelTasks.FromSnapshot(new Dictionary<int, TaskStat>()),
        };
    }

    /// <summary>What the core did not provide; known only when everything has been read.</summary>
    private static List<string> Notes(CoreFile core)
    {
        List<string> notes = [];
        // createdump marks only the thread that caused it; the kernel marks all, and writes that thread first.
        if (core.Notes.Threads.Find(static t => FatalSignals.ContainsKey(t.Signal)) is { } culprit)
            notes.Insert(0, Invariant($"The process ended because of {FatalSignals[culprit.Signal]}, in thread {culprit.Id}."));
        if (core.MissingBytes > 0)
            notes.Add(Invariant($"The core is cut short: {core.MissingBytes:N0} bytes of memory are missing, so frames, names or threads may be missing."));
        if (core.Notes.IsTruncated)
            notes.Add("Frames, names or registers of threads may be missing: a part of the core's list of threads or files is damaged, or too long.");
        return notes;
    }

    /// <summary>What it did not provide, and named files had to. They are named.</summary>
    private static IEnumerable<string> FileNotes(CoreMemory memory)
    {
        string[] missing = [.. memory.MissingFiles], unproven = [.. memory.UncheckedFiles], changed = [.. memory.ChangedFiles];
        if (missing.Length > 0)
            yield return $"Frames, names or lines may be missing: the core leaves out parts of {Files(missing)}, which {Is(missing)} not here any more, or not the same.";
        if (unproven.Length > 0)
            yield return $"Parts of {Files(unproven)} come from the {(unproven.Length == 1 ? "file" : "files")} on this machine. The core does not say which build the process used, so names and lines from there may be wrong.";
        if (changed.Length > 0)
            yield return $"Of these, {Files(changed)} {(changed.Length == 1 ? "was" : "were")} put there after the core was written.";
    }

    private static string Files(string[] paths) => paths.Length == 1
        ? EscapedText.Plain(Path.GetFileName(paths[0]))
        : Invariant($"{paths.Length} files, one of them {EscapedText.Plain(Path.GetFileName(paths[0]))}");

    private static string Is(string[] paths) => paths.Length == 1 ? "is" : "are";
}
