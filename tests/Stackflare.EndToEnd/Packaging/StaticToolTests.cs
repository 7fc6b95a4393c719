using System.Buffers.Binary;
using Stackflare.EndToEnd.Cli.Harness;
using Stackflare.EndToEnd.Cores;
using Stackflare.EndToEnd.Harness;

namespace Stackflare.EndToEnd.Packaging;

/// <summary>The tool needs nothing of the system that it runs on but the kernel.</summary>
public sealed class StaticToolTests
{
    /// <summary>Types of program headers.</summary>
    private const int Dynamic = 2, Interpreter = 3;

    [Fact]
    public async Task TheFileNamesNoInterpreterAndNoLibrary()
    {
        byte[] file = await File.ReadAllBytesAsync(Tool.Path, TestContext.Current.CancellationToken);
        Assert.DoesNotContain(ProgramHeaders(file), static type => type is Dynamic or Interpreter);
        // The same look at a program that needs both.
        byte[] ordinary = await File.ReadAllBytesAsync("/bin/sh", TestContext.Current.CancellationToken);
        Assert.Superset(new HashSet<int> { Dynamic, Interpreter }, ProgramHeaders(ordinary).ToHashSet());
    }

    /// <summary>The C library could still load parts of itself, to look up users or character sets.</summary>
    [Fact]
    public async Task NoLibraryIsMappedWhenItHasTakenADump()
    {
        await using var target = await TargetProcess.StartAsync(Flavour.Optimized, "NamedThreads", TargetOptions.NoTrap);
        await using ToolProcess tool = Tool.Start(ToolOptions.Default, $"{target.Pid}", "-n", "0", "-i", "3600000");
        await tool.Output.WaitAsync(bytes => bytes.IsEmpty ? null : "", "a dump");
        string[] code = [.. File.ReadAllLines($"/proc/{tool.Pid}/maps").Where(static l => l.Contains(" r-xp ", StringComparison.Ordinal) && l.Contains('/'))];
        Assert.All(code, line => Assert.EndsWith(Tool.Path, line, StringComparison.Ordinal));
        Assert.NotEmpty(code);
    }

    /// <summary>No /dev, no /etc, no /tmp, no shell.</summary>
    [RequiresNamespacesFact]
    public async Task ItWorksInARootWithNothingButItselfAndProc()
    {
        using var root = new ToolRoot();
        await AssertWorksAsync(root);
    }

    /// <summary>With a C library that is not the one it was linked with.</summary>
    [RequiresMuslFact]
    public async Task ItWorksInARootOfMusl()
    {
        Assert.SkipWhen(Needs.Namespaces is not null, Needs.Namespaces ?? "");
        using var root = new ToolRoot();
        root.Copy("/lib/ld-musl-x86_64.so.1");
        await MuslLibraries.PrepareAsync(Path.Combine(root.Path, "lib"));
        await AssertWorksAsync(root);
    }

    /// <summary>Debian 11 has a C library that is older than the one that the tool was linked with.</summary>
    [LongRunsFact]
    [Trait(Runs.Trait, Runs.Long)]
    public async Task ItWorksInARootOfAnOldDebian()
    {
        Assert.SkipWhen(Command.Find("debootstrap") is null, "debootstrap is not installed");
        Assert.SkipWhen(Needs.Namespaces is not null, Needs.Namespaces ?? "");
        using var root = new ToolRoot();
        // Unpacked only: nothing is mounted there. It makes /proc a link to itself.
        (await new Command("debootstrap", "--foreign", "--variant=minbase", "bullseye", root.Path).RunAsync()).Succeeded();
        File.Delete(Path.Combine(root.Path, "proc"));
        Directory.CreateDirectory(Path.Combine(root.Path, "proc"));
        Assert.Contains("GLIBC 2.31", (await new Command("chroot", root.Path, "/lib/x86_64-linux-gnu/libc.so.6").RunAsync()).Succeeded(), StringComparison.Ordinal);
        await AssertWorksAsync(root);
    }

    private static async Task AssertWorksAsync(ToolRoot root)
    {
        Assert.Equal(Packages.Version, (await Tool.RunAsync(root.Options, "--version")).Output.Trim());
        await using var target = await TargetProcess.StartAsync(Flavour.Optimized, "NamedThreads", TargetOptions.NoTrap);
        Assert.Matches($@"(?m)^ *{target.Pid}  ", (await Tool.RunAsync(root.Options, "ps")).Output);

        JsonDump dump = (await Tool.RunWholeAsync(root.Options, $"{target.Pid}", "-f", "json")).Json;
        Assert.All(target.Truth.Threads, thread => thread.AssertIn(dump));
        Assert.All(target.Truth.Threads, thread => Assert.Equal("complete", dump.Of(thread).Completeness));
        JsonDump outside = (await Tool.RunWholeAsync(root.Options, $"{target.Pid}", "--external", "-f", "json")).Json;
        Assert.All(target.Truth.Threads, thread => thread.AssertIn(outside));
        OwnFiles.AssertNoneIn(target.Pid, target.TemporaryFolder);

        // A file that is written under a name that nobody else uses, and read again: the same as outside.
        _ = (await Tool.RunAsync(root.Options, $"{target.Pid}", "--raw", "/snapshot")).Output;
        string snapshot = Path.Combine(root.Path, "snapshot");
        Assert.Equal((await Tool.RunAsync("show", snapshot)).Output, (await Tool.RunAsync(root.Options, "show", "/snapshot")).Output);
        Assert.NotEmpty((await Tool.RunAsync(root.Options, "show", "/snapshot", "--redact")).Output);

        if (RequiresPtraceTheoryAttribute.Reason is null)
        {
            File.Move(await CoreWriter.CreateDumpAsync(target, "normal"), Path.Combine(root.Path, "core"));
            // What the core leaves out comes from files: the runtime's library at its path, names and lines from a folder.
            root.Copy(Path.Combine(CoreWriter.RuntimeOf(target), "libcoreclr.so"));
            foreach (string extension in (string[])[".dll", ".pdb"])
                root.Copy(target.Flavour.Executable + extension, "/symbols/Shapes" + extension);
            JsonDump core = (await Tool.RunAsync(root.Options, "core", "/core", "--symbols", "/symbols", "-f", "json")).Json;
            Assert.All(target.Truth.Threads, thread => thread.AssertIn(core));
        }
        await target.AssertAliveAsync();
    }

    private static IEnumerable<int> ProgramHeaders(byte[] file)
    {
        long table = BinaryPrimitives.ReadInt64LittleEndian(file.AsSpan(32));
        int size = BinaryPrimitives.ReadUInt16LittleEndian(file.AsSpan(54)), count = BinaryPrimitives.ReadUInt16LittleEndian(file.AsSpan(56));
        return Enumerable.Range(0, count).Select(i => BinaryPrimitives.ReadInt32LittleEndian(file.AsSpan((int)table + (i * size))));
    }
}
